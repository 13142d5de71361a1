import type { AuthorizationSetting } from '../../fixtures/authorization-evidence.ts';
import type { EvidenceMap, TokenView } from '../../fixtures/evidence.ts';
import { isObject, jsonBody } from '../../fixtures/protocol/answers.ts';
import { documentIn, last } from '../../fixtures/protocol/documents.ts';
import { absoluteUrl } from '../../fixtures/protocol/urls.ts';
import { tokenGrant, withoutControl } from '../authorization/requests.ts';
import { type Check, checks, defineCheck, fail, notApplicable, pass, type Reason, type Verdict } from '../check.ts';
import { golden } from '../golden.ts';
import { ACCESS_TOKEN } from '../golden-authorization.ts';
import { EC_KEY, RSA_KEY, withKeys } from '../issuer-metadata/key-sets.ts';
import { declaredReasons, mapReasons } from '../reasons.ts';
import { unsettled } from './code-requests.ts';
import { redeemedAs } from './responses.ts';

type Claims = Readonly<Record<string, unknown>>;

/** A JWT that a sign-in gave, and how it came to be. */
interface Issued {
  readonly token: TokenView;
  readonly header: Claims;
  readonly claims: Claims;
  readonly setting: AuthorizationSetting;
  /** When it was asked for, in seconds since 1970. */
  readonly askedAt: number;
  /** Key ids of the issuer's sets; `undefined`: none of them could be read. */
  readonly published: readonly (string | undefined)[] | undefined;
  /**
   * The issuer and its userinfo endpoint, each without a slash at its end. The rest of its origin may be any API, that of
   * its own management too.
   */
  readonly ofIssuer: readonly string[];
}

/** A reason, and what of a token gives it. */
interface TokenReason extends Reason {
  /** Expected and actual; `undefined`: nothing is wrong. */
  wrong(issued: Issued): readonly [expected: string, actual: string] | undefined;
  /** What of the golden token is different where it is wrong. */
  readonly example: { readonly header?: Claims; readonly claims?: Claims };
}

interface Judgement<R extends string>
  extends Pick<Check, 'id' | 'title' | 'keyword' | 'severity' | 'requirements'>,
    Partial<Pick<Check, 'pillar'>> {
  readonly reasons: Readonly<Record<R, TokenReason>>;
  /** Why the rule does not hold for this token. */
  readonly unless?: (issued: Issued) => string | undefined;
  /** What the token response says of a token that cannot be read; absent: the check is about tokens that can. */
  readonly ofOpaque?: (response: Claims, askedAt: number) => Claims | undefined;
  seen(issued: Issued): string;
}

/** A check on the access token that the sign-in gave, as far as it can be read. */
function judgesIssuedTokens<const R extends string>({ reasons, unless, ofOpaque, seen, ...declared }: Judgement<R>) {
  const entries = Object.entries(reasons) as [R, TokenReason][];
  return defineCheck({
    party: 'authorization-server',
    pillar: 'token-issuance',
    ...declared,
    assurance: 'sign-in',
    needs: ['signIn'],
    uses: ['keys', 'issuerMetadata'],
    reasons: declaredReasons(reasons),
    judge({ signIn, keys, issuerMetadata }): Verdict<R> {
      const given = tokenGrant(signIn);
      const token = given?.tokens.access_token;
      if (given === undefined || token === undefined)
        return withoutControl(signIn) ?? notApplicable('no token was given');
      const unsaid = unsettled([given]);
      if (unsaid !== undefined) return unsaid;
      const askedAt = Math.floor(Date.parse(given.exchange.startedAt) / 1000);
      const response = jsonBody(given.exchange.answer);
      const { header = {}, claims = isObject(response) ? ofOpaque?.(response, askedAt) : undefined } = token;
      if (claims === undefined) return notApplicable('the access token is no signed JWT');
      const { setting } = signIn;
      const published = publishedIn(keys, setting);
      const ofIssuer = namesOfIssuer(issuerMetadata, setting);
      const issued = { token, header, claims, setting, askedAt, published, ofIssuer };
      const exception = unless?.(issued);
      if (exception !== undefined) return notApplicable(exception);
      const found = entries.flatMap(([reason, { wrong }]) => {
        const [expected, actual] = wrong(issued) ?? [];
        return expected === undefined || actual === undefined
          ? []
          : [{ reason, expected, actual, at: [given.exchange.id] }];
      });
      return found.length > 0 ? fail(found) : pass(seen(issued));
    },
    examples: {
      pass: [{ says: 'as it should be', evidence: golden }],
      fail: mapReasons(reasons, ({ says, example }) => ({ says, evidence: issuing(example) })),
    },
  });
}

function issuing({ header, claims }: TokenReason['example']): EvidenceMap {
  const token: TokenView = {
    ...ACCESS_TOKEN,
    header: { ...ACCESS_TOKEN.header, ...header },
    claims: { ...ACCESS_TOKEN.claims, ...claims },
  };
  return { ...withKeys(RSA_KEY, EC_KEY), signIn: redeemedAs({ tokens: { access_token: token } }).signIn };
}

function publishedIn(keys: EvidenceMap['keys'] | undefined, { issuer }: AuthorizationSetting): Issued['published'] {
  const documents = (keys?.sets ?? []).flatMap(({ role, owner, fetched }) =>
    role === 'issuer' && owner === issuer && fetched !== undefined ? [documentIn(last(fetched))] : [],
  );
  const lists = documents.flatMap((document) => (Array.isArray(document?.keys) ? [document.keys] : []));
  if (lists.length === 0) return undefined;
  return lists.flat().map((key: unknown) => (isObject(key) && typeof key.kid === 'string' ? key.kid : undefined));
}

/** Audiences that issuers add of their own accord: the userinfo endpoint, where OpenID Connect is in play, or themselves. */
function namesOfIssuer(
  metadata: EvidenceMap['issuerMetadata'] | undefined,
  { issuer }: AuthorizationSetting,
): Issued['ofIssuer'] {
  const isNamed = (name: string) => plain(name) === plain(issuer);
  const fetched = [
    ...(metadata?.issuers ?? []).flatMap((asked) => (isNamed(asked.issuer) ? asked.candidates : [])),
    // Of 2025-03-26, where the server may be its own authorization server.
    ...(metadata === undefined ? [] : [{ fetched: metadata.atServerOrigin }]),
  ];
  const endpoints = fetched
    .map((each) => documentIn(last(each.fetched)))
    .flatMap((document) => (isNamed(String(document?.issuer)) ? [document?.userinfo_endpoint] : []))
    .filter((endpoint) => typeof endpoint === 'string');
  return [issuer, ...endpoints].map(plain);
}

/** Without the slash at its end, with which some write an address and others not. */
const plain = (url: string) => url.replace(/\/$/, '');

const shown = (value: unknown) => (value === undefined ? 'none' : JSON.stringify(value));
const audiencesOf = ({ claims }: Issued): readonly unknown[] =>
  [claims.aud].flat().filter((each) => each !== undefined);
const isTyped = ({ header }: Issued) => /^(?:application\/)?at\+jwt$/i.test(String(header.typ));

/** RFC 8707 2 lets the authorization server name a resource in its own way, as long as the server takes that for itself. */
const isAccepted = (audience: unknown, { setting }: Issued) => setting.accepted.includes(String(audience));

const NAMES_THE_RESOURCE = {
  general:
    'Take the resource of the authorization request (RFC 8707) as the audience of the token, as it is written in the metadata of the MCP server.',
  auth0: {
    text: 'Make the identifier of the API the exact resource URL of the MCP server, slash and all, and let resource select the API (resource_parameter_profile: compatibility).',
    dashboard:
      'Applications > APIs > (API) > Settings > Identifier; Settings > Advanced > Resource Parameter Compatibility Profile',
    command: 'auth0 api patch tenants/settings --data \'{"resource_parameter_profile":"compatibility"}\'',
  },
};

export const issuesTokensForTheResourceAskedFor = judgesIssuedTokens({
  id: 'token-endpoint/issues-tokens-for-the-resource-asked-for',
  title: 'Issues access tokens for the resource that was asked for, and for nothing else',
  // RFC 8707 2 and RFC 9700 2.3: SHOULD; MCP has authorization servers that know no resource indicators.
  keyword: 'SHOULD',
  severity: 'high',
  pillar: 'audience-handling',
  requirements: ['RFC8707-2-audience-restricted', 'AUTH0-resource-honoured', 'B41'],
  reasons: {
    'no-audience': {
      says: 'Access tokens name no audience: nothing in them says that they are for this MCP server.',
      fix: NAMES_THE_RESOURCE,
      wrong: (issued) => (audiencesOf(issued).length === 0 ? [`aud: ${issued.setting.resource}`, 'no aud'] : undefined),
      example: { claims: { aud: undefined } },
    },
    'other-audience': {
      says: 'Access tokens are for another audience than the resource that the client asked for: the MCP server has to refuse them, or to take tokens for somebody else.',
      fix: NAMES_THE_RESOURCE,
      wrong: (issued) =>
        audiencesOf(issued).length === 0 || audiencesOf(issued).some((each) => isAccepted(each, issued))
          ? undefined
          : [`aud: ${issued.setting.resource}`, `aud: ${shown(issued.claims.aud)}`],
      example: { claims: { aud: 'desktop' } },
    },
    'further-audience': {
      says: 'Access tokens are good at another API, too, which nobody asked for: each of the two can use at the other what its callers bring.',
      fix: { general: 'Issue a token for one resource, and a further one for a further resource (RFC 9700 2.3).' },
      wrong(issued) {
        const { setting, claims, ofIssuer } = issued;
        const audiences = audiencesOf(issued);
        const further = audiences.filter(
          (each) => !isAccepted(each, issued) && !ofIssuer.includes(plain(String(each))),
        );
        return audiences.some((each) => isAccepted(each, issued)) && further.length > 0
          ? [`aud: ${setting.resource}`, `aud: ${shown(claims.aud)}`]
          : undefined;
      },
      example: { claims: { aud: ['https://mcp.example.com/mcp', 'https://other-api.example'] } },
    },
  },
  seen: ({ claims }) => `aud: ${shown(claims.aud)}`,
});

const OWN_NAME = {
  general: 'Write the issuer identifier of the metadata into iss, character by character: a slash at the end counts.',
};

export const namesItselfInTokensAsInItsMetadata = judgesIssuedTokens({
  id: 'token-endpoint/names-itself-in-tokens-as-in-its-metadata',
  title: 'Names itself in access tokens as in its metadata',
  keyword: 'MUST',
  severity: 'high',
  requirements: ['RFC9068-4-iss-exact', 'AUTH0-token-iss'],
  reasons: {
    'other-issuer': {
      says: 'The iss of access tokens is not the issuer identifier of the metadata, so that verifiers refuse them, or compare loosely.',
      fix: OWN_NAME,
      wrong: (issued) => (isTyped(issued) && !isOfAnotherServer(issued) ? otherIssuer(issued) : undefined),
      example: { claims: { iss: 'https://tenant.example.com' } },
    },
    'another-server': {
      says: 'Access tokens name another server as their issuer than the metadata does, as when a proxy passes them on: a verifier that follows the metadata refuses them.',
      // RFC 9068 4 has a server compare with the issuer it trusts, which it typically learned from metadata: one that was
      // told of the proxied issuer compares as it should.
      keyword: 'SHOULD',
      fix: {
        general:
          'Name the issuer of the tokens in authorization_servers of the resource metadata (RFC 9728 2), or issue tokens of your own with the issuer identifier of the metadata in iss.',
      },
      wrong: (issued) => (isTyped(issued) && isOfAnotherServer(issued) ? otherIssuer(issued) : undefined),
      example: { claims: { iss: 'https://proxied.example.net/' } },
    },
    'other-issuer-of-a-plain-token': {
      says: 'The iss of access tokens is not the issuer identifier of the metadata, and what finds keys by it finds none.',
      keyword: 'SHOULD',
      fix: OWN_NAME,
      wrong: (issued) => (isTyped(issued) || issued.claims.iss === undefined ? undefined : otherIssuer(issued)),
      example: { header: { typ: 'JWT' }, claims: { iss: 'https://tenant.example.com' } },
    },
  },
  seen: ({ claims }) => `iss: ${shown(claims.iss)}`,
});

function otherIssuer({ claims: { iss }, setting: { issuer } }: Issued): readonly [string, string] | undefined {
  return iss === issuer ? undefined : [`iss: ${issuer}`, `iss: ${shown(iss)}`];
}

function isOfAnotherServer({ claims: { iss }, setting: { issuer } }: Issued): boolean {
  const [one, other] = [absoluteUrl(iss), absoluteUrl(issuer)];
  return one !== undefined && other !== undefined && one.hostname !== other.hostname;
}

/** RFC 9068 2.2. */
const REQUIRED = ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'] as const;

export const givesTypedTokensTheirClaims = judgesIssuedTokens({
  id: 'token-endpoint/gives-typed-tokens-their-claims',
  title: 'Gives access tokens of the type at+jwt the claims of that type',
  keyword: 'MUST',
  severity: 'medium',
  requirements: ['RFC9068-2.2-required-claims', 'AUTH0-token-claims-9068'],
  unless: (issued) => (isTyped(issued) ? undefined : 'access tokens are not typed at+jwt, so RFC 9068 is not promised'),
  reasons: {
    'claim-missing': {
      says: 'Access tokens say that they follow RFC 9068, and lack claims that it requires: verifiers of such tokens refuse them.',
      fix: { general: 'Write iss, exp, aud, sub, client_id, iat and jti into every access token (RFC 9068 2.2).' },
      wrong({ claims }) {
        const missing = REQUIRED.filter((name) => claims[name] === undefined);
        return missing.length === 0 ? undefined : [REQUIRED.join(', '), `no ${missing.join(', ')}`];
      },
      example: { claims: { jti: undefined } },
    },
  },
  seen: ({ claims }) => `claims: ${Object.keys(claims).join(', ')}`,
});

export const typesItsAccessTokens = judgesIssuedTokens({
  id: 'token-endpoint/types-its-access-tokens',
  title: 'Issues access tokens that tell themselves from ID tokens by their type',
  keyword: 'ADVICE',
  severity: 'low',
  requirements: ['RFC9068-2.1-typ-at-jwt', 'RFC8725-3.11-explicit-typing', 'AUTH0-token-claims-9068'],
  reasons: {
    'plain-type': {
      says: 'Access tokens have no type of their own: a verifier cannot tell them from ID tokens of the same issuer by their header.',
      fix: {
        general: 'Issue access tokens by RFC 9068, with typ at+jwt.',
        auth0: {
          text: 'Choose the token profile RFC 9068 for the API.',
          dashboard: 'Applications > APIs > (API) > Settings > Token Settings > JSON Web Token (JWT) Profile',
          command: 'auth0 api patch resource-servers/YOUR_API_ID --data \'{"token_dialect":"rfc9068_profile"}\'',
        },
      },
      wrong: (issued) => (isTyped(issued) ? undefined : ['typ: at+jwt', `typ: ${shown(issued.header.typ)}`]),
      example: { header: { typ: 'JWT' } },
    },
  },
  seen: ({ header }) => `typ: ${shown(header.typ)}`,
});

const HOUR = 3600;

export const issuesShortLivedTokens = judgesIssuedTokens({
  id: 'token-endpoint/issues-short-lived-tokens',
  title: 'Issues access tokens for an hour or less',
  keyword: 'SHOULD',
  severity: 'medium',
  requirements: ['RFC6750-5.3-short-lived-token', 'MCP-as-short-lived-tokens', 'AUTH0-token-lifetime'],
  reasons: {
    'lives-long': {
      says: 'Access tokens are good for more than an hour: one that is stolen is good for that long, and nothing can end it.',
      fix: {
        general: 'Issue access tokens for an hour or less (RFC 6750 5.3), and refresh tokens for what takes longer.',
        auth0: {
          text: 'Lower the maximum lifetime of the API’s access tokens; it is a day unless it was set.',
          dashboard: 'Applications > APIs > (API) > Settings > Token Settings > Maximum Access Token Lifetime',
          command: 'auth0 api patch resource-servers/YOUR_API_ID --data \'{"token_lifetime":3600}\'',
        },
      },
      wrong(issued) {
        const seconds = lifetimeOf(issued);
        return seconds === undefined || seconds <= HOUR + SLACK ? undefined : [`${HOUR} seconds`, `${seconds} seconds`];
      },
      example: { claims: { iat: 0, exp: 86_400 } },
    },
    'never-expires': {
      says: 'Access tokens do not say when they end: as far as a verifier can tell they are good for ever.',
      fix: { general: 'Write exp into every access token.' },
      wrong: ({ claims: { exp } }) => (typeof exp === 'number' ? undefined : ['exp', `exp: ${shown(exp)}`]),
      example: { claims: { exp: undefined } },
    },
  },
  ofOpaque: ({ expires_in }, askedAt) =>
    typeof expires_in === 'number' ? { iat: askedAt, exp: askedAt + expires_in } : undefined,
  seen: (issued) => `good for ${lifetimeOf(issued)} seconds`,
});

/** Seconds; where the token does not say when it was issued (RFC 9068 alone asks for iat), from when it was asked for. */
function lifetimeOf({ claims: { iat, exp }, askedAt }: Issued): number | undefined {
  return typeof exp === 'number' ? exp - (typeof iat === 'number' ? iat : askedAt) : undefined;
}

/** Seconds that a lifetime may be rounded by, and clocks apart. */
const SLACK = 300;

export const signsTokensWithAPublishedKey = judgesIssuedTokens({
  id: 'token-endpoint/signs-tokens-with-a-published-key',
  title: 'Signs access tokens with a key of its set, and names it',
  keyword: 'SHOULD',
  severity: 'high',
  pillar: 'signing-key-retrieval',
  requirements: ['RFC9068-2.1-signed'],
  reasons: {
    unsigned: {
      says: 'Access tokens are not signed: everybody can write one.',
      keyword: 'SHOULD',
      fix: {
        general: 'Sign access tokens with an asymmetric key whose public half is in the JWK set (RS256, PS256, ES256).',
      },
      wrong: ({ header }) =>
        /^none$/i.test(String(header.alg)) ? ['a signature', `alg: ${shown(header.alg)}`] : undefined,
      example: { header: { alg: 'none' } },
    },
    symmetric: {
      says: 'Access tokens are signed with a secret that the MCP server has to know as well: whoever reads it there writes tokens for every API of that secret.',
      keyword: 'ADVICE',
      fix: {
        general: 'Sign with an asymmetric key whose public half is in the JWK set (RS256, PS256, ES256).',
        auth0: {
          text: 'Choose RS256 as signing algorithm of the API.',
          dashboard: 'Applications > APIs > (API) > Settings > Token Settings > JSON Web Token (JWT) Signing Algorithm',
        },
      },
      wrong: ({ header }) =>
        /^HS/i.test(String(header.alg)) ? ['RS256, PS256 or ES256', `alg: ${shown(header.alg)}`] : undefined,
      example: { header: { alg: 'HS256' } },
    },
    'unpublished-key': {
      says: 'Access tokens name a key that is not in the JWK set of their issuer: nobody who follows the metadata can verify them.',
      fix: {
        general: 'Publish every key in the JWK set before it signs, and keep it there as long as its tokens are good.',
      },
      wrong: ({ header: { kid, alg }, published }) =>
        published === undefined || kid === undefined || isNoKeyPair(alg) || published.includes(String(kid))
          ? undefined
          : [`kid: ${published.map(shown).join(' or ')}`, `kid: ${shown(kid)}`],
      example: { header: { kid: 'retired-key' } },
    },
    'no-key-named': {
      says: 'Access tokens do not name their key, though the JWK set of their issuer holds several: verifiers have to try, or to refuse.',
      fix: { general: 'Write the kid of the signing key into the header of every access token (RFC 7515 4.1.4).' },
      wrong: ({ header: { kid, alg }, published = [] }) =>
        kid === undefined && published.length > 1 && !isNoKeyPair(alg)
          ? [`kid: ${published.map(shown).join(' or ')}`, 'no kid']
          : undefined,
      example: { header: { kid: undefined } },
    },
  },
  seen: ({ header: { alg, kid } }) => `alg: ${shown(alg)}, kid: ${shown(kid)}`,
});

const isNoKeyPair = (alg: unknown) => /^(?:HS|none)/i.test(String(alg));

export const issuesTokensThatOthersCanRead = defineCheck({
  id: 'token-endpoint/issues-tokens-that-others-can-read',
  title: 'Issues access tokens that the MCP server can read',
  keyword: 'ADVICE',
  severity: 'high',
  party: 'authorization-server',
  pillar: 'token-issuance',
  requirements: ['AUTH0-no-opaque-token'],
  assurance: 'sign-in',
  needs: ['signIn'],
  reasons: {
    encrypted: {
      says: 'A request for this resource is answered with an encrypted token that only the authorization server can read.',
      fix: NAMES_THE_RESOURCE,
    },
  },
  judge({ signIn }): Verdict<'encrypted'> {
    const given = tokenGrant(signIn);
    const token = given?.tokens.access_token;
    if (given === undefined || token === undefined)
      return withoutControl(signIn) ?? notApplicable('no token was given');
    const unsaid = unsettled([given]);
    if (unsaid !== undefined) return unsaid;
    const { parts, header } = token;
    // RFC 7518 4.5: dir is a secret that both sides share. Any other alg may be for a key of the server's own.
    if (parts === 5 && header?.alg === 'dir') {
      const actual = `a token of five parts with header ${JSON.stringify(header)}`;
      return fail([{ reason: 'encrypted', expected: 'a signed JWT', actual, at: [given.exchange.id] }]);
    }
    return pass(
      parts === 3 ? 'a signed JWT' : `a token of ${parts} parts, for which the server may have the key or ask`,
    );
  },
  examples: {
    pass: [{ says: 'a JWT', evidence: golden }],
    fail: {
      encrypted: {
        says: 'a JWE with alg dir',
        evidence: redeemedAs({ tokens: { access_token: jweOf(ACCESS_TOKEN) } }),
      },
    },
  },
});

function jweOf({ label, fingerprint, length }: TokenView): TokenView {
  return { label, fingerprint, length, parts: 5, header: { alg: 'dir', enc: 'A256GCM' } };
}

export const issuedTokenChecks = checks(
  issuesTokensForTheResourceAskedFor,
  namesItselfInTokensAsInItsMetadata,
  givesTypedTokensTheirClaims,
  typesItsAccessTokens,
  issuesShortLivedTokens,
  signsTokensWithAPublishedKey,
  issuesTokensThatOthersCanRead,
);
