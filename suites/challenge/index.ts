import { checks } from '../check.ts';
import { credentialChecks } from './credentials.ts';
import { grammarChecks } from './grammar.ts';
import { methodChecks } from './methods.ts';
import { originChecks } from './origins.ts';
import { parameterChecks } from './parameters.ts';
import { presenceChecks } from './presence.ts';
import { resourceMetadataChecks } from './resource-metadata.ts';
import { sessionChecks } from './sessions.ts';
import { spoofingChecks } from './spoofing.ts';
import { statusChecks } from './status.ts';
import { tokenUseChecks } from './token-use.ts';

/** 401 and `WWW-Authenticate`. */
export const challengeChecks = checks(
  ...statusChecks,
  ...presenceChecks,
  ...grammarChecks,
  ...parameterChecks,
  ...resourceMetadataChecks,
  ...credentialChecks,
  ...tokenUseChecks,
  ...sessionChecks,
  ...methodChecks,
  ...spoofingChecks,
  ...originChecks,
);
