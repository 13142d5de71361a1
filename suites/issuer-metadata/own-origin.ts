import type { Check } from '../check.ts';

/** Metadata at the MCP server’s own origin: the rules of 2025-03-26, and copies. */
export const ownOriginChecks: readonly Check[] = [];
