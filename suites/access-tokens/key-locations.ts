import type { EvidenceMap } from '../../fixtures/evidence.ts';
import { describe, isServed } from '../../fixtures/protocol/answers.ts';
import type { TokenTrialId } from '../../fixtures/trials/access-tokens/index.ts';
import { KEY_LOCATIONS, type KeyLocation, keyLocation } from '../../fixtures/trials/access-tokens/key-locations.ts';
import { brokenControl, unsettled } from '../challenge/refusals.ts';
import { defineCheck, fail, pass, untested, type Verdict } from '../check.ts';
import { answering, golden, result } from '../golden.ts';
import { differences } from './differences.ts';

type Asked = EvidenceMap['keyLocations']['asked'][number];

const NOT_FROM_THE_TOKEN =
  "Pay no heed to jku and x5u: take keys from the issuer's jwks_uri alone, which is configured and not read from the token.";

/** Served with one of these as well, a server verifies no signature, or believes what it cannot fetch. */
const UNVERIFIED: Readonly<Partial<Record<TokenTrialId, string>>> = {
  'own-key-same-kid': 'access-tokens/refuses-tokens-of-other-keys',
  'own-key-unknown-kid': 'access-tokens/refuses-tokens-of-other-keys',
  'jku-elsewhere': 'access-tokens/refuses-keys-that-tokens-bring',
  'x5u-elsewhere': 'access-tokens/refuses-keys-that-tokens-bring',
};

export const fetchesNoKeysFromWhereTokensSay = defineCheck({
  id: 'access-tokens/fetches-no-keys-from-where-tokens-say',
  title: 'Fetches no key from where a token says it is',
  keyword: 'MUST',
  severity: 'critical',
  party: 'mcp-server',
  pillar: 'signing-key-retrieval',
  requirements: [
    'RFC8725-3.8-iss-key-binding',
    'RFC8725-3.10-url-headers-ssrf',
    'RFC7515-4.1.2-jku-not-followed',
    'RFC7515-4.1.5-x5u-not-followed',
    'A17',
    'A18',
  ],
  assurance: 'token',
  needs: ['keyLocations'],
  uses: ['forgedTokens'],
  trials: KEY_LOCATIONS.map((trial) => `keyLocations/${trial}`),
  reasons: {
    'key-believed': {
      says: 'A token is accepted whose key lies where the token itself says: anybody can publish one on a host of their own.',
      fix: {
        general: NOT_FROM_THE_TOKEN,
        auth0: {
          text: 'express-oauth2-jwt-bearer: auth({ issuerBaseURL, audience }) takes keys from the tenant alone; with jwks-rsa or jose by hand, write jwksUri as a constant.',
        },
      },
    },
    'key-fetched': {
      says: "The server asks whatever host a stranger's token names for a key, before it refuses the token: strangers make it send requests, into its own network too (SSRF).",
      // RFC 8725 3.10: applications SHOULD protect against such attacks.
      keyword: 'SHOULD',
      fix: {
        general: `${NOT_FROM_THE_TOKEN} Where an issuer really needs jku, compare it with a list of exact URLs before anything is fetched.`,
        auth0: { text: 'No token of Auth0 has jku or x5u: the server never needs to read them.' },
      },
    },
  },
  judge({ keyLocations: { control, asked }, forgedTokens }): Verdict<'key-believed' | 'key-fetched'> {
    const unverified = (forgedTokens?.asked ?? []).filter(({ exchange }) => isServed(exchange));
    const root = unverified.map(({ trial }) => UNVERIFIED[trial]).find((id) => id !== undefined);
    const isBelieved = ({ exchange, fetches }: Asked) => isServed(exchange) && (fetches > 0 || root === undefined);
    const findings = asked.flatMap((each) => {
      const { trial, exchange, fetches } = each;
      if (!isBelieved(each) && fetches === 0) return [];
      return [
        {
          reason: isServed(exchange) ? ('key-believed' as const) : ('key-fetched' as const),
          expected: 'status 401 (Unauthorized), and no request for the key',
          actual: [
            `${keyLocation(trial).change}: ${describe(exchange)}, ${requests(fetches)}`,
            ...differences(each.token, control.token),
          ].join('; '),
          at: [exchange.id],
        },
      ];
    });
    if (findings.length > 0) return fail(findings);
    const exchanges = asked.map(({ exchange }) => exchange);
    if (exchanges.some(isServed)) {
      return untested(
        'tokens that the issuer did not sign are served, wherever their key is',
        'a server that verifies signatures',
        root,
      );
    }
    return (
      unsettled(exchanges) ??
      brokenControl(...control.exchanges) ??
      pass(
        `${asked.length} tokens were refused, and nobody came for a key (a network that lets nothing out looks alike)`,
      )
    );
  },
  examples: {
    pass: [{ says: '401, and nobody came', evidence: golden }],
    fail: {
      'key-believed': {
        says: 'fetched, and served',
        evidence: { keyLocations: fetching('jku', answering(/^keyLocations\/jku$/, result({ tools: [] }))) },
      },
      'key-fetched': { says: 'fetched, and refused', evidence: { keyLocations: fetching('x5u', golden) } },
    },
  },
});

const requests = (fetches: number) => (fetches === 1 ? '1 request for the key' : `${fetches} requests for the key`);

function fetching(trial: KeyLocation, { keyLocations }: EvidenceMap): EvidenceMap['keyLocations'] {
  const asked = keyLocations.asked.map((each) => (each.trial === trial ? { ...each, fetches: 1 } : each));
  return { ...keyLocations, asked };
}
