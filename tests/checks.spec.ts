import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';
import fc from 'fast-check';
import { RULES } from '../fixtures/client-documents/judge.ts';
import type { EvidenceMap, Exchange, TokenView } from '../fixtures/evidence.ts';
import { PROBES } from '../fixtures/probes/index.ts';
import type { OperationName } from '../fixtures/protocol/requests.ts';
import { eraOf, REVISIONS } from '../fixtures/protocol/revisions.ts';
import { lacking, type Unfit } from '../fixtures/trials/access-tokens/trial.ts';
import type { AuthorizationTrialId } from '../fixtures/trials/authorization/index.ts';
import { STATE_OF_OBJECT } from '../fixtures/trials/authorization/request-objects.ts';
import { AREAS, type Check, type Example, type Facts, type Verdict } from '../suites/check.ts';
import { documentChecks } from '../suites/client-documents/documents/index.ts';
import {
  answer,
  answeredWith,
  answering,
  golden,
  goldenFacts,
  ISSUER_DOCUMENT,
  RESOURCE_DOCUMENT,
  result,
  served,
} from '../suites/golden.ts';
import { ACCESS_TOKEN, ending, errorPage, grant, redirect, type ShortGrant } from '../suites/golden-authorization.ts';
import { answeringCode } from '../suites/golden-codes.ts';
import { atTheDoor } from '../suites/golden-registration.ts';
import { answeringTrials, done, refused, rotatedTo } from '../suites/golden-tokens.ts';
import { OPENID_DOCUMENT, withIssuerDocument } from '../suites/issuer-metadata/documents/document.ts';
import { EC_CERTIFICATE, EC_KEY, withKeySet, withKeys, withRsaKey } from '../suites/issuer-metadata/key-sets.ts';
import { keywordFor } from '../suites/keyword.ts';
import { CHECKS } from '../suites/registry.ts';
import { requirements } from '../suites/requirements/index.ts';
import { withResourceDocument } from '../suites/resource-metadata/documents.ts';
import { factsFor, ofInterest, readBy } from './reading.ts';

const judge = (check: Check, example: Example) =>
  check.judge(structuredClone(example.evidence), factsFor(check, example));

const UNSENT = { failure: { kind: 'budget', message: 'not sent' } };

test('there are checks, each of its own', () => {
  expect(CHECKS.length).toBeGreaterThanOrEqual(25);
  expect(new Set(CHECKS.map(({ id }) => id)).size).toBe(CHECKS.length);
  expect(new Set(CHECKS.map(({ title }) => title)).size).toBe(CHECKS.length);
});

const GOLDEN = JSON.stringify(golden);

for (const check of CHECKS) {
  test.describe(check.id, () => {
    test('is declared whole', () => {
      const [area, name] = check.id.split('/');
      expect(Object.keys(AREAS)).toContain(area);
      expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)+$/);
      expect(check.title).toMatch(/^[A-Z].*[^.]$/);
      expect(Object.keys(check.reasons).length).toBeGreaterThan(0);
      for (const [reason, { says, fix }] of Object.entries(check.reasons)) {
        expect(reason).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
        expect(says, reason).toMatch(/^.+\.$/s);
        expect(fix.general, reason).toMatch(/^.+[.)]$/s);
      }
      const probes = PROBES.map(({ key }) => key);
      for (const key of [...check.needs, ...(check.uses ?? [])]) expect(probes).toContain(key);
    });

    test('cites requirements that exist', () => {
      expect(check.requirements.length).toBeGreaterThan(0);
      for (const id of check.requirements) expect([...requirements().keys()], id).toContain(id);
    });

    test('judges trials that are sent', () => {
      for (const id of check.trials ?? []) {
        const [probe] = id.split('/');
        expect(PROBES.map(({ key }) => key as string)).toContain(probe);
        // A trial that is sent more than once has the tool, or a number, behind its id.
        expect(GOLDEN).toMatch(new RegExp(`"${id}["/-]`));
      }
    });

    for (const example of check.examples.pass) {
      test(`passes: ${example.says}`, () => {
        expect(judge(check, example)).toMatchObject({ kind: 'pass', seen: expect.stringMatching(/./) });
      });
    }

    for (const [reason, example] of Object.entries(check.examples.fail)) {
      test(`fails with ${reason}: ${example.says}`, () => {
        const verdict = judge(check, example);
        expect(verdict.kind).toBe('fail');
        if (verdict.kind !== 'fail') return;
        expect([...new Set(verdict.findings.map((finding) => finding.reason))]).toEqual([reason]);
        for (const finding of verdict.findings) {
          expect(finding.expected).not.toBe('');
          expect(finding.actual).not.toBe('');
          expect(finding.actual).not.toContain('undefined');
          expect(finding.at.length).toBeGreaterThan(0);
        }
      });
    }

    test('says the same of the same evidence, and changes nothing', () => {
      const evidence = structuredClone(golden);
      const facts = structuredClone(factsFor(check));
      const frozen = JSON.stringify([evidence, facts]);
      const first = check.judge(deepFreeze(evidence), deepFreeze(facts));
      expect(check.judge(structuredClone(golden), structuredClone(facts))).toEqual(first);
      expect(JSON.stringify([evidence, facts])).toBe(frozen);
    });

    test('what was not sent is neither a pass nor a failure', () => {
      const facts = factsFor(check);
      const read = readBy(check, facts);
      const trials = (check.trials ?? []).map((id) => new RegExp(`^${id.split('/')[0]!}/`));
      for (const group of [/^/, ...trials, ...ASKED_FOR_ONE_PURPOSE].filter((each) =>
        read.some((id) => each.test(id)),
      )) {
        const evidence = withAnswers(ofInterest(check), (id) => (group.test(id) ? UNSENT : undefined));
        const verdict = check.judge(evidence as never, facts);
        expect(verdict.kind, `${group}: ${JSON.stringify(verdict)}`).toMatch(/^(untested|not-applicable)$/);
      }
    });

    test('never throws, whatever a target answers', () => {
      fc.assert(
        fc.property(fc.infiniteStream(hostileAnswer), fc.constantFrom(...REVISIONS), (answers, revision) => {
          const evidence = withAnswers(ofInterest(check), () => answers.next().value);
          const verdict = check.judge(evidence as never, { ...goldenFacts, revisions: [revision] });
          expect(['pass', 'fail', 'not-applicable', 'out-of-scope', 'untested']).toContain(verdict.kind);
        }),
        { numRuns: 25 },
      );
    });
  });
}

type Shown = readonly [says: string, evidence: EvidenceMap, verdicts: Readonly<Record<string, string>>, facts?: object];

const laboratory = { server: { ...goldenFacts.server, exposure: 'private' } };
const queried = { server: { ...goldenFacts.server, url: 'https://mcp.example.com/mcp?tenant=a' } };

/** Golden evidence whose issuer was asked under another name. */
function askedAs(issuer: string): EvidenceMap {
  const evidence = withResourceDocument({ authorization_servers: [issuer] });
  const [asked] = evidence.issuerMetadata.issuers;
  return { ...evidence, issuerMetadata: { ...evidence.issuerMetadata, issuers: [{ ...asked!, issuer }] } };
}

const authorization = golden.endpoints.asked.find(({ name }) => name === 'authorization_endpoint')!;

/** Golden evidence with another answer at the token endpoint, and that of a second issuer. */
function withTwoTokenEndpoints(first: object, second: object): EvidenceMap {
  const { asked } = golden.endpoints;
  const token = asked.find(({ name }) => name === 'token_endpoint')!;
  const endpoint = (issuer: string, replaced: object) => {
    const { answer: _, ...rest } = token.exchange;
    return { ...token, issuer, exchange: { ...rest, id: `${rest.id}/${issuer}`, ...replaced } as Exchange };
  };
  return { ...golden, endpoints: { asked: [authorization, endpoint('one', first), endpoint('two', second)] } };
}

/** The set of the issuer answered so, beside one that the resource has for itself. */
function besideAResourceSet(issuers: EvidenceMap, own: EvidenceMap): EvidenceMap {
  const resource = { ...own.keys.sets[0]!, owner: goldenFacts.server.url, role: 'resource' as const };
  return { ...golden, keys: { sets: [...issuers.keys.sets, resource] } };
}

const advertising = (algorithm: string, key: object): EvidenceMap => ({
  ...withIssuerDocument({ id_token_signing_alg_values_supported: [algorithm] }),
  keys: withRsaKey(key as Readonly<Record<string, unknown>>).keys,
});

const short = `w${'A'.repeat(170)}`;
const asked = 'resource-metadata/names-the-resource-that-was-asked';
const algorithms = 'issuer-metadata/has-a-key-for-its-signing-algorithms';
const toKeys = 'flow/leads-from-metadata-to-keys-that-verify';
const tokenLeg = 'flow/leads-to-a-token-endpoint-that-answers';
const sameIssuer = 'issuer-metadata/says-the-issuer-that-was-asked';
const inside = 'issuer-metadata/names-endpoints-that-clients-reach';

const rotates = 'token-endpoint/rotates-refresh-tokens-of-public-clients';
const refusesRotated = 'token-endpoint/refuses-rotated-refresh-tokens';
const endsRevoked = 'token-endpoint/ends-refresh-tokens-that-are-revoked';
const noTokensOfTheirOwn = 'token-endpoint/gives-public-clients-no-tokens-of-their-own';
const ofUsers = 'registration/lets-clients-of-users-not-act-for-themselves';
const NO_METHODS = { code_challenge_methods_supported: undefined };
const keepsOutOfFrames = 'authorization/keeps-its-pages-out-of-frames';
const passesNoPasswordsOn = 'authorization/passes-no-passwords-on';
const believesNoObjects = 'authorization/believes-no-unsigned-request-objects';

const ASKING = { kind: 'page', status: 200, title: 'Sign in', says: 'Choose an account', asks: true } as const;

/** The sign-in went over one more page, without a word on frames. */
function withPage(url: string, hosts: readonly string[] = []): EvidenceMap {
  const { signIn } = golden;
  const { journey, setting } = signIn;
  const login = journey.hops.find(({ id }) => id === 'signIn/control/hop-2')!;
  const page = answeredWith(login, answer({ headers: { 'Content-Type': 'text/html' } }), {
    id: 'signIn/control/hop-4',
    request: { url },
  });
  return {
    ...golden,
    signIn: {
      ...signIn,
      setting: { ...setting, pageHosts: [...setting.pageHosts, ...hosts] },
      journey: { ...journey, hops: [...journey.hops, page] },
    },
  };
}

/** The sign-in went by other hops, or steps. */
function withSignIn({ hops, steps }: { hops(hops: readonly Exchange[]): Exchange[]; steps?: string[] }): EvidenceMap {
  const { journey } = golden.signIn;
  const went = { ...journey, hops: hops(journey.hops), ...(steps && { steps }) };
  return { ...golden, signIn: { ...golden.signIn, journey: went } };
}

/** The words of oidc-provider for a grant that a client does not have. */
const GRANT_REFUSED = {
  status: 400,
  body: { error: 'invalid_request', error_description: 'requested grant type is not allowed for this client' },
};

const FAILED_TOOL = result({ content: [], isError: true });

const PUBLIC_BUT_FOR_ITS_TOOL: EvidenceMap = {
  ...golden,
  anonymous: {
    operations: answering(/^anonymous/, result({})).anonymous.operations.map((asked, index) =>
      asked.operation === 'tools/call' ? answering(/^anonymous/, FAILED_TOOL).anonymous.operations[index]! : asked,
    ),
  },
};

const OPEN_STREAM = { headers: { 'Content-Type': 'text/event-stream' }, body: ': open\n\n' };

/** What an operation that golden evidence lacks gets without a token, where all else answers 401. */
function toAnother(
  operation: OperationName,
  short: Parameters<typeof answer>[0],
  { anonymous }: Pick<EvidenceMap, 'anonymous'> = golden,
): EvidenceMap {
  const refused = golden.anonymous.operations.find(
    ({ revision }) => eraOf(revision) === (operation === 'batch' ? 'session' : 'stateless'),
  )!;
  const id = `anonymous/${refused.revision}/${operation}`;
  const exchange = answeredWith(refused.exchange, answer(short), { id });
  return { ...golden, anonymous: { operations: [...anonymous.operations, { ...refused, operation, exchange }] } };
}

const NAMES_ITSELF = 'token-endpoint/names-itself-in-tokens-as-in-its-metadata';

/** Typed access tokens with this issuer, in place of the one of an example. */
function withIssuer(iss: string): EvidenceMap {
  const { examples } = CHECKS.find(({ id }) => id === NAMES_ITSELF)!;
  const example = JSON.stringify(examples.fail['other-issuer']!.evidence);
  return JSON.parse(example.replaceAll('"iss":"https://tenant.example.com"', JSON.stringify({ iss }).slice(1, -1)));
}

/** Clients of users that want to act for themselves were told so of what they name, and where they name nothing. */
function refusingKnownClients(ofWhatTheyName: string, ofNothing: string): EvidenceMap {
  const { asked, ...rest } = golden.knownClients;
  const others = asked.flatMap((each) =>
    [ofWhatTheyName, ofNothing].map((error_description, at) => {
      const body = { error: 'invalid_request', error_description };
      return { ...each, ...grant(`${each.exchange.id}-${at}`, each.differs, { status: 400, body }) };
    }),
  );
  return { ...golden, knownClients: { ...rest, asked: others } };
}

/** A request without what was posted. */
function unposted({ request: { body: _, ...request }, ...hop }: Exchange): Exchange {
  return { ...hop, request };
}

const shortLived = 'token-endpoint/issues-short-lived-tokens';

const REFUSED = { error: 'invalid_request', error_description: 'redirect_uri is not registered' };
const OWN_ERROR_PAGE = 'https://client.example/oauth-error';
const HOST_TRIALS = [
  'redirect-uri-subdomain',
  'redirect-uri-host-as-prefix',
  'redirect-uri-host-as-ending',
  'redirect-uri-host-with-dot',
  'redirect-uri-user',
  'redirect-uri-encoded-user',
  'redirect-uri-port',
] as const;

/** Golden evidence, but the request of this trial showed a page on which users do something, and which may be framed. */
function withUnframedPage(trial: AuthorizationTrialId): EvidenceMap {
  const evidence = ending(golden, trial, errorPage, [], '<form>');
  return {
    ...evidence,
    authorizations: {
      ...evidence.authorizations,
      asked: evidence.authorizations.asked.map((each) => {
        const [hop] = each.journey.hops;
        const page = answer({ headers: { 'Content-Type': 'text/html' }, body: '<form>' });
        return each.trial === trial
          ? { ...each, journey: { ...each.journey, hops: [answeredWith(hop!, page)] } }
          : each;
      }),
    },
  };
}

/** Golden evidence, but the sign-in gave such an access token. */
function withAccessToken(
  { header, claims, ...token }: Partial<Pick<TokenView, 'parts'>> & Record<'header' | 'claims', TokenView['claims']>,
  accepted: readonly string[] = [],
  expires_in = 3600,
): EvidenceMap {
  const { header: _, claims: __, ...opaque } = ACCESS_TOKEN;
  const access_token = { ...opaque, ...token, ...(header && { header }), ...(claims && { claims }) };
  const body = { access_token: '«access_token 1»', token_type: 'Bearer', expires_in };
  const { setting } = golden.signIn;
  return {
    ...golden,
    signIn: {
      ...golden.signIn,
      setting: { ...setting, accepted: [...setting.accepted, ...accepted] },
      grants: [grant('signIn/control/grant-1', 'as it should be', { body, tokens: { access_token } })],
    },
  };
}

const revokesForItsClient = 'token-endpoint/revokes-for-the-client-of-the-token-alone';
const confirmsUnknown = 'token-endpoint/confirms-the-revocation-of-unknown-tokens';
const widensNothing = 'token-endpoint/widens-nothing-at-a-refresh';
const machineResource = 'token-endpoint/limits-machine-tokens-to-the-resource';
const machineScope = 'token-endpoint/limits-machine-tokens-to-the-scope';
const requiresPkce = 'authorization/requires-pkce-of-public-clients';
const requiresSecret = 'token-endpoint/requires-the-secret-of-confidential-clients';
const redeemsOnce = 'token-endpoint/redeems-a-code-once';
const redeemsOnceAmongMany = 'token-endpoint/redeems-a-code-once-among-many-requests';

/** An answer that says nothing of scope or audience. */
const OPAQUE = {
  body: { access_token: '«access_token 1»', token_type: 'Bearer', expires_in: 3600 },
  tokens: { access_token: { label: 'access_token 1', fingerprint: 'golden-opaque', length: 43, parts: 1 } },
} as const satisfies ShortGrant;

const { scope: _, ...claimsWithoutScope } = { scope: '', ...ACCESS_TOKEN.claims };
const withoutScope: Pick<ShortGrant, 'tokens'> = {
  tokens: { access_token: { ...ACCESS_TOKEN, claims: claimsWithoutScope } },
};

const { race: __, ...oneCode } = golden.spentCodes;

/** Golden evidence, but what takes a public client was not asked. */
function withoutPublicClient(): EvidenceMap {
  const { asked: all, ...rest } = golden.authorizations;
  const missing: Unfit = { unfit: 'out-of-scope', because: 'it takes a public client', unlock: 'clients.public' };
  const left = all.filter(({ client }) => client === 'public').map(({ trial }) => [trial, missing]);
  return {
    ...golden,
    authorizations: {
      ...rest,
      asked: all.filter(({ client }) => client !== 'public'),
      unfit: Object.fromEntries(left),
    },
  };
}

/** Targets that checks have to tell apart: what each of them says, with the reason, or the check that it waits for. */
const SHAPES: readonly Shown[] = [
  [
    'an endpoint with a query, a resource without',
    golden,
    { [asked]: 'above', 'resource-metadata/names-a-resource-without-query': 'pass' },
    queried,
  ],
  [
    'an endpoint with a query, a resource with another',
    withResourceDocument({ resource: 'https://mcp.example.com/mcp?tenant=b' }),
    { [asked]: 'query', 'resource-metadata/names-a-resource-without-query': 'query' },
    queried,
  ],
  [
    'a resource that is http, in a laboratory',
    withResourceDocument({ resource: 'http://mcp.example.com/mcp' }),
    { [asked]: 'scheme', 'resource-metadata/names-an-https-resource': 'not-applicable' },
    laboratory,
  ],
  [
    'a resource that is http, on another port',
    withResourceDocument({ resource: 'http://mcp.example.com:8080/other' }),
    { [asked]: 'other-origin', 'resource-metadata/names-an-https-resource': 'http' },
  ],
  [
    'a resource that is http, and above the endpoint',
    withResourceDocument({ resource: 'http://mcp.example.com' }),
    { [asked]: 'above', 'resource-metadata/names-an-https-resource': 'http' },
  ],
  [
    'a token endpoint that is a number',
    { ...withIssuerDocument({ token_endpoint: 7 }), endpoints: { asked: [authorization] } },
    { [tokenLeg]: 'issuer-metadata/writes-texts-as-strings', 'issuer-metadata/writes-texts-as-strings': 'no-string' },
  ],
  [
    'a token endpoint that is a URL to parsers alone',
    { ...withIssuerDocument({ token_endpoint: 'https:token' }), endpoints: { asked: [authorization] } },
    {
      [tokenLeg]: 'issuer-metadata/names-endpoints-by-absolute-urls',
      'issuer-metadata/names-endpoints-by-absolute-urls': 'no-url',
    },
  ],
  ['a gateway that is down', answering(/token_endpoint$/, { status: 502 }), { [tokenLeg]: 'untested' }],
  [
    'a gateway that is down, for keys and metadata',
    answering(/^(keys|issuerMetadata)/, { status: 502 }),
    { 'issuer-metadata/serves-its-key-set': 'untested', 'issuer-metadata/publishes-metadata': 'untested' },
  ],
  [
    'one endpoint that was not asked, and one that refuses',
    withTwoTokenEndpoints(UNSENT, { answer: answer({ status: 405 }) }),
    { [tokenLeg]: 'post-refused' },
  ],
  [
    'good keys beside a resource’s own for encryption',
    besideAResourceSet(golden, withRsaKey({ use: 'enc', alg: 'RSA-OAEP' })),
    { [toKeys]: 'pass', 'issuer-metadata/keeps-its-keys-at-its-own-host': 'pass' },
  ],
  [
    'no keys beside a resource’s own',
    besideAResourceSet(withKeySet({ status: 404 }), golden),
    { [toKeys]: 'issuer-metadata/serves-its-key-set', 'issuer-metadata/serves-its-key-set': 'wrong-status' },
  ],
  ['PS256 for a key of RS256', advertising('PS256', {}), { [algorithms]: 'none-fits' }],
  ['PS256 for a key of no algorithm', advertising('PS256', { alg: undefined }), { [algorithms]: 'pass' }],
  [
    'RS256 for a key to encrypt with',
    advertising('RS256', { use: 'enc', alg: undefined }),
    { [algorithms]: toKeys, [toKeys]: 'none-to-verify-with' },
  ],
  ['a key of RSA-OAEP', withRsaKey({ use: undefined, alg: 'RSA-OAEP' }), { [toKeys]: 'none-to-verify-with' }],
  [
    'a short key of RSA-OAEP',
    withRsaKey({ use: 'enc', alg: 'RSA-OAEP', n: short }),
    { 'issuer-metadata/uses-rsa-keys-of-2048-bits': 'short-for-its-algorithm' },
  ],
  [
    'a certificate in base64url',
    withKeys({ ...EC_KEY, x5c: [Buffer.from(EC_CERTIFICATE, 'base64').toString('base64url')] }),
    { 'issuer-metadata/publishes-certificates-of-its-keys': 'unreadable' },
  ],
  [
    'a proof of possession by encryption',
    withIssuerDocument({ dpop_signing_alg_values_supported: ['ES256', 'RSA-OAEP'] }),
    { 'issuer-metadata/lists-asymmetric-algorithms-for-dpop': 'no-key-pair' },
  ],
  [
    'an issuer asked with a query',
    askedAs('https://tenant.example.com/?organization=a'),
    {
      [sameIssuer]: 'resource-metadata/names-issuers-without-query-or-fragment',
      'resource-metadata/names-issuers-without-query-or-fragment': 'query',
    },
  ],
  [
    'an issuer asked by http',
    askedAs('http://tenant.example.com/'),
    {
      [sameIssuer]: 'resource-metadata/names-issuers-by-https-urls',
      'resource-metadata/names-issuers-by-https-urls': 'http',
    },
  ],
  [
    'an issuer that OpenID discovery alone spells in another way',
    withIssuerDocument({ issuer: 'https://tenant.example.com' }, OPENID_DOCUMENT),
    {
      [sameIssuer]: 'pass',
      'resource-metadata/spells-issuers-as-they-spell-themselves': 'slash',
    },
  ],
  [
    'a name that looks like a private address',
    withIssuerDocument({ revocation_endpoint: 'https://10.example.com/revoke' }),
    { [inside]: 'pass' },
  ],
  ...['0.0.0.0', '100.64.0.1', '[::ffff:10.0.0.1]', 'auth.internal', 'localhost'].map(
    (host): Shown => [
      `an endpoint at ${host}`,
      withIssuerDocument({ revocation_endpoint: `https://${host}/revoke` }),
      { [inside]: 'inside' },
    ],
  ),
  [
    'a member twice, once in escapes',
    answering(/^resourceMetadata\/(challenge-1|well-known-1)$/, {
      body: JSON.stringify(RESOURCE_DOCUMENT).replace('{', '{"\\u0072esource":"https://a.example",'),
    }),
    { 'resource-metadata/is-strict-json': 'duplicate-member' },
  ],
  [
    'a text and a number for lists of OpenID Discovery',
    withIssuerDocument({ claim_types_supported: 'normal', request_object_signing_alg_values_supported: 7 }),
    { 'issuer-metadata/writes-lists-as-arrays-of-strings': 'no-array,no-array' },
  ],
  [
    'a key set whose second and third answer never came',
    answering(/^keys\/set-1\/(again|from-browser)$/, { failure: { kind: 'timeout', message: 'timeout' } }),
    {
      'issuer-metadata/serves-the-same-keys-again': 'untested',
      'issuer-metadata/lets-browsers-read-its-keys': 'untested',
    },
  ],
  [
    'a device endpoint with a fragment',
    withIssuerDocument({ device_authorization_endpoint: 'https://tenant.example.com/device#x' }),
    { 'issuer-metadata/names-endpoints-without-fragment': 'pass' },
  ],
  [
    'an empty list of code challenge methods and of subject types',
    withIssuerDocument({ code_challenge_methods_supported: [], subject_types_supported: [] }),
    {
      'issuer-metadata/publishes-its-code-challenge-methods': 'absent',
      'issuer-metadata/has-what-openid-discovery-requires': 'no-subject-types',
    },
  ],
  [
    'no grants, and no endpoint for any',
    withIssuerDocument({ grant_types_supported: [], token_endpoint: undefined }),
    { 'issuer-metadata/names-a-token-endpoint': 'absent', 'issuer-metadata/omits-empty-lists': 'empty' },
  ],
  [
    'http, none and symmetric proofs in OpenID discovery alone',
    withIssuerDocument(
      {
        token_endpoint: 'http://tenant.example.com/oauth/token',
        jwks_uri: 'http://tenant.example.com/jwks.json',
        token_endpoint_auth_signing_alg_values_supported: ['none'],
        dpop_signing_alg_values_supported: ['HS256'],
      },
      OPENID_DOCUMENT,
    ),
    {
      'issuer-metadata/names-https-endpoints': 'http',
      'issuer-metadata/names-an-https-key-set': 'http',
      'issuer-metadata/takes-no-unsigned-client-assertions': 'none',
      'issuer-metadata/lists-asymmetric-algorithms-for-dpop': 'no-key-pair',
    },
  ],
  ...[
    { kty: 'rsa' },
    { kty: 'OKP', crv: 'X25519' },
    { kty: 'OKP', crv: 'Ed25519x' },
    { use: undefined, alg: 'RSA-OAEP' },
  ].map(
    (members): Shown => [
      `a key that no verifier takes: ${JSON.stringify(members)}`,
      withRsaKey(members),
      { [toKeys]: 'none-to-verify-with' },
    ],
  ),
  ['a key of ML-DSA', withKeys({ kty: 'AKP', alg: 'ML-DSA-65', kid: 'pq', pub: 'AA' }), { [toKeys]: 'pass' }],
  [
    'private keys in a bare array',
    withKeySet({ headers: { 'Content-Type': 'application/json' }, body: JSON.stringify([{ kty: 'EC', d: 'AA' }]) }),
    {
      'issuer-metadata/publishes-no-private-keys': 'private-member',
      'issuer-metadata/serves-its-key-set': 'not-a-json-object',
    },
  ],
  [
    'a short key for signatures without an algorithm',
    withRsaKey({ n: short, alg: undefined }),
    { 'issuer-metadata/uses-rsa-keys-of-2048-bits': 'short-for-its-algorithm' },
  ],
  [
    'a short key without any label, the only one for the RS256 of the metadata',
    withRsaKey({ n: short, alg: undefined, use: undefined }),
    { 'issuer-metadata/uses-rsa-keys-of-2048-bits': 'short-for-its-algorithm' },
  ],
  [
    'a gateway that is down before the authorization endpoint',
    answering(/authorization_endpoint$/, { status: 504 }),
    { 'flow/leads-to-an-authorization-endpoint-that-answers': 'untested' },
  ],
  ...(
    [
      [
        'to another http host',
        { status: 301, headers: { Location: 'http://www.tenant.example.com/authorize' } },
        'pass',
      ],
      ['to nowhere', { status: 307 }, 'pass'],
      ['within plain http', { status: 302, headers: { Location: '/login' } }, 'served-over-http'],
      ['to the page of a default host', { body: '<!doctype html><title>It works!</title>' }, 'pass'],
      ['to a token', { body: '{"access_token":"a"}' }, 'served-over-http'],
    ] as const
  ).map(
    ([where, given, verdict]): Shown => [
      `port 80 that leads ${where}`,
      answering(/plain-http$/, given),
      { 'flow/serves-its-endpoints-over-https-only': verdict.replace(/^served.*/, `${verdict},${verdict}`) },
    ],
  ),
  [
    'a neighbour’s document at the root',
    answering(/^resourceMetadata\/well-known-2$/, {
      headers: { 'Content-Type': 'text/plain' },
      body: JSON.stringify({ ...RESOURCE_DOCUMENT, resource: 'https://mcp.example.com/other' }).replace(
        '{',
        '{"a":1,"a":1,',
      ),
    }),
    {
      'resource-metadata/has-the-json-media-type': 'pass',
      'resource-metadata/is-strict-json': 'pass',
      'resource-metadata/says-the-same-at-every-location': 'not-applicable',
    },
  ],
  [
    'a byte order mark before the resource metadata',
    answering(/^resourceMetadata\/(challenge-1|well-known-1|document\/)/, {
      ...served(RESOURCE_DOCUMENT),
      body: `\ufeff${JSON.stringify(RESOURCE_DOCUMENT)}`,
    }),
    {
      'challenge/names-a-metadata-url-that-works': 'pass',
      'resource-metadata/is-strict-json': 'byte-order-mark',
      [asked]: 'pass',
    },
  ],
  [
    'metadata behind a guard',
    answering(/^resourceMetadata\//, { status: 401 }),
    {
      'challenge/names-a-metadata-url-that-works': 'resource-metadata/needs-no-token',
      'resource-metadata/needs-no-token': 'guarded,guarded',
    },
  ],
  [
    'a declared tool that refuses in its result, where all else is public',
    PUBLIC_BUT_FOR_ITS_TOOL,
    {
      'challenge/authenticates-every-connection': 'public-discovery',
      'challenge/answers-401-without-a-token': 'refused-otherwise',
    },
  ],
  [
    'a batch that calls the declared tool without a token',
    toAnother('batch', { body: JSON.stringify([{ jsonrpc: '2.0', id: 1, result: { content: [] } }]) }),
    { 'challenge/answers-401-without-a-token': 'served', 'challenge/authenticates-every-connection': 'pass' },
  ],
  ...(
    [
      ['202', { status: 202 }],
      ['400', { status: 400 }],
      ['500', { status: 500 }],
      [
        'an error',
        { body: JSON.stringify([{ jsonrpc: '2.0', id: 1, error: { code: -32600, message: 'no batches' } }]) },
      ],
    ] as const
  ).map(
    ([says, short]): Shown => [
      `a batch without a token that is answered with ${says}, and not served`,
      toAnother('batch', short),
      { 'challenge/answers-401-without-a-token': 'pass', 'challenge/authenticates-every-connection': 'pass' },
    ],
  ),
  [
    'resources that are listed for anybody',
    toAnother('resources/list', result({ resources: [] })),
    {
      'challenge/authenticates-every-connection': 'public-discovery',
      'challenge/answers-401-without-a-token': 'pass',
    },
  ],
  [
    'a server that has no prompts, and says so to anybody',
    toAnother('prompts/list', {
      status: 404,
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, error: { code: -32601 } }),
    }),
    { 'challenge/authenticates-every-connection': 'pass', 'challenge/answers-401-without-a-token': 'pass' },
  ],
  [
    'a subscription that opens for anybody',
    toAnother('subscriptions/listen', OPEN_STREAM),
    { 'challenge/guards-the-event-stream': 'stream-opened', 'challenge/authenticates-every-connection': 'pass' },
  ],
  [
    'a subscription to what anybody may list',
    toAnother('subscriptions/listen', OPEN_STREAM, answering(/^anonymous.*tools\/list/, result({ tools: [] }))),
    { 'challenge/guards-the-event-stream': 'pass' },
  ],
  [
    'what does CORS answers OPTIONS, whatever its body',
    answering(/^methods\/options/, { body: '{"allow":"POST"}' }),
    { 'challenge/serves-nothing-to-other-methods': 'pass' },
  ],
  [
    'a copy beside an issuer that is not there',
    {
      ...answering(/^issuerMetadata\/issuer-1/, { status: 404 }),
      issuerMetadata: {
        ...answering(/^issuerMetadata\/issuer-1/, { status: 404 }).issuerMetadata,
        atServerOrigin: answering(/^issuerMetadata\/server-origin$/, served({ issuer: 'https://other.example.com/' }))
          .issuerMetadata.atServerOrigin,
      },
    },
    {
      'issuer-metadata/copies-metadata-of-the-named-issuer': 'issuer-metadata/publishes-metadata',
      'issuer-metadata/publishes-metadata': 'no-document',
    },
  ],
  [
    'another host by another scheme',
    withIssuerDocument({ issuer: 'http://login.example.com/' }),
    { [sameIssuer]: 'other-host' },
    laboratory,
  ],
  [
    'an issuer without its slash',
    askedAs('https://tenant.example.com'),
    { [sameIssuer]: 'not-applicable', 'resource-metadata/spells-issuers-as-they-spell-themselves': 'slash' },
  ],
  [
    'plain http at the laboratory’s own host, and at a name without dots',
    withIssuerDocument({
      token_endpoint: 'http://mcp.example.com/token',
      authorization_endpoint: 'http://keycloak:8080/authorize',
    }),
    { 'issuer-metadata/names-https-endpoints': 'not-applicable' },
    laboratory,
  ],
  [
    'an issuer that policy does not ask, of a server that is not on the internet',
    answering(/^issuerMetadata\/issuer-1/, { failure: { kind: 'egress', message: 'link-local' } }),
    { 'issuer-metadata/publishes-metadata': 'untested' },
    laboratory,
  ],
  [
    'an error page of the operator at the host of the client, whatever redirect URI was wrong',
    HOST_TRIALS.reduce((evidence, trial) => ending(evidence, trial, redirect(REFUSED, OWN_ERROR_PAGE)), golden),
    {
      'authorization/sends-codes-to-no-other-host': 'pass',
      'authorization/compares-redirect-uris-exactly': 'pass',
    },
  ],
  [
    'an error at the stranger’s host, on another page than the one asked for',
    ending(golden, 'redirect-uri-stranger', redirect(REFUSED, 'https://canary.example/elsewhere')),
    { 'authorization/sends-codes-to-no-other-host': 'error-elsewhere' },
  ],
  [
    'a refused response mode, on a page that posts its size to whoever frames it',
    ending(
      golden,
      'response-mode-web-message',
      errorPage,
      [],
      '<p>Error code: unsupported_response_mode</p><script>parent.postMessage({ resize: 300 }, "*")</script>',
    ),
    { 'authorization/answers-at-the-redirect-uri-only': 'pass' },
  ],
  [
    'a code that is posted to whoever listens',
    ending(
      golden,
      'response-mode-web-message',
      errorPage,
      [],
      '<script>opener.postMessage({ response: { code: "«code of authorizations/web-message»" } }, "*")</script>',
    ),
    { 'authorization/answers-at-the-redirect-uri-only': 'code-elsewhere' },
  ],
  [
    'a page that may be framed, and is made for that',
    withUnframedPage('response-mode-web-message'),
    { 'authorization/keeps-its-pages-out-of-frames': 'pass' },
  ],
  [
    'a page of an ordinary request that may be framed',
    withUnframedPage('redirect-uri-slash'),
    { 'authorization/keeps-its-pages-out-of-frames': 'framing-not-refused' },
  ],
  [
    'the same refresh token again and again',
    answeringTrials(golden, 'refreshTokens', { rotation: {} }),
    {
      [rotates]: 'same-token',
      [refusesRotated]: rotates,
      'token-endpoint/ends-the-family-of-a-reused-refresh-token': rotates,
    },
  ],
  [
    'a reuse that nobody notices, also when minutes have passed',
    answeringTrials(golden, 'refreshTokens', { replay: {}, 'late-replay': {}, newest: rotatedTo('refresh_token 4') }),
    {
      [refusesRotated]: 'served-for-good',
      'token-endpoint/ends-the-family-of-a-reused-refresh-token': refusesRotated,
    },
  ],
  [
    'a reuse that is served some seconds later, where no more time may pass',
    answeringTrials(golden, 'refreshTokens', { replay: {}, newest: rotatedTo('refresh_token 4') }),
    { [refusesRotated]: 'untested', 'token-endpoint/ends-the-family-of-a-reused-refresh-token': 'untested' },
  ],
  ...([401, 429, 503] as const).map((status): (typeof SHAPES)[number] => [
    `a revocation endpoint that answers ${status}, and tokens that live on`,
    answeringTrials(golden, 'refreshTokens', {
      'revoke-unknown-token': { status, body: {}, tokens: {} },
      'revoke-with-wrong-hint': { status, body: {}, tokens: {} },
      'after-wrong-hint': {},
      revoke: { status, body: {}, tokens: {} },
      'after-revocation': {},
      'after-revocation-later': {},
    }),
    { [endsRevoked]: 'untested', 'token-endpoint/confirms-the-revocation-of-unknown-tokens': 'untested' },
  ]),
  [
    'a revocation that takes some seconds to be known everywhere',
    answeringTrials(golden, 'refreshTokens', {
      'after-wrong-hint': {},
      revoke: done,
      'after-revocation': {},
      'after-revocation-later': refused('invalid_grant'),
    }),
    { [endsRevoked]: 'pass' },
  ],
  [
    'a public client that is refused for its scope and its resource, and never for the grant',
    answeringTrials(golden, 'tokenRequests', {
      'client-credentials-of-a-public-client': refused('invalid_scope'),
      'client-credentials-of-a-public-client-by-audience': refused('invalid_target'),
      'client-credentials-of-a-public-client-bare': refused('invalid_request'),
    }),
    { [noTokensOfTheirOwn]: 'untested' },
  ],
  [
    'a public client that is refused in the same words, whatever it names, and they speak of the grant',
    answeringTrials(golden, 'tokenRequests', {
      'client-credentials-of-a-public-client': GRANT_REFUSED,
      'client-credentials-of-a-public-client-by-audience': GRANT_REFUSED,
      'client-credentials-of-a-public-client-bare': GRANT_REFUSED,
    }),
    { [noTokensOfTheirOwn]: 'pass' },
  ],
  [
    'a public client that is refused without a word, which may be for anything',
    answeringTrials(golden, 'tokenRequests', {
      'client-credentials-of-a-public-client': refused('invalid_request'),
      'client-credentials-of-a-public-client-by-audience': refused('invalid_request'),
      'client-credentials-of-a-public-client-bare': refused('invalid_request'),
    }),
    { [noTokensOfTheirOwn]: 'untested' },
  ],
  [
    'a copy that was put together for an issuer whose slash it leaves out',
    answering(
      /^issuerMetadata\/server-origin$/,
      served({
        ...ISSUER_DOCUMENT,
        issuer: 'https://tenant.example.com',
        token_endpoint: 'https://tenant.example.com/token',
      }),
    ),
    { 'issuer-metadata/copies-the-endpoints-of-the-named-issuer': 'other-endpoint' },
  ],
  [
    'tokens that name their own issuer, with another scheme and port',
    withIssuer('http://tenant.example.com:8080/'),
    { [NAMES_ITSELF]: 'other-issuer' },
  ],
  [
    'a public server whose declared tool fails for everybody',
    { ...PUBLIC_BUT_FOR_ITS_TOOL, control: answering(/^control.*tools\/call/, FAILED_TOOL).control },
    { 'challenge/authenticates-every-connection': 'nothing-guarded' },
  ],
  [
    'clients of users that are refused in the same words, whatever they name',
    refusingKnownClients('grant type not allowed', 'grant type not allowed'),
    { [ofUsers]: 'pass' },
  ],
  [
    'clients of users that are refused for what they name, and where they name nothing',
    refusingKnownClients('unknown resource', 'no resource'),
    { [ofUsers]: 'untested' },
  ],
  [
    'a public client that is refused for scopes in the same words, also where it names none',
    answeringTrials(golden, 'tokenRequests', {
      'client-credentials-of-a-public-client': refused('invalid_scope'),
      'client-credentials-of-a-public-client-by-audience': refused('invalid_scope'),
      'client-credentials-of-a-public-client-bare': refused('invalid_scope'),
    }),
    { [noTokensOfTheirOwn]: 'untested' },
  ],
  [
    'a public client that is refused for its scope, and for the grant where it names none',
    answeringTrials(golden, 'tokenRequests', {
      'client-credentials-of-a-public-client': refused('invalid_scope'),
    }),
    { [noTokensOfTheirOwn]: 'pass' },
  ],
  [
    'a page that asks before it goes on, and that nobody answers',
    ending(golden, 'redirect-uri-stranger', ASKING),
    { 'authorization/sends-codes-to-no-other-host': 'untested' },
  ],
  [
    'a page that asks before it goes on to another loopback port',
    ending(golden, 'loopback-port', ASKING),
    { 'authorization/leaves-the-loopback-port-open': 'untested' },
  ],
  [
    'an error page with a button, and status 200',
    ending(golden, 'redirect-uri-stranger', { ...ASKING, title: 'Oops', says: 'Something went wrong. Back' }),
    { 'authorization/sends-codes-to-no-other-host': 'pass' },
  ],
  [
    'a page with a button that names the error of OAuth, and status 200',
    ending(golden, 'redirect-uri-stranger', { ...ASKING, says: 'Continue to the start page (invalid_request)' }),
    { 'authorization/sends-codes-to-no-other-host': 'pass' },
  ],
  [
    'metadata without code challenge methods, and a copy that passes it on unchanged',
    {
      ...golden,
      issuerMetadata: {
        ...withIssuerDocument(NO_METHODS).issuerMetadata,
        atServerOrigin: answering(/^issuerMetadata\/server-origin$/, served({ ...ISSUER_DOCUMENT, ...NO_METHODS }))
          .issuerMetadata.atServerOrigin,
      },
    },
    { 'issuer-metadata/names-pkce-at-its-own-origin': 'not-applicable' },
  ],
  [
    'a page for consent without a way to decline that the run finds',
    ending(golden, 'consent-declined', ASKING),
    { 'authorization/takes-a-declined-consent-for-a-no': 'out-of-scope' },
  ],
  [
    'a password that the page sends by a script',
    withSignIn({ hops: (hops) => hops.filter(({ request }) => request.method !== 'POST') }),
    { [passesNoPasswordsOn]: 'not-applicable' },
  ],
  [
    'a password that a person typed',
    withSignIn({ hops: (hops) => hops.map(unposted), steps: ['gave consent'] }),
    { [passesNoPasswordsOn]: 'out-of-scope' },
  ],
  [
    'a password in a URL',
    withSignIn({
      hops: (hops) =>
        hops.map(unposted).map(({ request, ...hop }) => ({
          ...hop,
          request: { ...request, method: 'GET', url: `${request.url}?password=«users.first.password»` },
        })),
    }),
    { [passesNoPasswordsOn]: 'untested' },
  ],
  [
    'a form without the password as it was typed, that is sent on',
    withSignIn({
      hops: (hops) =>
        hops.map(unposted).map(({ failure: _, ...hop }) => ({
          ...hop,
          request: { ...hop.request, method: 'POST' },
          answer: answer({ status: 307 }),
        })),
    }),
    { [passesNoPasswordsOn]: 'untested' },
  ],
  [
    'no code that could get old',
    { ...golden, spentCodes: { ...golden.spentCodes, old: { refused: golden.signIn } } },
    { 'token-endpoint/lets-codes-expire': 'untested' },
  ],
  [
    'a request object that is refused, in words that have its state',
    ending(golden, 'unsigned-object', redirect({ error: 'invalid_request_object', state: STATE_OF_OBJECT })),
    { [believesNoObjects]: 'pass' },
  ],
  [
    'a request object by whose state a request is refused for another reason',
    ending(golden, 'unsigned-object', redirect({ error: 'login_required', state: STATE_OF_OBJECT })),
    { [believesNoObjects]: 'replaces-parameters' },
  ],
  [
    'a page for consent that may be framed, at the address of the login page',
    withPage('https://tenant.example.com/login'),
    { [keepsOutOfFrames]: 'framing-not-refused' },
  ],
  [
    'a page that may be framed, at a host that belongs to the sign-in',
    withPage('https://login.example.com/', ['login.example.com']),
    { [keepsOutOfFrames]: 'framing-not-refused' },
  ],
  [
    'a page that may be framed, at the host of somebody else',
    withPage('https://login.example.com/'),
    { [keepsOutOfFrames]: 'pass' },
  ],
  [
    'a password grant that is refused to a client that nobody knows',
    answeringTrials(golden, 'tokenRequests', { 'password-grant': refused('invalid_client', 401) }),
    { 'token-endpoint/has-no-password-grant': 'out-of-scope' },
  ],
  [
    'an audience that the server goes by, and is not the resource',
    withAccessToken({ header: ACCESS_TOKEN.header, claims: { ...ACCESS_TOKEN.claims, aud: 'api://mcp' } }, [
      'api://mcp',
    ]),
    { 'token-endpoint/issues-tokens-for-the-resource-asked-for': 'pass' },
  ],
  [
    'an audience that the server goes by, beside the resource',
    withAccessToken(
      {
        header: ACCESS_TOKEN.header,
        claims: { ...ACCESS_TOKEN.claims, aud: ['https://mcp.example.com/mcp', 'api://mcp'] },
      },
      ['api://mcp'],
    ),
    { 'token-endpoint/issues-tokens-for-the-resource-asked-for': 'pass' },
  ],
  ...['https://tenant.example.com/userinfo', 'https://tenant.example.com/', 'https://tenant.example.com'].map(
    (aud): Shown => [
      `${aud} as an audience beside the resource`,
      withAccessToken({
        header: ACCESS_TOKEN.header,
        claims: { ...ACCESS_TOKEN.claims, aud: ['https://mcp.example.com/mcp', aud] },
      }),
      { 'token-endpoint/issues-tokens-for-the-resource-asked-for': 'pass' },
    ],
  ),
  [
    'an API at the origin of the issuer as an audience beside the resource',
    withAccessToken({
      header: ACCESS_TOKEN.header,
      claims: { ...ACCESS_TOKEN.claims, aud: ['https://mcp.example.com/mcp', 'https://tenant.example.com/api/v2/'] },
    }),
    { 'token-endpoint/issues-tokens-for-the-resource-asked-for': 'further-audience' },
  ],
  [
    'a token of a century that does not say since when',
    withAccessToken({
      header: ACCESS_TOKEN.header,
      claims: { iss: 'https://tenant.example.com/', exp: 4_102_444_800 },
    }),
    { [shortLived]: 'lives-long' },
  ],
  [
    'an opaque token that is good for an hour',
    withAccessToken({ parts: 1, header: undefined, claims: undefined }),
    { [shortLived]: 'pass' },
  ],
  [
    'an opaque token that is good for a year',
    withAccessToken({ parts: 1, header: undefined, claims: undefined }, [], 31_536_000),
    { [shortLived]: 'lives-long' },
  ],
  ...[429, 503].map(
    (status): Shown => [
      `a token endpoint that is busy (${status}) after another client came to revoke a token`,
      answeringTrials(golden, 'refreshTokens', {
        'revoke-unknown-token': refused('temporarily_unavailable', status),
        'after-foreign-revocation': refused('invalid_grant', status),
      }),
      { [revokesForItsClient]: 'untested', [confirmsUnknown]: 'untested' },
    ],
  ),
  [
    'a firewall that answers wrong codes with its own page',
    answering(/^codes\/wrong-verifier$/, {
      status: 403,
      headers: { 'Content-Type': 'text/html' },
      body: '<html><head><title>403 Forbidden</title></head></html>',
    }),
    {
      'token-endpoint/verifies-code-verifiers': 'untested',
      'token-endpoint/refuses-codes-in-the-words-of-oauth': 'pass',
    },
  ],
  [
    'a refresh token that is refused for another reason than that it is gone, after another client came to revoke it',
    answeringTrials(golden, 'refreshTokens', { 'after-foreign-revocation': refused('invalid_request') }),
    { [revokesForItsClient]: 'untested' },
  ],
  [
    'another client that cannot authenticate where tokens are revoked',
    answeringTrials(golden, 'refreshTokens', { 'revoke-as-another-client': refused('invalid_client', 401) }),
    { [revokesForItsClient]: 'untested' },
  ],
  [
    'an opaque token for a wider scope, and no word of a narrower one',
    answeringTrials(golden, 'refreshTokens', { 'wider-scope': OPAQUE }),
    { [widensNothing]: 'scope' },
  ],
  [
    'an opaque token for a wider scope, said to have the scope of before',
    answeringTrials(golden, 'refreshTokens', {
      'wider-scope': { ...OPAQUE, body: { ...OPAQUE.body, scope: 'mcp:tools' } },
    }),
    { [widensNothing]: 'pass' },
  ],
  [
    'an opaque token for another resource',
    answeringTrials(golden, 'refreshTokens', { 'other-resource': OPAQUE }),
    { [widensNothing]: 'out-of-scope' },
  ],
  [
    'an opaque token for a code, and another resource',
    answeringCode(golden, 'unknown-resource', OPAQUE),
    { 'token-endpoint/widens-no-code-to-another-resource': 'out-of-scope' },
  ],
  [
    'a machine whose opaque tokens do not show whom they are for, and that gets what it names',
    answeringTrials(golden, 'machineToken', { good: OPAQUE, 'invented-scope': OPAQUE }),
    { [machineResource]: 'out-of-scope', [machineScope]: 'any-scope' },
  ],
  [
    'a machine whose JWTs have no scope, in an answer without one',
    answeringTrials(golden, 'machineToken', {
      'one-scope': { ...OPAQUE, ...withoutScope },
      'invented-scope': { ...OPAQUE, ...withoutScope },
    }),
    { [machineScope]: 'out-of-scope' },
  ],
  [
    'an initial access token of the profile that is refused',
    atTheDoor(golden, { withToken: { status: 401 }, web: 'not asked', webWithToken: 'not asked' }),
    {
      'registration/registers-whom-its-policy-lets-register': 'untested',
      'registration/refuses-initial-access-tokens-nobody-issued': 'untested',
      'registration/registers-no-redirect-uris-that-run-scripts': 'untested',
      'registration/registers-native-clients': 'untested',
    },
    { policy: { registration: 'protected', strict: false } },
  ],
  ['a profile without a public client', withoutPublicClient(), { [requiresPkce]: 'out-of-scope' }],
  [
    'a client of which one good grant was to be had, and not the next',
    {
      ...golden,
      clientAuthentication: {
        ...golden.clientAuthentication,
        asked: golden.clientAuthentication.asked.filter(({ trial }) => trial !== 'wrong-secret'),
        unfit: { 'wrong-secret': lacking('no code', 'another code') },
      },
    },
    { [requiresSecret]: 'untested' },
  ],
  [
    'a spent code that is served, and no second code',
    { ...golden, spentCodes: { ...oneCode, again: grant('spentCodes/again', 'for a code that gave a token before') } },
    { [redeemsOnce]: 'again', [redeemsOnceAmongMany]: redeemsOnce },
  ],
  [
    'a spent code that is refused, and no second code',
    { ...golden, spentCodes: oneCode },
    { [redeemsOnce]: 'pass', [redeemsOnceAmongMany]: 'untested' },
  ],
];

for (const [says, evidence, verdicts, facts] of SHAPES) {
  test(`tells apart: ${says}`, () => {
    const found = Object.keys(verdicts).map((id) => {
      const check = CHECKS.find((each) => each.id === id)!;
      const verdict = check.judge(evidence, { ...goldenFacts, ...facts });
      if (verdict.kind === 'fail') return [id, verdict.findings.map(({ reason }) => reason).join()];
      return [id, (verdict.kind === 'untested' ? verdict.blockedBy : undefined) ?? verdict.kind];
    });
    expect(Object.fromEntries(found)).toEqual(verdicts);
  });
}

test('whatever blocks a check is itself broken', () => {
  const shown = CHECKS.flatMap((check) =>
    [...check.examples.pass, ...Object.values(check.examples.fail)].map((example) => ({
      says: `${check.id}: ${example.says}`,
      evidence: { ...golden, ...example.evidence },
      facts: factsFor(check, example),
    })),
  );
  const wrong = new Map<string, string>();
  // Most examples differ in the evidence of one probe: what the others show has been judged before.
  const judged = new Map<unknown, Map<string, Verdict>>();
  const numbers = new Map<unknown, number>();
  const numberOf = (value: unknown) => {
    const number = numbers.get(value) ?? numbers.size;
    numbers.set(value, number);
    return number;
  };
  const verdictOf = (check: Check, evidence: EvidenceMap, facts: Facts): Verdict => {
    const known = judged.get(check) ?? new Map<string, Verdict>();
    judged.set(check, known);
    const key = [JSON.stringify(facts), ...Object.values(ofInterest(check, evidence)).map(numberOf)].join();
    const verdict = known.get(key) ?? check.judge(evidence, facts);
    known.set(key, verdict);
    return verdict;
  };
  const shapes = SHAPES.map(([says, evidence, , facts]) => ({ says, evidence, facts: { ...goldenFacts, ...facts } }));
  for (const { says, evidence, facts } of [...shown, ...shapes]) {
    const applicable = CHECKS.filter((check) => keywordFor(check, facts.revisions) !== undefined);
    for (const check of applicable) {
      const verdict = verdictOf(check, evidence, facts);
      if (verdict.kind !== 'untested' || verdict.blockedBy === undefined) continue;
      const blocking = applicable.find(({ id }) => id === verdict.blockedBy);
      const kind = blocking === undefined ? 'no check of this revision' : verdictOf(blocking, evidence, facts).kind;
      if (kind !== 'fail' && kind !== 'untested')
        wrong.set(`${check.id}, blocked by ${verdict.blockedBy}: ${kind}`, says);
    }
  }
  expect(Object.fromEntries(wrong)).toEqual({});
});

const SUITES = fileURLToPath(new URL('../suites/', import.meta.url));

/** `area/says-this` → `saysThis`; names such as OAuth keep their own letters. */
const exportOf = (id: string) => id.split('/')[1]!.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());

for (const area of ['resource-metadata', 'issuer-metadata', 'flow']) {
  test(`each check of ${area} is exported by the name of its id`, async () => {
    const files = readdirSync(join(SUITES, area), { recursive: true, encoding: 'utf8' });
    const exported = await Promise.all(
      files.filter((file) => file.endsWith('.ts')).map((file) => import(join(SUITES, area, file)) as Promise<object>),
    );
    const named = exported.flatMap((module) =>
      Object.entries(module).flatMap(([name, value]) => (isCheck(value) ? [[value.id, name] as const] : [])),
    );
    expect(named.length).toBe(CHECKS.filter(({ id }) => id.startsWith(`${area}/`)).length);
    expect(named.filter(([id, name]) => exportOf(id).toLowerCase() !== name.toLowerCase())).toEqual([]);
  });
}

const isCheck = (value: unknown): value is Check =>
  typeof value === 'object' && value !== null && 'judge' in value && 'id' in value;

test('each reason fails in one area only and is explained once', () => {
  // Rules of metadata documents have one text each, whichever check judges by them for the provider in use.
  const others = CHECKS.filter((check) => !documentChecks.includes(check));
  const reasons = others.flatMap((check) => Object.values(check.reasons));
  const says = [...reasons, ...RULES].map((each) => each.says);
  expect(says.filter((each, at) => says.indexOf(each) < at)).toEqual([]);
});

/** Exchanges that answer one question alone: what is said of it without them is made up. */
const ASKED_FOR_ONE_PURPOSE: readonly RegExp[] = [
  ...['again', 'from-browser', 'head', 'plain-http'].map(
    (way) => new RegExp(`^(keys/set-1|resourceMetadata/document|issuerMetadata/issuer-1/document)/${way}$`),
  ),
  ...['authorization_endpoint', 'token_endpoint'].flatMap((name) => [
    new RegExp(`^endpoints/issuer-1/${name}$`),
    new RegExp(`^endpoints/issuer-1/${name}/plain-http$`),
  ]),
];

/** Answers with any status, field values full of quotes and commas, and any JSON for a body, or none at all. */
const hostileAnswer = fc.oneof(
  {
    weight: 1,
    arbitrary: fc.record({
      failure: fc.record({ kind: fc.constantFrom('dns', 'tls', 'reset', 'timeout'), message: fc.string() }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      answer: fc.record({
        status: fc.constantFrom(100, 200, 202, 204, 302, 400, 401, 401, 401, 403, 404, 405, 429, 500, 503, 599),
        headers: fc.array(
          fc.tuple(
            fc.constantFrom(
              'WWW-Authenticate',
              'www-authenticate',
              'Content-Type',
              'Location',
              'Allow',
              'x-amzn-remapped-www-authenticate',
              'Access-Control-Allow-Origin',
              'Access-Control-Allow-Credentials',
            ),
            fc.oneof(
              fc.string(),
              fc.constantFrom('text/event-stream', 'application/json', 'https://%', '//', 'true', 'null'),
              fc
                .array(
                  fc.constantFrom(
                    'Bearer',
                    ' ',
                    ',',
                    '=',
                    '"',
                    '\\',
                    'realm',
                    'scope',
                    'resource_metadata',
                    'error',
                    'DPoP',
                    'ä',
                    'a b',
                  ),
                )
                .map((parts) => parts.join('')),
            ),
          ),
          { maxLength: 4 },
        ),
        body: fc.oneof(
          fc.json(),
          fc.string(),
          fc.constantFrom('{"jsonrpc":"2.0","id":1,"result":{}}', 'data: {"result":{}}\n\n', '[{"error":{"code":{}}}]'),
        ),
        bodyBytes: fc.nat(),
        truncated: fc.boolean(),
      }),
    }),
  },
);

/** The same evidence with other answers; `undefined` keeps the one there is. */
function withAnswers(value: unknown, next: (id: string) => object | undefined): unknown {
  if (Array.isArray(value)) return value.map((each) => withAnswers(each, next));
  if (typeof value !== 'object' || value === null) return value;
  if ('asks' in value && 'request' in value) {
    const replaced = next(String((value as { id?: unknown }).id));
    if (replaced === undefined) return value;
    const { answer: _, ...rest } = value as Record<string, unknown>;
    return { ...rest, ...replaced };
  }
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withAnswers(inner, next)]));
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
