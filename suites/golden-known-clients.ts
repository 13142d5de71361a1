import { type KnownClientsEvidence, OWN_TOKEN_TRIALS } from '../fixtures/known-clients-evidence.ts';
import { grant, type ShortGrant } from './golden-authorization.ts';

/** Evidence of clients that were registered beforehand, of which none may do more than it should. */

type Known = KnownClientsEvidence['knownClients'];

const KINDS = ['confidential', 'privateKeyJwt'] as const;
const SCOPES = ['mcp:tools', 'mcp:identity'];

/** What clients of users get that ask for a token of their own. */
export function forThemselves(short: ShortGrant): Known {
  return {
    asked: KINDS.map((client) => ({
      client,
      trial: OWN_TOKEN_TRIALS[0],
      ...grant(`knownClients/${client}-for-itself`, 'of a client of users that wants to act for itself', short),
    })),
    unfit: {},
    scopes: { public: SCOPES, confidential: SCOPES, privateKeyJwt: SCOPES, machine: SCOPES },
  };
}

export const goldenKnownClients: KnownClientsEvidence = {
  knownClients: forThemselves({ status: 400, body: { error: 'unauthorized_client' } }),
};
