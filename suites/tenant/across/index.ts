import { conductChecks } from './conduct.ts';
import { loginChecks } from './login.ts';
import { resourceChecks } from './resource.ts';
import { tokenChecks } from './tokens.ts';

/** What is wrong between the tenant, its metadata, the MCP server and the tokens: symptom and cause in one finding. */
export const acrossChecks = [...loginChecks, ...resourceChecks, ...tokenChecks, ...conductChecks];
