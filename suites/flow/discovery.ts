import { wasNotSent } from '../../fixtures/protocol/answers.ts';
import { describeFetched, last, MOST_ISSUERS, namedIssuers } from '../../fixtures/protocol/documents.ts';
import { defineCheck, fail, pass, untested } from '../check.ts';
import { answering, golden } from '../golden.ts';
import { canVerify } from '../issuer-metadata/key-algorithms.ts';
import { judgeSets, type Key, withoutKeySet, withRsaKey } from '../issuer-metadata/key-sets.ts';
import { withResourceDocument } from '../resource-metadata/documents.ts';
import { COMMON, livingIssuers, withoutIssuer, withoutMetadata } from './legs.ts';

export const leadsFromResourceMetadataToAnIssuer = defineCheck({
  ...COMMON,
  id: 'flow/leads-from-resource-metadata-to-an-issuer',
  title: 'Leads a client from its resource metadata to an issuer',
  keyword: 'ADVICE',
  severity: 'low',
  party: 'mcp-server',
  requirements: ['MCP-prm-authorization-servers'],
  needs: ['resourceMetadata', 'issuerMetadata'],
  reasons: {
    'too-many': {
      says: 'The resource metadata names more than five authorization servers, and nothing tells a client which to take.',
      fix: {
        general:
          'Name in authorization_servers the one that issues tokens for this server, or give each group of users a server URL of its own.',
      },
    },
  },
  judge(evidence) {
    const missing = withoutIssuer(evidence);
    if (missing !== undefined) return missing;
    const named = namedIssuers(evidence.resourceMetadata);
    if (named.length <= MOST_ISSUERS) return pass(named.join(', '));
    const shown = named.slice(0, MOST_ISSUERS).join(', ');
    return fail([
      {
        reason: 'too-many',
        expected: 'an issuer that a client can choose',
        actual: `${named.length} issuers: ${shown} and more`,
        at: evidence.issuerMetadata.issuers.flatMap(({ candidates }) =>
          candidates.slice(0, 1).map(({ fetched }) => fetched[0].id),
        ),
      },
    ]);
  },
  examples: {
    pass: [{ says: 'one', evidence: golden }],
    fail: {
      'too-many': {
        says: 'six',
        evidence: withResourceDocument({
          authorization_servers: Array.from({ length: 6 }, (_, index) => `https://tenant-${index}.example.com/`),
        }),
      },
    },
  },
});

/** Golden evidence with an issuer without metadata before the one that has it. */
function withDeadIssuerFirst() {
  const { issuerMetadata } = answering(/^issuerMetadata\/issuer-1/, { status: 404 });
  const dead = issuerMetadata.issuers.map(({ candidates }) => ({ issuer: 'https://old.example.com/', candidates }));
  return { ...golden, issuerMetadata: { ...issuerMetadata, issuers: [...dead, ...golden.issuerMetadata.issuers] } };
}

export const leadsFromAnIssuerToItsMetadata = defineCheck({
  ...COMMON,
  id: 'flow/leads-from-an-issuer-to-its-metadata',
  title: 'Leads a client from an issuer to its metadata',
  keyword: 'ADVICE',
  severity: 'high',
  party: 'mcp-server',
  requirements: ['MCP-as-metadata-provided', 'MCP-prm-authorization-servers'],
  needs: ['resourceMetadata', 'issuerMetadata'],
  reasons: {
    'dead-issuer-first': {
      says: 'The first of several authorization servers has no metadata; clients that take the first get no further, though a later one would do.',
      fix: {
        general:
          'Take the issuer that is out of service out of authorization_servers, or name the one that works first: many clients try no other.',
      },
    },
  },
  judge(evidence) {
    const missing = withoutMetadata(evidence);
    if (missing !== undefined) return missing;
    const living = livingIssuers(evidence.issuerMetadata);
    const [first] = evidence.issuerMetadata.issuers.filter(({ candidates }) => candidates.length > 0);
    const tried = first?.candidates.map(({ fetched }) => last(fetched)) ?? [];
    if (first === undefined || first.issuer === living[0]?.issuer || tried.some(wasNotSent)) {
      return pass(living.map(({ exchange }) => exchange.request.url).join(', '));
    }
    return fail([
      {
        reason: 'dead-issuer-first',
        expected: 'metadata of the first issuer',
        actual: first.candidates.map(({ fetched }) => describeFetched(fetched)).join('; '),
        at: tried.map(({ id }) => id),
      },
    ]);
  },
  examples: {
    pass: [{ says: 'at both places', evidence: golden }],
    fail: { 'dead-issuer-first': { says: 'an old one before', evidence: withDeadIssuerFirst() } },
  },
});

const isTyped = ({ jwk }: Key) => typeof jwk.kty === 'string' && jwk.kty !== '';

export const leadsFromMetadataToKeysThatVerify = defineCheck({
  ...COMMON,
  id: 'flow/leads-from-metadata-to-keys-that-verify',
  title: 'Leads a server from the metadata to keys that verify signatures',
  keyword: 'MUST',
  severity: 'critical',
  pillar: 'signing-key-retrieval',
  requirements: ['AUTH0-jwks-available', 'RFC7517-5-keys-array'],
  needs: ['resourceMetadata', 'issuerMetadata', 'keys'],
  reasons: {
    'none-to-verify-with': {
      says: 'No published key is one that verifiers take for signatures, so no token can be verified.',
      fix: {
        general:
          'Publish the public half of the key that signs, with kty "RSA", "EC" or "OKP" and "use":"sig", or without use and key_ops; check that the signing key was not labelled "enc".',
      },
    },
  },
  judge(evidence) {
    const missing = withoutMetadata(evidence) ?? withoutKeySet(evidence);
    if (missing !== undefined) return missing;

    return judgeSets(evidence, {
      expected: 'a key to verify signatures with',
      breaches: ({ keys, jwksUri }) =>
        !keys.some(isTyped) || keys.some(({ jwk }) => canVerify(jwk))
          ? []
          : [{ reason: 'none-to-verify-with', actual: `${jwksUri}: ${keys.map(({ name }) => name).join(', ')}` }],
      unsaid({ keys }) {
        if (keys.length === 0) {
          return untested('there is no key', 'a published key', 'issuer-metadata/publishes-a-keys-array');
        }
        return keys.some(isTyped)
          ? undefined
          : untested('no key has a type', 'a key with kty', 'issuer-metadata/says-the-type-of-each-key');
      },
      seen: (sets) =>
        sets.flatMap(({ keys }) => keys.filter(({ jwk }) => canVerify(jwk)).map(({ name }) => name)).join(', '),
    });
  },
  examples: {
    pass: [{ says: 'a signing key', evidence: golden }],
    fail: {
      'none-to-verify-with': {
        says: 'encryption only',
        evidence: withRsaKey({ use: 'enc', alg: 'RSA-OAEP' }),
      },
    },
  },
});
