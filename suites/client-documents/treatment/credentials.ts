import { checks } from '../../check.ts';
import { grant, withCode } from '../../golden-authorization.ts';
import { consentPage } from '../../golden-documents.ts';
import {
  fetched,
  giving,
  isRefused,
  judgesClients,
  notTaken,
  type TriedClient,
  tokenFor,
  WITH_ASSERTION,
} from './clients.ts';

const WITH_SECRET = 'with the secret of the document';
const WITH_WRONG_SECRET = 'with another secret';
const WITHOUT_SECRET = 'with its client_id alone';
const WITHOUT_ASSERTION = 'without a client assertion';
const AS_OTHER = 'with the client_id of another document';
const FOR_ITSELF = 'for itself, with its client_id and nothing else';

export const takesNoSecretOfADocument = judgesClients({
  id: 'client-documents/takes-no-secret-of-a-document',
  title: 'Takes no client secret of a metadata document, which everybody can read',
  keyword: { '2025-11-25': 'MUST' },
  severity: 'critical',
  requirements: ['C25', 'C26', 'CIMD-4.1-no-shared-secret-method', 'CIMD-4.1-no-secret-fields'],
  reasons: {
    'secret-works': {
      says: 'A client authenticates with a secret that stands in its metadata document: whoever reads it is the client.',
      fix: {
        general:
          'Take no client_secret from metadata documents, and refuse clients whose document has client_secret_basic, client_secret_post or client_secret_jwt as its method.',
      },
      trials: ['secret-method', 'secret-beside-none'],
      expected: '401, or no code',
      // Who reads no secret, because the client is a public one, takes any.
      wrong: (tried) =>
        [WITH_WRONG_SECRET, WITHOUT_SECRET].every((differs) => isKept(tried, differs))
          ? tokenFor(WITH_SECRET)(tried)
          : undefined,
      example: {
        end: withCode('documentClients/example'),
        grants: [WITH_SECRET, WITH_WRONG_SECRET, WITHOUT_SECRET].map((differs, at) =>
          grant(`documentClients/example/grant-${at + 1}`, differs, { status: at === 0 ? 200 : 401 }),
        ),
      },
    },
    'secret-passed-over': {
      says: 'A client is taken whose metadata document has a client secret or a method for one, though the secret does not count.',
      fix: {
        general: 'Refuse a client whose document has client_secret, client_secret_expires_at or a method for secrets.',
      },
      // The rule binds the document; a server that passes the member over opens nothing.
      keyword: 'ADVICE',
      trials: ['secret-method', 'secret-beside-none', 'secret-expiry'],
      example: { end: consentPage },
    },
  },
  done: 'refused',
});

/** It was asked for a token so, and refused. */
const isKept = ({ authorization: { grants } }: TriedClient, differs: string) =>
  grants.some((each) => each.differs === differs && isRefused(each));

export const asksForTheKey = judgesClients({
  id: 'client-documents/asks-clients-with-keys-for-their-key',
  title: 'Lets clients whose metadata document has keys redeem codes with an assertion alone',
  keyword: { '2025-11-25': 'MUST' },
  severity: 'critical',
  requirements: ['C27', 'C28', 'CIMD-6.2-jwt-auth-enforced', 'AUTH0-cimd-confidential-pkjwt'],
  reasons: {
    'no-assertion': {
      says: 'A client whose metadata document says private_key_jwt gets tokens without a client assertion: it is treated as a public one, and whoever knows its URL can take its place.',
      fix: {
        general: 'Ask for a client assertion (RFC 7523) wherever the document has private_key_jwt as its method.',
      },
      trials: ['key-behind-uri', 'key-missing'],
      expected: '400 or 401',
      wrong: tokenFor(WITHOUT_ASSERTION),
      example: giving(WITHOUT_ASSERTION),
    },
    'private-key': {
      says: 'A client authenticates with a key whose private half can be read in its key set: whoever reads it is the client.',
      fix: { general: 'Refuse key sets of clients that have private members (d, p, q, k …).' },
      keyword: 'SHOULD',
      trials: ['private-key', 'private-key-behind-uri'],
      expected: 'a refusal, of the client or of its assertion',
      wrong: tokenFor(WITH_ASSERTION),
      example: giving(WITH_ASSERTION),
    },
    'both-key-sets': {
      says: 'A client authenticates whose metadata document has both jwks and jwks_uri: which keys count is anybody’s guess.',
      fix: { general: 'Refuse a client whose document has both jwks and jwks_uri (RFC 7591 2).' },
      keyword: 'SHOULD',
      trials: ['key-sets-of-both-kinds'],
      expected: 'a refusal, of the client or of its assertion',
      wrong: tokenFor(WITH_ASSERTION),
      example: giving(WITH_ASSERTION),
    },
    'redirect-to-keys': {
      says: 'A redirect in place of a client’s key set is followed: what a stranger’s host says decides where the authorization server asks.',
      fix: { general: 'Fetch key sets of clients with redirects off.' },
      // The draft forbids to follow redirects from metadata documents; of key sets it says nothing.
      keyword: 'ADVICE',
      trials: ['key-set-redirects'],
      expected: 'no request for what the redirect leads to',
      wrong: (tried) => fetched(tried, 1),
      example: { fetches: { document: 1, further: [1, 1] } },
    },
  },
  done: 'held to their keys, or refused',
});

export const keepsCodesToTheirClient = judgesClients({
  id: 'client-documents/keeps-codes-to-the-client-of-their-document',
  title: 'Redeems codes for the client of the metadata document they were issued to',
  keyword: { '2025-11-25': 'MUST' },
  severity: 'critical',
  pillar: 'token-issuance',
  requirements: ['C39'],
  reasons: {
    'other-client': {
      says: 'A code of one client by metadata document is redeemed by the client of another document.',
      fix: {
        general: 'Keep with each code the client_id it was issued to, and refuse it to every other (RFC 6749 4.1.3).',
      },
      trials: ['code-of-another-document'],
      expected: '400 or 401',
      wrong: tokenFor(AS_OTHER),
      example: giving(AS_OTHER),
    },
  },
  done: 'held to their own codes',
});

export const widensNoGrants = judgesClients({
  id: 'client-documents/gives-strangers-no-grant-of-machines',
  title: 'Gives a client nothing for itself, whatever grants its metadata document names',
  keyword: { '2025-11-25': 'MUST' },
  severity: 'critical',
  pillar: 'token-issuance',
  requirements: ['C32'],
  reasons: {
    'client-credentials': {
      says: 'A client without credentials gets a token for itself, because its metadata document, which it writes, names client_credentials.',
      fix: {
        general:
          'Take authorization_code and refresh_token alone from grant_types of metadata documents; client_credentials is for clients that authenticate (RFC 6749 4.4).',
      },
      trials: ['grants-of-machines'],
      expected: '400 or 401',
      wrong: tokenFor(FOR_ITSELF),
      example: giving(FOR_ITSELF),
    },
  },
  done: 'given codes and nothing more',
});

export const passesOverUnknownGrants = judgesClients({
  id: 'client-documents/passes-over-grants-it-does-not-know',
  title: 'Takes clients whose metadata document names a grant it does not know beside those it does',
  keyword: { '2025-11-25': 'SHOULD' },
  severity: 'low',
  requirements: ['C32b'],
  reasons: {
    refused: {
      says: 'A client is refused because its metadata document names a grant type that this server does not know, beside authorization_code: documents are written for all servers at once.',
      fix: {
        general:
          'Pass over values of grant_types that are not known, and take the client with the others (RFC 7591 2).',
      },
      trials: ['grants-unknown'],
      expected: 'a client with the grants that are known',
      isRefusal: true,
      wrong: notTaken,
      example: { end: { kind: 'page', status: 400, title: 'Error', says: 'invalid_client' } },
    },
  },
  done: 'taken',
});

export const credentialChecks = checks(
  takesNoSecretOfADocument,
  asksForTheKey,
  keepsCodesToTheirClient,
  widensNoGrants,
  passesOverUnknownGrants,
);
