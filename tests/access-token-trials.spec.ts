/**
 * The table of hostile access tokens: each is what its row says and nothing else, for issuers of every algorithm and
 * however the issuer spells its name. Independent of the builders: jose and node:crypto read what was written.
 */
import {
  createDecipheriv,
  createHmac,
  generateKeyPairSync,
  KeyObject,
  privateDecrypt,
  X509Certificate,
} from 'node:crypto';
import { expect, test } from '@playwright/test';
import { compactVerify, generateKeyPair, importJWK, type JWK } from 'jose';
import { run } from '../engine/run.ts';
import { parseProfile } from '../fixtures/profile/profile.ts';
import { isServed } from '../fixtures/protocol/answers.ts';
import { selfSigned } from '../fixtures/trials/access-tokens/certificate.ts';
import {
  FORGED,
  MINTED,
  TOKEN_TRIAL_IDS,
  type TokenTrialId,
  tokenTrial,
} from '../fixtures/trials/access-tokens/index.ts';
import { type Alg, signatureOf, signed } from '../fixtures/trials/access-tokens/jws.ts';
import { issuerKeyOf, ownKeys, signerOf } from '../fixtures/trials/access-tokens/keys.ts';
import { repeated } from '../fixtures/trials/access-tokens/mint.ts';
import type { Material } from '../fixtures/trials/access-tokens/trial.ts';
import { headerOf } from './issuer-lab.ts';

const NOW = Math.floor(Date.now() / 1000);
const ALGS = ['RS256', 'PS256', 'ES256', 'ES384', 'ES512', 'EdDSA'] as const satisfies readonly Alg[];
const ENCRYPTION = generateKeyPairSync('rsa', { modulusLength: 2048 });

interface Setup {
  readonly material: Material;
  /** Its public key. */
  readonly published: JWK;
  readonly certificate: Buffer;
}

const setups = new Map<Alg, Promise<Setup>>();

/** An issuer that signs with this algorithm, everything known of it, and a good token of its. */
function setupOf(alg: Alg): Promise<Setup> {
  const known = setups.get(alg) ?? makeSetup(alg);
  setups.set(alg, known);
  return known;
}

async function makeSetup(alg: Alg): Promise<Setup> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const own = KeyObject.from(privateKey);
  const signing: JWK = { ...(own.export({ format: 'jwk' }) as JWK), kid: 'one', alg };
  const certificate = selfSigned(own, 'issuer.example', NOW);
  const issuerKey = issuerKeyOf(signing);
  const header = { alg, typ: 'at+jwt', kid: 'one' };
  const claims = {
    iss: 'https://issuer.example/tenant/',
    sub: 'ada',
    aud: 'https://mcp.example/mcp',
    client_id: 'client',
    iat: NOW,
    exp: NOW + 3600,
    jti: 'one',
    scope: 'mcp:tools',
  };
  const other = await generateKeyPair(alg, { extractable: true });
  return {
    published: jwkOf(publicKey),
    certificate,
    material: {
      header,
      claims,
      good: signed(header, claims, { key: issuerKey.privateKey, alg }),
      published: [
        { ...jwkOf(publicKey), kid: 'one', use: 'sig', alg, x5c: [certificate.toString('base64')] },
        { ...jwkOf(other.publicKey), kid: 'two', use: 'sig', alg },
        { ...(ENCRYPTION.publicKey.export({ format: 'jwk' }) as JWK), kid: 'enc', use: 'enc' },
      ],
      own: await ownKeys(),
      issuerKey,
      issuer: claims.iss,
      otherIssuers: [],
      resource: claims.aud,
      accepted: [],
      now: NOW,
    },
  };
}

const jwkOf = (key: Parameters<typeof KeyObject.from>[0]) => KeyObject.from(key).export({ format: 'jwk' }) as JWK;

const make = async (trial: TokenTrialId, material: Material) => tokenTrial(trial).make(material);

async function made(trial: TokenTrialId, material: Material): Promise<string> {
  const token = await make(trial, material);
  if (typeof token !== 'string') throw new Error(`${trial}: ${token.because}`);
  return token;
}

const read = (part: string | undefined) =>
  JSON.parse(Buffer.from(part ?? '', 'base64url').toString('utf8')) as Readonly<Record<string, unknown>>;

const isVerified = async (token: string, key: Parameters<typeof importJWK>[0], alg: string): Promise<boolean> =>
  compactVerify(token, await importJWK(key, alg)).then(
    () => true,
    () => false,
  );

for (const alg of ALGS) {
  test.describe(`of an issuer that signs with ${alg}`, () => {
    test('every trial differs from the good token, or says that there is none such', async () => {
      const { material } = await setupOf(alg);
      const tokens = new Map<string, TokenTrialId>([[material.good!, 'own-key-same-kid']]);
      for (const trial of TOKEN_TRIAL_IDS) {
        const token = await make(trial, material);
        if (typeof token !== 'string') {
          expect(token.unfit, trial).toBe('not-applicable');
          continue;
        }
        expect(token, trial).not.toBe(material.good);
        expect(tokens.get(token), `${trial} is another trial's token`).toBeUndefined();
        tokens.set(token, trial);
      }
      // What is unfit is so for its reasons, and not by an exception: most are made for every issuer.
      expect(tokens.size).toBeGreaterThan(TOKEN_TRIAL_IDS.length - 25);
    });

    test('nothing that is forged verifies with its key', async () => {
      const { material, published } = await setupOf(alg);
      expect(await isVerified(material.good!, published, alg)).toBe(true);
      for (const trial of FORGED) {
        const token = await make(trial, material);
        if (typeof token !== 'string' || trial === 'signature-tail-bits') continue;
        expect(await isVerified(token, published, alg), trial).toBe(false);
      }
    });

    /** Where the header keeps jose from looking at the signature. */
    const UNREADABLE = ['crit', 'b64'];

    test('what is minted is signed with its key', async () => {
      const { material, published } = await setupOf(alg);
      let verified = 0;
      for (const trial of MINTED) {
        const token = await make(trial, material);
        if (typeof token !== 'string') continue;
        const header = read(token.split('.')[0]);
        if (UNREADABLE.some((name) => name in header) || header.alg !== alg) continue;
        expect(await isVerified(token, published, alg), trial).toBe(true);
        verified += 1;
      }
      expect(verified).toBeGreaterThan(70);
    });

    test('tokens of own keys are signed by the key that they bring, with the good algorithm', async () => {
      const { material } = await setupOf(alg);
      const own = signerOf(alg, material.own);
      expect(own.alg).toBe(alg);
      const signers = TOKEN_TRIAL_IDS.filter((trial) =>
        /^(own-key-(?!other)|jwk-|x5|jku|kid-(?!path|query|of|missing)|long-)/.test(trial),
      );
      expect(signers.length).toBeGreaterThan(20);
      for (const trial of signers) {
        const token = await made(trial, material);
        expect(headerOf(token).alg ?? read(token.split('.')[0]).alg, trial).toBe(alg);
        expect(await isVerified(token, own.key.publicJwk, alg), trial).toBe(true);
      }
      const { x5c } = read((await made('x5c-self-signed', material)).split('.')[0]) as { x5c: readonly string[] };
      const certificate = new X509Certificate(Buffer.from(x5c[0]!, 'base64'));
      expect(certificate.verify(certificate.publicKey)).toBe(true);
      expect(certificate.publicKey.export({ format: 'jwk' })).toEqual(own.key.publicJwk);
    });

    test('a token of another kind of key is signed by that', async () => {
      const { material } = await setupOf(alg);
      const token = await made('own-key-other-kind', material);
      const other = String(headerOf(token).alg);
      expect(other).not.toBe(alg);
      expect(await isVerified(token, signerOf(other, material.own).key.publicJwk, other)).toBe(true);
    });

    test('its public key is the secret in the form that each trial names', async () => {
      const { material, certificate } = await setupOf(alg);
      const [jwk] = material.published;
      const key = await KeyObject.from((await importJWK(jwk!, alg)) as Parameters<typeof KeyObject.from>[0]);
      const pem = String(key.export({ type: 'spki', format: 'pem' }));
      const base64 = certificate.toString('base64');
      const certificatePem = new X509Certificate(certificate).toString();
      const rsa = jwk!.kty === 'RSA';
      const pkcs1 = rsa ? String(key.export({ type: 'pkcs1', format: 'pem' })) : '';
      const { crv, e, kty, n, x, y } = jwk!;
      const secrets: Readonly<Partial<Record<TokenTrialId, string | Buffer>>> = {
        'hmac-spki-pem': pem,
        'hmac-spki-pem-trimmed': pem.slice(0, -1),
        'hmac-spki-pem-crlf': pem.split('\n').join('\r\n'),
        'hmac-spki-base64': pem.replace(/-----[^-]+-----|\n/g, ''),
        'hmac-certificate-base64': base64,
        'hmac-certificate-pem': certificatePem,
        'hmac-certificate-pem-trimmed': certificatePem.trim(),
        'hmac-spki-der': Buffer.from(pem.replace(/-----[^-]+-----|\n/g, ''), 'base64'),
        'hmac-certificate-der': certificate,
        'hmac-jwk-json': JSON.stringify(jwk),
        'hmac-jwk-canonical': rsa
          ? `{"e":"${e}","kty":"${kty}","n":"${n}"}`
          : `{"crv":"${crv}","kty":"${kty}","x":"${x}"${y === undefined ? '' : `,"y":"${y}"`}}`,
        'hmac-384-spki-pem': pem,
        'hmac-512-spki-pem': pem,
        ...(rsa && {
          'hmac-pkcs1-pem': pkcs1,
          'hmac-pkcs1-pem-trimmed': pkcs1.slice(0, -1),
          'hmac-jwk-n': String(n),
          'hmac-jwk-n-bytes': Buffer.from(String(n), 'base64url'),
        }),
        'hmac-empty': '',
        'hmac-secret': 'secret',
        'hmac-changeme': 'changeme',
        'hmac-password': 'password',
        'hmac-sample': 'your-256-bit-secret',
        'hmac-issuer': material.issuer,
        'hmac-resource': material.resource,
        'hmac-kid': 'one',
        'hmac-client': 'client',
        'kid-path-absolute': '',
        'kid-path-relative': '',
        'kid-path-url': '',
        'kid-query': 'k',
      };
      for (const trial of TOKEN_TRIAL_IDS.filter((id) => id.startsWith('hmac-') || /^kid-(path|query)/.test(id))) {
        const secret = secrets[trial];
        const token = await make(trial, material);
        if (typeof token !== 'string') {
          expect(secret, `${trial}: ${token.because}`).toBeUndefined();
          continue;
        }
        const [header, claims, signature] = token.split('.');
        const hmac = { HS256: 'sha256', HS384: 'sha384', HS512: 'sha512' }[String(read(header).alg)]!;
        expect(createHmac(hmac, secret!).update(`${header}.${claims}`).digest('base64url'), trial).toBe(signature);
      }
    });
  });
}

test('an unsigned token is in the JWE for a published key', async () => {
  const { material } = await setupOf('RS256');
  const [header = '', ...parts] = (await made('jwe-published-key', material)).split('.');
  const [key, vector, text, tag] = parts.map((part) => Buffer.from(part, 'base64url'));
  const decipher = createDecipheriv('aes-256-gcm', privateDecrypt(ENCRYPTION.privateKey, key!), vector!);
  decipher.setAAD(Buffer.from(header)).setAuthTag(tag!);
  const [inner, claims, signature] = Buffer.concat([decipher.update(text!), decipher.final()])
    .toString('utf8')
    .split('.');
  expect(read(inner).alg).toBe('none');
  expect(read(claims)).toEqual(material.claims);
  expect(signature).toBe('');
});

test('long tokens are as long as they say, and no longer', async () => {
  const { material } = await setupOf('RS256');
  for (const [trial, characters] of [
    ['long-8', 8192],
    ['long-64', 65_536],
  ] as const) {
    const { length } = await made(trial, material);
    expect(length, trial).toBeLessThanOrEqual(characters);
    expect(length, trial).toBeGreaterThan(characters - 3);
  }
});

test('a member once more stands before the others or behind them, in an empty object too', () => {
  expect(repeated({ a: 1 }, 'a', 2)).toBe('{"a":1,"a":2}');
  expect(repeated({ a: 1 }, 'a', 2, 'before')).toBe('{"a":2,"a":1}');
  expect(repeated({}, 'a', 2)).toBe('{"a":2}');
  expect(repeated({}, 'a', 2, 'before')).toBe('{"a":2}');
});

test.describe('names that are spelled in another way', () => {
  const ISSUERS: Readonly<Record<string, Readonly<Partial<Record<TokenTrialId, string | undefined>>>>> = {
    'https://Tenant.Example.com/': {
      'iss-capitals': 'https://TENANT.EXAMPLE.COM/',
      'iss-port': 'https://Tenant.Example.com:443/',
      'iss-longer-host': 'https://Tenant.Example.com.evil.example/',
      'iss-prefixed-host': 'https://evil-Tenant.Example.com/',
      'iss-user-information': 'https://Tenant.Example.com@evil.example/',
      'iss-look-alike': 'https://Tеnant.Example.com/',
      'iss-begins-earlier': 'https://evil.example/?https://Tenant.Example.com/',
      'iss-path-case': undefined,
    },
    'https://bücher.example/': {
      'iss-capitals': 'https://BÜCHER.EXAMPLE/',
      'iss-port': 'https://bücher.example:443/',
      'iss-longer-host': 'https://bücher.example.evil.example/',
      'iss-prefixed-host': 'https://evil-bücher.example/',
      'iss-scheme': 'http://bücher.example/',
    },
    'https://t.example.com:443/': {
      'iss-capitals': 'https://T.EXAMPLE.COM:443/',
      'iss-port': 'https://t.example.com/',
      'iss-longer-host': 'https://t.example.com.evil.example/',
    },
    'http://127.0.0.1:8080/realms/one': {
      'iss-port': undefined,
      'iss-capitals': undefined,
      'iss-sibling-path': 'http://127.0.0.1:8080/realms/another-tenant',
      'iss-path-case': 'http://127.0.0.1:8080/REALMS/ONE',
      'iss-slash': 'http://127.0.0.1:8080/realms/one/',
    },
    'urn:example:issuer': { 'iss-port': undefined, 'iss-scheme': undefined, 'iss-capitals': undefined },
  };

  for (const [issuer, expected] of Object.entries(ISSUERS)) {
    test(`iss of ${issuer}`, async () => {
      const { material } = await setupOf('RS256');
      const of = { ...material, issuer, claims: { ...material.claims, iss: issuer } };
      for (const trial of TOKEN_TRIAL_IDS.filter((id) => id.startsWith('iss-'))) {
        const token = await make(trial, of);
        const iss = typeof token === 'string' ? read(token.split('.')[1]).iss : undefined;
        expect(iss, trial).not.toBe(issuer);
        if (trial in expected) expect(iss, trial).toBe(expected[trial]);
      }
    });

    test(`aud of ${issuer}`, async () => {
      const { material } = await setupOf('RS256');
      const of = { ...material, resource: issuer, claims: { ...material.claims, aud: issuer } };
      for (const trial of TOKEN_TRIAL_IDS.filter((id) => id.startsWith('aud-') && !id.startsWith('aud-twice'))) {
        const token = await make(trial, of);
        const aud = typeof token === 'string' ? read(token.split('.')[1]).aud : undefined;
        expect(aud, trial).not.toBe(issuer);
        const sameForIssuer = expected[trial.replace('aud-', 'iss-') as TokenTrialId];
        if (sameForIssuer !== undefined && trial !== 'aud-sibling') expect(aud, trial).toBe(sameForIssuer);
      }
    });
  }

  test('an audience in another spelling that the operator accepts is left out, and said to be so', async () => {
    const { material } = await setupOf('RS256');
    const accepted = ['https://mcp.example/mcp/'];
    expect(await make('aud-slash', { ...material, accepted })).toEqual({
      unfit: 'not-applicable',
      because: 'https://mcp.example/mcp/ is an audience that this server accepts',
    });
  });

  test('several audiences in one text are tried where the issuer does not write them so itself', async () => {
    const { material } = await setupOf('RS256');
    const audOf = async (trial: TokenTrialId, aud: string) => {
      const token = await make(trial, { ...material, resource: aud, claims: { ...material.claims, aud } });
      return typeof token === 'string' ? read(token.split('.')[1]).aud : token.unfit;
    };
    const [one, more] = ['https://other-resource.example/mcp', 'https://third-resource.example/mcp'];
    expect(await audOf('aud-several-in-one-text', 'urn:own')).toBe(`${one} urn:own ${more}`);
    expect(await audOf('aud-several-behind-commas', 'urn:own')).toBe(`${one},urn:own,${more}`);
    expect(await audOf('aud-several-in-one-text', 'urn:own urn:more')).toBe('not-applicable');
    expect(await audOf('aud-several-behind-commas', 'urn:own,urn:more')).toBe('not-applicable');
  });

  test('a type is spelled in another way only where it is that of access tokens', async () => {
    const { material } = await setupOf('RS256');
    const typOf = async (trial: TokenTrialId, typ?: string) => {
      const token = await make(trial, { ...material, header: { ...material.header, typ } });
      return typeof token === 'string' ? headerOf(token).typ : token.unfit;
    };
    expect(await typOf('typ-other-form', 'at+jwt')).toBe('application/at+jwt');
    expect(await typOf('typ-other-form', 'application/at+jwt')).toBe('at+jwt');
    expect(await typOf('typ-capitals', 'at+jwt')).toBe('AT+JWT');
    for (const trial of ['typ-other-form', 'typ-capitals'] as const) {
      expect(await typOf(trial, 'JWT')).toBe('not-applicable');
      expect(await typOf(trial)).toBe('not-applicable');
    }
  });
});

test.describe('keys', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const p521 = generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey;
  const x25519 = generateKeyPairSync('x25519').privateKey;
  const jwk = (key: KeyObject, more: object = {}): JWK => ({ ...(key.export({ format: 'jwk' }) as JWK), ...more });

  for (const [alg, key] of [
    ['RS256', p256],
    ['ES256', rsa],
    ['ES256', p521],
    ['HS256', rsa],
    ['EdDSA', rsa],
    ['RS256', Buffer.from('secret')],
  ] as const) {
    test(`no ${alg} comes of a key of type ${Buffer.isBuffer(key) ? 'secret' : key.asymmetricKeyType}, ${JSON.stringify(Buffer.isBuffer(key) ? {} : key.asymmetricKeyDetails, (_, value) => (typeof value === 'bigint' ? String(value) : value))}`, () => {
      expect(() => signatureOf(alg, key, 'text')).toThrow(TypeError);
    });
  }

  for (const [what, key, says] of [
    ['for encryption by alg', jwk(rsa, { alg: 'RSA-OAEP' }), /alg RSA-OAEP is no signature of a key of kind RSA/],
    ['for encryption by use', jwk(rsa, { use: 'enc' }), /for encryption/],
    ['with the algorithm of another kind', jwk(rsa, { alg: 'ES256' }), /alg ES256 .* RS256, RS384/],
    ['on a curve for agreement', jwk(x25519), /OKP X25519 signs nothing/],
    ['without its private members', { kty: 'RSA', n: 'AQAB', e: 'AQAB' } as JWK, /no private JWK/],
  ] as const) {
    test(`a signing key ${what} is refused with the profile, and said why`, async () => {
      expect(() => issuerKeyOf(key)).toThrow(says);
      const parsing = parseProfile('server: { url: "https://mcp.example.com/mcp" }\nissuer: { signingKey: "${KEY}" }', {
        file: 'p.yaml',
        env: { KEY: JSON.stringify(key) },
      });
      await expect(parsing).rejects.toThrow(says);
    });
  }

  test('strangers sign with the algorithm of the issuer, so that nothing but their key is wrong', async () => {
    const own = await ownKeys();
    for (const alg of [...ALGS, 'Ed25519', 'Ed448', 'RS512', 'PS384'] as const) {
      const { alg: used, key } = signerOf(alg, own);
      expect(used).toBe(alg);
      expect(signatureOf(used, key.privateKey, 'text').length).toBeGreaterThan(80);
    }
    expect(signerOf('HS256', own).alg).toBe('RS256');
    expect(signerOf('ES256K', own).alg).toBe('RS256');
  });
});

test('the conforming world does to each token what its trial says', async () => {
  const { profile } = await parseProfile('embedded: {}', { file: 'p.yaml', env: {} });
  const { evidence } = await run(profile, { mode: 'gate', only: ['access-tokens'] });
  const asked = [...evidence.forgedTokens!.asked, ...evidence.mintedTokens!.asked];
  expect(asked.length).toBeGreaterThan(150);
  const wrong = asked.filter(({ trial, exchange }) => {
    const { rightly, alsoRight = [] } = tokenTrial(trial);
    if (rightly === 'either') return exchange.answer === undefined || exchange.answer.status >= 500;
    return rightly === 'served' ? !isServed(exchange) : ![401, ...alsoRight].includes(exchange.answer?.status ?? 0);
  });
  expect(wrong.map(({ trial, exchange }) => `${trial}: ${exchange.answer?.status}`)).toEqual([]);
});
