/** Trials of access tokens beyond what faults of the embedded world show: other issuers, and evidence that is not whole. */
import { createDecipheriv, createHmac, generateKeyPairSync, privateDecrypt } from 'node:crypto';
import { test as base, expect } from '@playwright/test';
import { decodeJwt, type JWK, type JWTPayload } from 'jose';
import { run } from '../engine/run.ts';
import type { Doors } from '../fixtures/doors/doors.ts';
import type { AskedTokens, EvidenceMap } from '../fixtures/evidence.ts';
import { materialOf } from '../fixtures/probes/forged-tokens.ts';
import { otherIssuers, publishedKeys } from '../fixtures/probes/published-keys.ts';
import { askTokens } from '../fixtures/probes/token-trials.ts';
import { parseProfile } from '../fixtures/profile/profile.ts';
import type { Target } from '../fixtures/target.ts';
import { selfSigned } from '../fixtures/trials/access-tokens/certificate.ts';
import { FORGED, TOKEN_TRIAL_IDS, type TokenTrialId, tokenTrial } from '../fixtures/trials/access-tokens/index.ts';
import { issuerKeyOf, ownKeys } from '../fixtures/trials/access-tokens/keys.ts';
import { lacking, type Material, type Unfit, unfit } from '../fixtures/trials/access-tokens/trial.ts';
import { scopeTrial } from '../fixtures/trials/scopes.ts';
import { replacing } from '../suites/access-tokens/refusal.ts';
import type { Verdict } from '../suites/check.ts';
import { answering, golden, goldenFacts, result } from '../suites/golden.ts';
import { CHECKS } from '../suites/registry.ts';
import { headerOf, type IssuerLab, type IssuerLabOptions, publicHalf, startIssuerLab } from './issuer-lab.ts';

const test = base.extend<{ start: (options: IssuerLabOptions) => Promise<IssuerLab> }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures' names from this pattern.
  start: async ({}, use) => {
    const labs: IssuerLab[] = [];
    await use(async (options) => {
      const lab = await startIssuerLab(options);
      labs.push(lab);
      return lab;
    });
    await Promise.all(labs.map((lab) => lab.close()));
  },
});

const judge = (id: string, evidence: EvidenceMap): Verdict =>
  CHECKS.find((check) => check.id === id)!.judge(structuredClone(evidence), goldenFacts);

/** Golden evidence in which these trials were not made, or not sent. */
function without(probe: 'forgedTokens' | 'mintedTokens', trials: readonly TokenTrialId[], why?: Unfit): EvidenceMap {
  const tokens = golden[probe];
  const asked = tokens.asked.filter(({ trial }) => !trials.includes(trial));
  const reasons = why === undefined ? {} : Object.fromEntries(trials.map((trial) => [trial, why]));
  return { ...golden, [probe]: { ...tokens, asked, unfit: reasons } satisfies AskedTokens };
}

test('a session that a token ended which POST takes as well leaves DELETE to the check of that token', () => {
  const ended = answering(/^tokenMethods\/(?:delete-aud-other-resource|delete-control|alive)$/, { status: 404 });
  const taken = answering(/^tokenMethods\/delete-iss-slash$/, { status: 200 }).tokenMethods.delete!.asked;
  const evidence = {
    ...replacing(ended, 'mintedTokens', 'iss-slash', result({ tools: [] })),
    tokenMethods: {
      ...ended.tokenMethods,
      delete: {
        ...ended.tokenMethods.delete!,
        asked: ended.tokenMethods.delete!.asked.map(
          (each) => taken.find(({ trial }) => trial === each.trial && trial === 'iss-slash') ?? each,
        ),
      },
    },
  };
  expect(judge('access-tokens/judges-tokens-on-every-method', evidence)).toEqual({
    kind: 'untested',
    because: 'the session was ended before by a token that POST takes too: iss has a slash more, or less, at its end',
    unlock: 'a server that refuses that token on POST',
    blockedBy: 'access-tokens/refuses-other-issuers',
  });
});

test.describe('a harmless tool that fails with every scope', () => {
  const FAILED = result({ content: [{ type: 'text', text: 'schema.parse is not a function' }], isError: true });
  const called = (pattern: RegExp) => {
    const evidence = answering(pattern, FAILED);
    const asked = evidence.scopeTrials.asked.map((each) => ({ ...each, withArguments: true }));
    const narrow = evidence.otherTokens.narrow!;
    return {
      ...evidence,
      scopeTrials: { ...evidence.scopeTrials, asked },
      otherTokens: {
        ...evidence.otherTokens,
        narrow: { ...narrow, asked: narrow.asked.map((each) => ({ ...each, withArguments: true })) },
      },
    };
  };

  test('has refused nobody for a scope', () => {
    const alone = called(/^scopeTrials\/scope-/);
    expect(judge('access-tokens/runs-no-tool-without-its-scope', alone).kind).toBe('pass');
    expect(judge('access-tokens/answers-403-to-too-little-scope', alone).kind).toBe('fail');
    for (const id of ['runs-no-tool-without-its-scope', 'answers-403-to-too-little-scope']) {
      expect(judge(`access-tokens/${id}`, called(/^scopeTrials\//))).toEqual({
        kind: 'untested',
        because:
          'the harmless tool fails for a token with every scope as well: status 200 with an error of the tool (schema.parse is not a function)',
        unlock: 'server.safeTool: a harmless tool that needs a scope, with arguments with which it succeeds',
      });
    }
  });

  test('has not refused the token of too little scope in the message', () => {
    const id = 'access-tokens/refuses-tools-beyond-the-scope';
    expect(judge(id, called(/^otherTokens\/narrow\//)).kind).toBe('fail');
    expect(judge(id, called(/^otherTokens\/narrow\/|^control\/.*tools\/call/))).toMatchObject({ kind: 'untested' });
  });
});

test.describe('evidence that is not whole', () => {
  const LOST = ['signature-half', 'signature-longer'] as const;

  test('trials of a block that was never sent leave their check untested', () => {
    expect(judge('access-tokens/refuses-broken-signatures', golden).kind).toBe('pass');
    expect(judge('access-tokens/refuses-broken-signatures', without('forgedTokens', LOST))).toMatchObject({
      kind: 'untested',
      because: '2 of the tokens were not sent: the control was no longer served before them',
    });
    // What was seen before counts all the same.
    const served = replacing(without('forgedTokens', LOST), 'forgedTokens', 'signature-empty', result({ tools: [] }));
    expect(judge('access-tokens/refuses-broken-signatures', served).kind).toBe('fail');
  });

  test('trials that the target has no use for are left out', () => {
    const evidence = without('forgedTokens', LOST, unfit('the good token has no signature'));
    expect(judge('access-tokens/refuses-broken-signatures', evidence).kind).toBe('pass');
  });

  test('trials for which something is missing leave their check untested, and say which check shows why', () => {
    const why = lacking('the key set of the issuer could not be read', 'a set', 'issuer-metadata/serves-its-key-set');
    expect(
      judge(
        'access-tokens/refuses-tokens-that-are-only-encrypted',
        without('forgedTokens', ['jwe-published-key'], why),
      ),
    ).toEqual({
      kind: 'untested',
      because: 'the key set of the issuer could not be read',
      unlock: 'a set',
      blockedBy: 'issuer-metadata/serves-its-key-set',
    });
  });

  test('trials that nobody allowed are out of scope where they are all, and else left out', () => {
    const why: Unfit = { unfit: 'out-of-scope', because: 'not allowed', unlock: 'allow: [load] in the profile' };
    const trials = FORGED.filter((trial) => tokenTrial(trial).effect === 'load');
    expect(trials.length).toBeGreaterThan(4);
    const evidence = without('forgedTokens', trials, why);
    expect(judge('access-tokens/takes-no-kid-for-a-query', evidence).kind).toBe('out-of-scope');
    expect(judge('access-tokens/refuses-tokens-of-other-keys', evidence).kind).toBe('pass');
  });

  for (const [repeated, alone, check] of [
    ['aud-twice', 'aud-other-resource', 'access-tokens/refuses-other-audiences'],
    ['exp-twice', 'exp-an-hour-ago', 'access-tokens/refuses-expired-tokens'],
  ] as const) {
    test(`${repeated} is no finding of its own where ${alone} is served`, () => {
      const id = 'access-tokens/goes-by-the-last-of-repeated-members';
      const first = replacing(golden, 'mintedTokens', repeated, result({ tools: [] }));
      expect(judge(id, first).kind).toBe('fail');
      const both = replacing(first, 'mintedTokens', alone, result({ tools: [] }));
      expect(judge(id, both)).toMatchObject({ kind: 'untested', blockedBy: check });
      expect(judge(check, both).kind).toBe('fail');
    });
  }
});

test.describe('controls of what is judged', () => {
  const id = 'access-tokens/asks-rarely-for-unknown-keys';
  const rotating = (more: Partial<EvidenceMap['keyRotation']>, evidence = golden) =>
    judge(id, { ...evidence, keyRotation: { ...evidence.keyRotation, ...more } });
  const { unknown, waited } = golden.keyRotation;

  test('few requests for keys are no pass while nobody, or everybody, is served, or none was made', () => {
    expect(rotating({}).kind).toBe('pass');
    const lockedOut = answering(/^keyRotation\/after-unknown$/, { status: 401 });
    expect(rotating({}, lockedOut)).toMatchObject({
      kind: 'untested',
      blockedBy: 'access-tokens/keeps-serving-good-tokens',
    });
    const open = answering(/^keyRotation\/unknown/, result({ tools: [] }));
    expect(open.keyRotation.unknown.exchanges.map(({ answer }) => answer?.status)).toContain(200);
    expect(rotating({}, open)).toMatchObject({
      kind: 'untested',
      blockedBy: 'access-tokens/refuses-tokens-of-other-keys',
    });
    const never = { ...unknown, fetches: 0 };
    expect(rotating({ unknown: never }).kind).toBe('untested');
    expect(rotating({ unknown: never, waited: { ...waited, cooldown: false } })).toMatchObject({
      kind: 'untested',
      unlock: 'issuer.patience: 60',
    });
    // Many are a finding whatever else is wrong.
    expect(rotating({ unknown: { ...unknown, fetches: 20 } }, lockedOut).kind).toBe('fail');
  });

  test('of what type access tokens are is said by one of the issuer, and not by our own', () => {
    const served = replacing(golden, 'mintedTokens', 'typ-missing', result({ tools: [] }));
    const check = CHECKS.find((each) => each.id === 'access-tokens/refuses-other-kinds-of-token')!;
    expect(check.judge(served, goldenFacts).kind).toBe('fail');
    const { control: _, ...withoutToken } = served;
    expect(check.judge(withoutToken as EvidenceMap, goldenFacts)).toMatchObject({
      kind: 'untested',
      unlock: 'tokens.good: an access token that the server accepts',
    });
  });

  test('without a good token the algorithm is that of the published key', async () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
    const key = { ...publicKey.export({ format: 'jwk' }), kid: 'curve', use: 'sig' };
    const { issuerMetadata, keys } = answering(/^keys/, { body: JSON.stringify({ keys: [key] }) });
    const target = { server: { url: 'https://mcp.example/mcp', audience: [], tools: {} }, tokens: {} };
    const material = await materialOf(target as unknown as Target, { issuerMetadata, keys });
    expect(material.header).toMatchObject({ alg: 'ES384', kid: 'curve' });
    const zeros = (await tokenTrial('signature-ecdsa-zero').make(material)) as string;
    expect(Buffer.from(zeros.split('.')[2]!, 'base64url').length).toBe(96);
  });

  test('a token with scopes of other tools has those of all that the operator declares', () => {
    const { claims } = scopeTrial('scope-of-other-tools');
    expect(claims({ scope: 'notes:read' }, ['notes:read'], ['notes:read', 'files:read'])).toEqual({
      claims: { scope: 'files:read' },
    });
    expect(claims({ scope: 'notes:read' }, ['notes:read'], ['notes:read'])).toMatchObject({ unfit: 'not-applicable' });
  });
});

test.describe('the keys that an issuer publishes', () => {
  const { issuerMetadata } = golden;
  const sets = golden.keys.sets.filter(({ role }) => role === 'issuer');
  const { fetched: _, ...unfetched } = sets[0]!;
  const without = answering(/^issuerMetadata/, { status: 404 }).issuerMetadata;
  const reading = (short: Parameters<typeof answering>[1]) => answering(/^keys/, short).keys;

  for (const [what, known, blockedBy] of [
    ['the set was not served', { issuerMetadata, keys: reading({ status: 429 }) }, 'serves-its-key-set'],
    ['the set is no JSON', { issuerMetadata, keys: reading({ body: '<p>' }) }, 'serves-its-key-set'],
    ['the set has no keys', { issuerMetadata, keys: reading({ body: '{}' }) }, 'publishes-a-keys-array'],
    ['jwks_uri is no URL', { issuerMetadata, keys: { sets: [unfetched] } }, 'names-endpoints-by-absolute-urls'],
    ['no metadata was read', { issuerMetadata: without, keys: { sets: [] } }, 'publishes-metadata'],
  ] as const) {
    test(`are not known where ${what}`, () => {
      expect(publishedKeys(known)).toEqual({
        published: [],
        unread: expect.objectContaining({ unfit: 'untested', blockedBy: `issuer-metadata/${blockedBy}` }),
      });
    });
  }

  test('are none where the set is empty, or the metadata names no set', () => {
    expect(publishedKeys({ issuerMetadata, keys: reading({ body: '{"keys":[]}' }) })).toEqual({ published: [] });
    expect(publishedKeys({ issuerMetadata, keys: { sets: [] } })).toEqual({ published: [] });
    expect(publishedKeys({ issuerMetadata, keys: golden.keys }).published.length).toBe(1);
  });
});

test.describe('the keys of other issuers', () => {
  const [asked] = golden.issuerMetadata.issuers;
  const [set] = golden.keys.sets;
  const issuerMetadata = { ...golden.issuerMetadata, issuers: [asked!] };
  const of = (
    keys: EvidenceMap['keys'],
    metadata: EvidenceMap['issuerMetadata'] = issuerMetadata,
    than = 'https://another.example/',
  ) => otherIssuers({ issuerMetadata: metadata, keys }, than);

  test('are those that each publishes itself', () => {
    const issuer = asked!.issuer;
    expect(of(golden.keys, issuerMetadata, issuer)).toEqual([]);
    expect(of(golden.keys)).toEqual([{ issuer, keys: [expect.objectContaining({ kty: 'RSA' })] }]);
    expect(of({ sets: [{ ...set!, owner: 'https://another.example/' }] })).toMatchObject([
      { issuer, keys: { unfit: 'not-applicable' } },
    ]);
  });

  test('are not known where its metadata or its key set was not read', () => {
    const unserved = answering(/^issuerMetadata/, { status: 404 }).issuerMetadata;
    expect(of(golden.keys, unserved)).toMatchObject([
      { keys: { unfit: 'untested', blockedBy: 'issuer-metadata/publishes-metadata' } },
    ]);
    expect(of(answering(/^keys/, { status: 429 }).keys)).toMatchObject([
      { keys: { unfit: 'untested', blockedBy: 'issuer-metadata/serves-its-key-set' } },
    ]);
  });
});

test.describe('making tokens', () => {
  const materialOf = async (more: Partial<Material>): Promise<Material> => ({
    header: { alg: 'RS256', kid: 'one' },
    claims: { iss: 'https://issuer.example/', sub: 'one' },
    published: [],
    own: await ownKeys(),
    issuer: 'https://issuer.example/',
    otherIssuers: [],
    resource: 'https://mcp.example/mcp',
    accepted: [],
    now: 1_767_225_600,
    ...more,
  });
  const make = async (trial: TokenTrialId, more: Partial<Material>) => tokenTrial(trial).make(await materialOf(more));

  test('an issuer without keys is another thing than one whose keys were not read', async () => {
    const unread = lacking(
      'the key set of the issuer could not be read',
      'a set',
      'issuer-metadata/serves-its-key-set',
    );
    for (const trial of ['hmac-spki-pem', 'jwe-published-key', 'signature-ecdsa-zero'] as const) {
      expect(await make(trial, {}), trial).toMatchObject({ unfit: 'not-applicable' });
      expect(await make(trial, { unread }), trial).toEqual(unread);
    }
    // Another set of the issuer was read, and has the key that the token names.
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const published = [{ ...(publicKey.export({ format: 'jwk' }) as JWK), kid: 'one' }];
    expect(typeof (await make('hmac-spki-pem', { published, unread }))).toBe('string');
  });

  test('another issuer that the server names is tried where its keys are known to be others', async () => {
    const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' }) as JWK;
    const jwk = pair.publicKey.export({ format: 'jwk' }) as JWK;
    const issuerKey = issuerKeyOf({ ...(pair.privateKey.export({ format: 'jwk' }) as JWK), alg: 'RS256' });
    const unread = lacking('its metadata could not be read', 'metadata', 'issuer-metadata/publishes-metadata');
    const issOf = async (keys: readonly (readonly JWK[] | Unfit)[], more: Partial<Material> = {}) => {
      const otherIssuers = keys.map((each, index) => ({ issuer: `https://other-${index}.example/`, keys: each }));
      const made = await make('iss-other-trusted', { issuerKey, published: [jwk], otherIssuers, ...more });
      return typeof made === 'string' ? decodeJwt(made).iss : made.unfit;
    };
    expect(await issOf([[stranger]])).toBe('https://other-0.example/');
    expect(await issOf([])).toBe('not-applicable');
    // A tenant at its custom domain and at its canonical one: one party, whatever the two call their key.
    expect(await issOf([[stranger, { ...jwk, kid: 'other', use: 'sig' }]])).toBe('not-applicable');
    expect(await issOf([[jwk], [stranger]])).toBe('https://other-1.example/');
    expect(await issOf([unread])).toBe('untested');
    expect(await issOf([unfit('it names no key set'), [jwk]])).toBe('not-applicable');
    expect(await issOf([[stranger]], { published: [] })).toBe('not-applicable');
    expect(await issOf([[stranger]], { published: [], unread })).toBe('untested');
  });

  test('a published key that is good for nothing leaves the trial untested', async () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 512 });
    const tooShort = { ...(publicKey.export({ format: 'jwk' }) as JWK), use: 'enc' };
    expect(await make('jwe-published-key', { published: [tooShort] })).toMatchObject({ unfit: 'untested' });
    const broken = { kty: 'RSA', kid: 'one', n: 'AQAB' } as JWK;
    expect(await make('hmac-spki-pem', { published: [broken] })).toMatchObject({ unfit: 'untested' });
  });

  test('what breaks in the making of a token is our own fault', async () => {
    const own = await ownKeys();
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const material = await materialOf({ own: { ...own, rsa: { ...own.rsa, privateKey: publicKey } } });
    const asking = askTokens(
      {} as Doors,
      { allow: [] },
      {
        asked: golden.anonymous.operations[0]!,
        inSession: false,
        ask: () => Promise.reject(),
        request: () => ({}) as never,
      },
      'forgedTokens',
      ['own-key-same-kid'],
      material,
      undefined,
    );
    await expect(asking).rejects.toThrow();
  });

  test('every trial can be made of a token that is signed by an Edwards curve, under both names', async () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    const jwk = { ...(privateKey.export({ format: 'jwk' }) as JWK), kid: 'one' };
    for (const alg of ['EdDSA', 'Ed25519']) {
      const issuerKey = issuerKeyOf(jwk, alg);
      expect(issuerKey.alg).toBe(alg);
      const header = { alg, kid: 'one' };
      const published = [publicHalf(jwk)];
      for (const trial of TOKEN_TRIAL_IDS) {
        const made = await make(trial, { header, published, issuerKey });
        expect(typeof made === 'string' || made.unfit === 'not-applicable', `${alg}: ${trial}`).toBe(true);
      }
      const token = (await make('own-key-same-kid', { header, published })) as string;
      expect(headerOf(token).alg).toBe(alg);
      expect(Buffer.from(token.split('.')[2]!, 'base64url').length).toBe(64);
    }
    expect(issuerKeyOf({ ...jwk, alg: 'Ed25519' }, 'EdDSA').alg).toBe('Ed25519');
  });
});

test.describe('scopes in other claims', () => {
  const needed = ['notes:read', 'notes:write'];
  const claimsOf = (trial: Parameters<typeof scopeTrial>[0], plain: JWTPayload) =>
    scopeTrial(trial).claims(plain, needed, ['notes:read', 'notes:write', 'files:read']);
  const cut = ['notes:rea', 'notes:writ'];

  for (const [form, plain, expected] of [
    ['text', { scope: 'openid notes:read notes:write' }, { scope: cut.join(' ') }],
    ['an array of Okta', { scp: needed }, { scp: cut }],
    ['text of Entra ID', { scp: needed.join(' ') }, { scp: cut.join(' ') }],
    [
      'permissions beside a scope that is about something else',
      { scope: 'openid', permissions: needed },
      { scope: 'openid', permissions: cut },
    ],
    [
      'two claims at once',
      { scope: needed.join(' '), permissions: needed },
      { scope: cut.join(' '), permissions: cut },
    ],
  ] as const) {
    test(`look-alikes stand where the scopes stood: ${form}`, () => {
      expect(claimsOf('scope-cut', plain)).toEqual({ claims: expected });
    });
  }

  test('each such claim stands twice, the second time with none of them', () => {
    expect(claimsOf('scope-twice', { sub: 'one', scp: needed, permissions: needed })).toEqual({
      claims:
        '{"sub":"one","scp":["notes:read","notes:write"],"permissions":["notes:read","notes:write"],"scp":["openid"],"permissions":["openid"]}',
    });
  });

  test('a narrow token is read likewise', () => {
    const { narrow } = golden.otherTokens;
    const reading = (claims: JWTPayload) =>
      judge('access-tokens/refuses-tools-beyond-the-scope', {
        ...golden,
        otherTokens: { ...golden.otherTokens, narrow: { ...narrow!, token: { ...narrow!.token, claims } } },
      });
    expect(reading({ scp: ['mcp:tools'] }).kind).toBe('pass');
    expect(reading({ scp: ['mcp:tools'], permissions: ['mcp:identity'] })).toMatchObject({
      kind: 'untested',
      because: 'tokens.narrow has the scopes of every tool in server.tools',
    });
    expect(reading({ roles: 'mcp:tools' })).toMatchObject({ kind: 'untested' });
  });
});

test.describe('issuers that the embedded tenant is not', () => {
  const seconds = () => Math.floor(Date.now() / 1000);
  const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const ENCRYPTION = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const CERTIFICATE = selfSigned(curve.privateKey, 'issuer.example', seconds()).toString('base64');
  const EC: JWK = {
    ...(curve.privateKey.export({ format: 'jwk' }) as JWK),
    kid: 'curve',
    use: 'sig',
    alg: 'ES256',
    x5c: [CERTIFICATE],
  };
  const PUBLISHED = [
    publicHalf(EC),
    { ...(ENCRYPTION.publicKey.export({ format: 'jwk' }) as JWK), kid: 'enc', use: 'enc', alg: 'RSA-OAEP' },
  ];
  const ON_A_CURVE: IssuerLabOptions = { signingKey: EC, alg: 'ES256', published: PUBLISHED };

  async function judged({ url, good }: IssuerLab, signingKey: JWK, { tools = '', areas = ['access-tokens'] } = {}) {
    const yaml = `server: { url: "${url}"${tools} }\ntokens: { good: "\${TOKEN}" }\nissuer: { signingKey: "\${KEY}" }\nauthorized: true`;
    const { profile } = await parseProfile(yaml, {
      file: 'lab.yaml',
      env: { TOKEN: good, KEY: JSON.stringify(signingKey) },
    });
    const { report, evidence } = await run(profile, { mode: 'gate', only: areas });
    expect(report.checks.filter(({ outcome }) => outcome === 'errored')).toEqual([]);
    const of = (id: string) => report.checks.find((check) => check.id === `access-tokens/${id}`);
    const failed = report.checks.filter(({ outcome }) => outcome === 'failed').map(({ id }) => id);
    return { evidence, of, failed };
  }

  const FURTHER = [
    'signature-ecdsa-zero',
    'signature-ecdsa-zero-der',
    'signature-ecdsa-order',
    'hmac-certificate-base64',
    'hmac-certificate-pem',
    'hmac-certificate-der',
    'jwe-published-key',
    'x5c-issuer-name',
  ] as const;

  test('on a curve, with a certificate and a key for encryption: every trial of those is sent, and none is served', async ({
    start,
  }) => {
    const { evidence, of, failed } = await judged(await start(ON_A_CURVE), EC);
    const asked = evidence.forgedTokens!.asked.map(({ trial }) => trial);
    expect(asked).toEqual(expect.arrayContaining([...FURTHER]));
    expect(of('refuses-broken-signatures')).toMatchObject({ outcome: 'passed' });
    expect(of('takes-no-kid-for-a-query')).toMatchObject({ outcome: 'out-of-scope' });
    expect(asked).not.toContain('kid-quote');
    expect(failed).toEqual([]);
  });

  const partsOf = (token: string) => token.split('.');
  const BELIEVED: readonly (readonly [
    what: string,
    believes: (token: string) => boolean,
    check: string,
    reason: string,
  ])[] = [
    [
      'signatures of zeros',
      (token) => headerOf(token).alg === 'ES256' && /^A+$/.test(partsOf(token)[2] ?? ''),
      'refuses-broken-signatures',
      'signature-broken',
    ],
    [
      'its certificate as a secret',
      (token) => {
        const [header, claims, signature] = partsOf(token);
        const secret = Buffer.from(CERTIFICATE, 'base64');
        return (
          headerOf(token).alg === 'HS256' &&
          createHmac('sha256', secret).update(`${header}.${claims}`).digest('base64url') === signature
        );
      },
      'refuses-the-public-key-as-secret',
      'public-key-as-secret',
    ],
    [
      'whatever can be decrypted',
      (token) =>
        partsOf(token).length === 5 &&
        headerOf(token).kid === 'enc' &&
        decrypted(token, ENCRYPTION.privateKey).split('.').length === 3,
      'refuses-tokens-that-are-only-encrypted',
      'encrypted-only',
    ],
  ];
  for (const [what, believes, check, reason] of BELIEVED) {
    test(`a server that believes ${what} is found out`, async ({ start }) => {
      const { of, failed } = await judged(await start({ ...ON_A_CURVE, believes }), EC);
      expect(failed).toEqual([`access-tokens/${check}`]);
      expect(new Set(of(check)?.findings?.map((finding) => finding.reason))).toEqual(new Set([reason]));
    });
  }

  test('with Ed25519 under its own name', async ({ start }) => {
    const { privateKey } = generateKeyPairSync('ed25519');
    const signingKey = { ...(privateKey.export({ format: 'jwk' }) as JWK), kid: 'edwards' };
    const { evidence, of, failed } = await judged(await start({ signingKey, alg: 'Ed25519' }), signingKey);
    expect(evidence.mintedTokens?.control.token.header).toMatchObject({ alg: 'Ed25519' });
    expect(of('refuses-other-audiences')).toMatchObject({ outcome: 'passed' });
    expect(of('refuses-keys-that-tokens-bring')).toMatchObject({ outcome: 'passed' });
    expect(failed).toEqual([]);
  });

  test('whose key set answers 503: what needs it is untested, not inapplicable', async ({ start }) => {
    const { of } = await judged(await start({ ...ON_A_CURVE, keysStatus: 503 }), EC);
    expect(of('refuses-the-public-key-as-secret')).toMatchObject({
      outcome: 'untested',
      because: 'the key set of the issuer could not be read',
      blockedBy: 'issuer-metadata/serves-its-key-set',
    });
    expect(of('refuses-altered-tokens')).toMatchObject({ outcome: 'passed' });
  });

  test('whose tokens name a client and no audience: that is said, and nobody fails for it', async ({ start }) => {
    const claims = () => ({ client_id: 'lab', token_use: 'access', scope: 'notes:write' });
    const { of, failed } = await judged(await start({ ...ON_A_CURVE, claims }), EC);
    for (const id of ['demands-an-audience', 'refuses-other-audiences', 'compares-audiences-exactly']) {
      expect(of(id), id).toMatchObject({
        outcome: 'untested',
        because: expect.stringContaining('the good token names no audience (aud)'),
      });
    }
    expect(failed).toEqual([]);
  });

  const tools = ', safeTool: { name: write }, tools: { write: [notes:write] }';
  const withScp = { ...ON_A_CURVE, claims: (url: string) => ({ aud: url, scp: ['notes:write', 'offline_access'] }) };
  const scpOf = ({ scp }: JWTPayload) => (Array.isArray(scp) ? scp.map(String) : []);

  test('that writes scopes into scp: whole scopes pass, beginnings of them are found out', async ({ start }) => {
    const exact = await start({ ...withScp, allows: (claims) => scpOf(claims).includes('notes:write') });
    expect((await judged(exact, EC, { tools })).of('runs-no-tool-without-its-scope')).toMatchObject({
      outcome: 'passed',
    });
    const other = `${tools.slice(0, -1)}, remove: [notes:delete] }`;
    const declared = (await judged(exact, EC, { tools: other })).evidence.scopeTrials!;
    expect(declared.asked.find(({ trial }) => trial === 'scope-of-other-tools')?.token.claims).toMatchObject({
      scp: ['notes:delete'],
    });
    const alone = (await judged(exact, EC, { tools })).evidence.scopeTrials!;
    expect(alone.unfit.map(({ trial }) => trial)).toContain('scope-of-other-tools');
    const loose = await start({
      ...withScp,
      allows: (claims) => scpOf(claims).some((scope) => scope.startsWith('notes:write')),
    });
    const { of, evidence } = await judged(loose, EC, { tools });
    expect(of('runs-no-tool-without-its-scope')?.findings?.map(({ reason }) => reason)).toEqual(['look-alike']);
    const goesOn = evidence.scopeTrials!.asked.find(({ trial }) => trial === 'scope-goes-on');
    expect(goesOn?.token.claims).toMatchObject({ scp: ['notes:write-not'] });
  });
});

/** What is in a JWE by RSA-OAEP and A256GCM (RFC 7516 5.2). */
function decrypted(token: string, key: Parameters<typeof privateDecrypt>[0]): string {
  const [header = '', ...parts] = token.split('.');
  const [encryptedKey, vector, text, tag] = parts.map((part) => Buffer.from(part, 'base64url'));
  const decipher = createDecipheriv('aes-256-gcm', privateDecrypt(key, encryptedKey!), vector!);
  decipher.setAAD(Buffer.from(header)).setAuthTag(tag!);
  return Buffer.concat([decipher.update(text!), decipher.final()]).toString('utf8');
}
