import { generateKeyPairSync } from 'node:crypto';
import type { ServerContext } from '../../server/behaviour.ts';
import { branchesOf, hasBranches, namesBranches } from '../branches.ts';
import type { Fault } from '../fault.ts';
import type { Replacement } from '../replace.ts';

/** Audiences are compared otherwise; what conforms stays accepted. */
const alsoForAudience =
  (test: (audience: string, context: ServerContext) => boolean): Replacement =>
  (conforming) => ({
    acceptsAudience: (audience, context) =>
      conforming.acceptsAudience(audience, context) ||
      [audience].flat().some((each) => typeof each === 'string' && test(each, context)),
  });

const alsoOfIssuer =
  (test: (issuer: string, trusted: string) => boolean): Replacement =>
  (conforming) => ({
    acceptsIssuer: (issuer, context) =>
      conforming.acceptsIssuer(issuer, context) || (typeof issuer === 'string' && test(issuer, context.setup.issuer)),
  });

const without =
  (...names: readonly string[]): Replacement =>
  (conforming) => ({
    requiredClaims: (context) => conforming.requiredClaims(context).filter((name) => !names.includes(name)),
  });

const SIX_HOURS = 21_600;

/** What a server forgets to ask of a token that its issuer did sign. */
export const CLAIM_FAULTS: readonly Fault[] = [
  {
    id: 'checks-no-audience',
    says: 'A token for any audience is accepted, or for none.',
    server: (conforming) => ({ acceptsAudience: () => true, ...without('aud')(conforming) }),
    // Nothing is compared: what the finer trials get says no more than that.
    trips: [
      'access-tokens/refuses-other-audiences:other-audience',
      'access-tokens/refuses-tokens-of-another-api:served',
    ],
  },
  {
    id: 'accepts-audiences-that-begin-alike',
    says: 'An audience that begins with the URL of the server is accepted.',
    server: alsoForAudience((audience, { setup }) => audience.startsWith(setup.server.url)),
    trips: [
      'access-tokens/compares-audiences-exactly:other-spelling',
      'access-tokens/refuses-other-audiences:look-alike',
    ],
  },
  {
    id: 'accepts-audiences-that-end-alike',
    says: 'An audience that ends with the URL of the server is accepted.',
    server: alsoForAudience((audience, { setup }) => audience.endsWith(setup.server.url)),
    trips: ['access-tokens/refuses-other-audiences:look-alike'],
  },
  {
    id: 'reads-one-audience-as-several',
    says: 'A text in which the URL of the server stands between blanks or commas is accepted as audience.',
    server: alsoForAudience((audience, { setup }) => audience.split(/[ ,]+/).includes(setup.server.url)),
    trips: ['access-tokens/refuses-other-audiences:look-alike'],
  },
  {
    id: 'compares-audiences-without-case',
    says: 'The URL of the server is accepted as audience however its letters are written.',
    server: alsoForAudience((audience, { setup }) => audience.toLowerCase() === setup.server.url.toLowerCase()),
    trips: ['access-tokens/compares-audiences-exactly:other-spelling'],
  },
  {
    id: 'accepts-audiences-that-hold-its-host',
    says: 'An audience in which the host of the server stands somewhere is accepted.',
    server: alsoForAudience((audience, { setup }) => audience.includes(new URL(setup.server.url).host)),
    trips: [
      'access-tokens/compares-audiences-exactly:origin',
      'access-tokens/compares-audiences-exactly:other-spelling',
      'access-tokens/refuses-other-audiences:look-alike',
    ],
  },
  {
    id: 'accepts-a-slash-behind-its-audience',
    says: 'The URL of the server with a slash behind it is accepted as audience.',
    server: alsoForAudience((audience, { setup }) => audience === `${setup.server.url}/`),
    trips: ['access-tokens/compares-audiences-exactly:other-spelling'],
  },
  {
    id: 'takes-the-client-for-the-audience',
    says: 'A token for another audience is accepted where its client is named like the server.',
    server: (conforming) => ({
      readJwt: (token, context) => {
        const jwt = conforming.readJwt(token, context);
        const isSo = jwt?.claims.client_id === context.setup.server.url;
        return isSo ? { ...jwt, claims: { ...jwt.claims, aud: context.setup.server.url } } : jwt;
      },
    }),
    trips: ['access-tokens/refuses-other-audiences:client-for-audience'],
  },
  {
    id: 'accepts-every-api-of-its-issuer',
    says: 'A token of the issuer for another of its APIs is accepted.',
    server: alsoForAudience((audience, { setup }) =>
      ['https://other-api.example', `${setup.issuer}api/v2/`, `${setup.issuer}userinfo`].includes(audience),
    ),
    trips: [
      'access-tokens/refuses-other-audiences:other-audience',
      'access-tokens/refuses-tokens-of-another-api:served',
    ],
  },
  {
    id: 'looks-at-no-list-of-audiences',
    says: 'Where a token names several audiences, any will do.',
    server: (conforming) => ({
      acceptsAudience: (audience, context) =>
        (Array.isArray(audience) && audience.length > 1) || conforming.acceptsAudience(audience, context),
    }),
    trips: ['access-tokens/refuses-other-audiences:array-without-self'],
  },
  {
    id: 'refuses-a-list-of-audiences',
    says: 'A token with several audiences, its own among them, is refused.',
    server: (conforming) => ({
      acceptsAudience: (audience, context) =>
        typeof audience === 'string' && conforming.acceptsAudience(audience, context),
    }),
    trips: ['access-tokens/takes-tokens-for-several-audiences:refused'],
  },
  {
    id: 'accepts-id-tokens',
    says: 'An ID token, made for a client, is accepted as access token with every scope.',
    server: (conforming) => ({
      ...alsoForAudience((audience) => !URL.canParse(audience))(conforming),
      ...without('client_id', 'jti')(conforming),
      acceptedTypes: (context) => [...conforming.acceptedTypes(context), 'JWT'],
      scopesOf: (claims, context) =>
        claims.scope === undefined ? context.setup.server.scopes : conforming.scopesOf(claims, context),
    }),
    trips: [
      'access-tokens/demands-an-audience:no-audience',
      'access-tokens/demands-the-claims-of-an-access-token:no-client',
      'access-tokens/demands-the-claims-of-an-access-token:no-id',
      'access-tokens/refuses-id-tokens:served',
      'access-tokens/refuses-other-audiences:other-audience',
      'access-tokens/refuses-other-kinds-of-token:untyped',
      'access-tokens/runs-no-tool-without-its-scope:without-scope',
    ],
  },
  {
    id: 'ignores-the-type-of-a-token',
    says: 'Whatever typ says, or without one, a JWT is taken for an access token.',
    server: (conforming) => ({
      readJwt: (token, context) => {
        const jwt = conforming.readJwt(token, context);
        const typ = conforming.acceptedTypes(context)[0];
        return jwt && { ...jwt, header: { ...jwt.header, ...(typ && { typ }) } };
      },
    }),
    trips: [
      'access-tokens/refuses-other-kinds-of-token:other-kind',
      'access-tokens/refuses-other-kinds-of-token:untyped',
    ],
  },
  {
    id: 'checks-no-issuer',
    says: 'A token that names another issuer, or none, is accepted.',
    server: (conforming) => ({ acceptsIssuer: () => true, ...without('iss')(conforming) }),
    // Nothing is compared: what the finer trials get says no more than that.
    trips: ['access-tokens/refuses-other-issuers:other-issuer'],
  },
  {
    id: 'accepts-tokens-without-an-issuer',
    says: 'A token without iss is accepted.',
    server: (conforming) => ({
      ...without('iss')(conforming),
      acceptsIssuer: (issuer, context) => issuer === undefined || conforming.acceptsIssuer(issuer, context),
    }),
    trips: ['access-tokens/demands-an-issuer:no-issuer'],
  },
  {
    id: 'accepts-an-empty-issuer',
    says: 'A token whose iss is an empty string is accepted.',
    server: alsoOfIssuer((issuer) => issuer === ''),
    trips: ['access-tokens/refuses-other-issuers:empty'],
  },
  {
    id: 'accepts-its-issuer-without-the-slash',
    says: 'The issuer without the slash at its end is accepted.',
    server: alsoOfIssuer((issuer, trusted) => `${issuer}/` === trusted),
    trips: ['access-tokens/refuses-other-issuers:other-spelling'],
  },
  {
    id: 'accepts-issuers-that-begin-alike',
    says: 'An issuer that begins like the trusted one is accepted.',
    server: alsoOfIssuer((issuer, trusted) => issuer.startsWith(trusted.replace(/\/$/, ''))),
    trips: ['access-tokens/refuses-other-issuers:look-alike', 'access-tokens/refuses-other-issuers:other-spelling'],
  },
  {
    id: 'accepts-issuers-that-end-alike',
    says: 'An issuer that ends like the trusted one is accepted.',
    server: alsoOfIssuer((issuer, trusted) => issuer.endsWith(trusted)),
    trips: ['access-tokens/refuses-other-issuers:look-alike'],
  },
  {
    id: 'takes-the-keys-of-one-issuer-for-another',
    says: 'The server trusts two issuers, and takes a token in the name of the one that a key of the other signed.',
    server: (conforming) => ({
      ...namesBranches(1)(conforming),
      acceptsIssuer: (issuer, context) =>
        conforming.acceptsIssuer(issuer, context) || branchesOf(context.setup, 1).some((each) => each === issuer),
    }),
    tenant: (conforming) => {
      const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
      const key = { ...publicKey.export({ format: 'jwk' }), kid: 'branch', use: 'sig', alg: 'RS256' };
      return hasBranches({ keys: [key] })(conforming);
    },
    trips: ['access-tokens/refuses-other-issuers:key-of-another-issuer'],
  },
  {
    id: 'accepts-expired-tokens',
    says: 'exp is not looked at.',
    server: () => ({ hasExpired: () => false }),
    trips: [
      'access-tokens/refuses-a-once-good-token-after-its-expiry:served',
      'access-tokens/refuses-expired-tokens:expired',
    ],
  },
  {
    id: 'accepts-tokens-that-never-expire',
    says: 'A token without exp is accepted.',
    server: (conforming) => ({
      ...without('exp')(conforming),
      hasExpired: (claims, context) => claims.exp !== undefined && conforming.hasExpired(claims, context),
    }),
    trips: ['access-tokens/demands-an-expiry:no-expiry'],
  },
  {
    id: 'takes-zero-for-no-expiry',
    says: 'A token whose exp is 0 or less is accepted.',
    server: (conforming) => ({
      hasExpired: (claims, context) =>
        !(typeof claims.exp === 'number' && claims.exp <= 0) && conforming.hasExpired(claims, context),
    }),
    trips: ['access-tokens/refuses-expired-tokens:odd-time'],
  },
  {
    id: 'allows-hours-of-leeway',
    says: 'Clocks may differ by six hours.',
    server: () => ({ clockTolerance: () => SIX_HOURS }),
    trips: [
      'access-tokens/refuses-a-once-good-token-after-its-expiry:served',
      'access-tokens/refuses-expired-tokens:expired',
      'access-tokens/refuses-tokens-before-their-time:premature',
    ],
  },
  {
    id: 'ignores-nbf',
    says: 'A token is accepted before the time it is good from.',
    server: (conforming) => ({
      isPremature: ({ nbf: _, ...claims }, context) => conforming.isPremature(claims, context),
    }),
    trips: ['access-tokens/refuses-tokens-before-their-time:premature'],
  },
  {
    id: 'accepts-tokens-of-the-future',
    says: 'A token that says it is issued tomorrow is accepted.',
    server: (conforming) => ({
      isPremature: ({ iat: _, ...claims }, context) => conforming.isPremature(claims, context),
    }),
    trips: ['access-tokens/demands-the-claims-of-an-access-token:of-the-future'],
  },
  {
    id: 'accepts-tokens-without-a-client',
    says: 'A token that does not say which client it was issued to is accepted.',
    server: without('client_id'),
    trips: ['access-tokens/demands-the-claims-of-an-access-token:no-client'],
  },
  {
    id: 'accepts-tokens-without-a-subject',
    says: 'A token that does not say whom it stands for is accepted.',
    // A session has a subject, so that in one such a token finds nothing.
    revisions: ['2026-07-28'],
    server: (conforming) => ({
      ...without('sub')(conforming),
      subjectOf: ({ sub }) => (sub === undefined ? 'nobody' : String(sub)),
    }),
    trips: ['access-tokens/demands-the-claims-of-an-access-token:no-subject'],
  },
  {
    id: 'accepts-tokens-without-an-id',
    says: 'A token without jti is accepted.',
    server: without('jti'),
    trips: ['access-tokens/demands-the-claims-of-an-access-token:no-id'],
  },
];
