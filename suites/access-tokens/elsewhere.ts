import type { AskedOtherToken, EvidenceMap, Exchange, NotCalled, TokenView } from '../../fixtures/evidence.ts';
import { describe, isServed, mcpAnswer } from '../../fixtures/protocol/answers.ts';
import type { OtherToken } from '../../fixtures/trials/other-tokens.ts';
import { grants, scopesIn, withImplied } from '../../fixtures/trials/scopes.ts';
import { brokenControl, unsettled } from '../challenge/refusals.ts';
import {
  type Check,
  defineCheck,
  type Facts,
  type Finding,
  fail,
  notApplicable,
  outOfScope,
  pass,
  type Reason,
  untested,
  type Verdict,
} from '../check.ts';
import { answering, golden, INVALID_TOKEN, result, type ShortAnswer, unauthorized } from '../golden.ts';
import { differences } from './differences.ts';
import { notCalledOf } from './scope.ts';

/** Tokens of the profile that are good elsewhere, or were once. */

const COMMON = {
  party: 'mcp-server',
  pillar: 'server-side-validation',
  assurance: 'token',
  needs: ['otherTokens'],
} as const;

type Asked = EvidenceMap['otherTokens'];
type Known = Pick<EvidenceMap, 'otherTokens'> & Partial<Pick<EvidenceMap, 'issuerMetadata' | 'credentials'>>;

interface Rule
  extends Pick<Check, 'id' | 'title' | 'keyword' | 'severity' | 'requirements'>,
    Partial<Pick<Check, 'pillar'>> {
  readonly kind: OtherToken;
  /** What to write into the profile. */
  readonly unlock: string;
  /** Why this token tells nothing of the rule. */
  unfit?(asked: AskedOtherToken, evidence: Known, facts: Facts): Verdict<never> | undefined;
  readonly served: Reason;
}

/** A token that was given for it is refused. */
function refusesTheToken({ kind, unlock, unfit, served, ...declared }: Rule) {
  return defineCheck({
    ...COMMON,
    ...declared,
    uses: ['issuerMetadata', 'credentials'],
    trials: [`otherTokens/${kind}`],
    reasons: { served },
    judge(evidence, facts): Verdict<'served'> {
      const { control, asked } = evidence.otherTokens;
      const own = asked.find((each) => each.kind === kind);
      if (own === undefined) return outOfScope(`tokens.${kind} is not given`, unlock);
      const beside = unfit?.(own, evidence, facts);
      if (beside !== undefined) return beside;
      if (isServed(own.exchange))
        return servesAnybody(own.token, evidence) ?? fail([servedFinding(own.exchange, own.token, control.token)]);
      return (
        unsettled([own.exchange]) ??
        brokenControl(...control.exchanges) ??
        pass(`the token of tokens.${kind}: ${describe(own.exchange)}`)
      );
    },
    examples: {
      pass: [{ says: '401', evidence: golden }],
      fail: {
        served: { says: 'served', evidence: answering(new RegExp(`^otherTokens/${kind}$`), result({ tools: [] })) },
      },
    },
  });
}

/** Where tokens of nobody are served, these are no finding of their own. */
function servesAnybody({ parts }: TokenView, { credentials }: Known): Verdict<never> | undefined {
  const forged = credentials?.[parts === 1 ? 'unknown-token' : 'foreign-jwt'];
  if (forged === undefined || !isServed(forged)) return undefined;
  return untested(
    'tokens that nobody issued are served as well',
    'a server that refuses tokens that nobody issued',
    'challenge/answers-401-to-an-invalid-token',
  );
}

const servedFinding = (exchange: Exchange, token: TokenView, control: TokenView): Finding<'served'> => ({
  reason: 'served',
  expected: 'status 401 (Unauthorized)',
  actual: [`${exchange.asks}: ${describe(exchange)}`, ...differences(token, control)].join('; '),
  at: [exchange.id],
});

const AUDIENCE_FIX = {
  general:
    'Compare aud with the resource identifier of this server, exactly, before anything is done with the token; of opaque tokens, the aud that introspection answers (RFC 7662 2.2).',
  auth0: {
    text: "express-oauth2-jwt-bearer: auth({ issuerBaseURL, audience: 'the identifier of your API' }). The audience is the Identifier of the API, and nothing of another API.",
    dashboard: 'Applications > APIs > (your API) > Settings > Identifier',
  },
};

export const refusesTokensOfAnotherAudience = refusesTheToken({
  id: 'access-tokens/refuses-tokens-of-another-api',
  title: 'Refuses a real token that its issuer issued for another API',
  keyword: 'MUST',
  severity: 'critical',
  pillar: 'audience-handling',
  requirements: ['MCP-token-audience-validated', 'AUTH0-token-aud', 'A55'],
  kind: 'otherAudience',
  unlock: 'tokens.otherAudience: an access token of the same issuer for another of its APIs',
  unfit: ({ isForThisServer }) =>
    isForThisServer
      ? untested(
          'the audience of tokens.otherAudience is one that this server accepts',
          'tokens.otherAudience: an access token for another API',
        )
      : undefined,
  served: {
    says: 'An access token for another API of the same issuer is accepted: whoever gets hold of one, as every other API does, acts as its user here.',
    fix: AUDIENCE_FIX,
  },
});

export const refusesIdTokens = refusesTheToken({
  id: 'access-tokens/refuses-id-tokens',
  title: 'Refuses an ID token in place of an access token',
  keyword: 'MUST',
  severity: 'high',
  pillar: 'audience-handling',
  requirements: ['MCP-token-audience-validated', 'AUTH0-token-id-token-refused', 'A39'],
  kind: 'idToken',
  unlock: 'tokens.idToken: an ID token of the same issuer (ask for the scope openid)',
  // RFC 9068 2.1 types access tokens so that this cannot happen; without it, the audience is all that tells them apart.
  unfit: ({ isForThisServer }) =>
    isForThisServer ? notApplicable('the client_id that ID tokens are for is a declared audience') : undefined,
  served: {
    says: 'An ID token is accepted as access token: it is made for a client to know its user, goes through browsers and logs, and says nothing of scopes.',
    fix: {
      general: `${AUDIENCE_FIX.general} An ID token has the client_id there. Where access tokens are typed at+jwt, demand that type too.`,
      auth0: {
        ...AUDIENCE_FIX.auth0,
        text: `${AUDIENCE_FIX.auth0.text} Never list a client_id as audience. With the RFC 9068 token dialect of the API, add strict: true to demand typ at+jwt.`,
      },
    },
  },
});

/** So far past, no leeway for clocks explains it (attack matrix, A44). */
const LONG_AGO_SECONDS = 3600;

export const refusesATokenPastItsExpiry = refusesTheToken({
  id: 'access-tokens/refuses-a-once-good-token-after-its-expiry',
  title: 'Refuses a real token that has expired',
  keyword: 'MUST',
  severity: 'high',
  requirements: ['MCP-challenge-401-expired-token', 'MCP-march-token-expiry-rotation', 'A44'],
  kind: 'expired',
  unlock:
    'tokens.expired: an access token for this server that expired an hour ago or earlier; or state, with a key: the good token is then kept for the first run after it has expired',
  unfit({ token }, _, { capturedAt }) {
    const { exp } = token.claims ?? {};
    const unlock = 'tokens.expired: a JWT for this server whose exp is at least an hour past';
    if (typeof exp !== 'number')
      return untested('tokens.expired does not show when it expires (no JWT, or no exp)', unlock);
    const past = Date.parse(capturedAt) / 1000 - exp;
    if (past >= LONG_AGO_SECONDS) return undefined;
    return untested(
      past < 0 ? 'tokens.expired has not expired yet' : `tokens.expired expired ${Math.round(past)} seconds ago only`,
      unlock,
    );
  },
  served: {
    says: 'A token that expired more than an hour ago is accepted: a stolen token never stops being good.',
    fix: {
      general:
        'Let the JWT library check exp (no ignoreExpiration, verify_exp: false or the like), with seconds of tolerance at most, also where a verified token is kept in a cache or a session.',
      auth0: { text: 'express-oauth2-jwt-bearer checks exp; clockTolerance is in seconds and should be 5 or less.' },
    },
  },
});

export const refusesTokensOfAnotherIssuer = refusesTheToken({
  id: 'access-tokens/refuses-tokens-of-another-issuer',
  title: 'Refuses a real token of an issuer it does not trust',
  keyword: 'MUST',
  severity: 'critical',
  requirements: ['RFC8725-3.8-iss-key-binding', 'MCP-token-validate-oauth21', 'A51', 'A19'],
  kind: 'otherTenant',
  unlock: 'tokens.otherTenant: an access token of another tenant or issuer',
  unfit({ token }, { otherTokens, issuerMetadata }) {
    const iss = token.claims?.iss;
    const trusted = [
      otherTokens.control.token.claims?.iss,
      ...(issuerMetadata?.issuers ?? []).map(({ issuer }) => issuer),
    ];
    return iss !== undefined && trusted.includes(iss)
      ? untested(
          `tokens.otherTenant is of ${String(iss)}, which this server trusts`,
          'tokens.otherTenant: an access token of another tenant or issuer',
        )
      : undefined;
  },
  served: {
    says: 'A token of another tenant or issuer is accepted: whoever has a tenant there makes tokens for anybody here.',
    fix: {
      general:
        'Configure the one issuer to trust, compare iss with it exactly, and take keys from its jwks_uri alone, never from where the token says.',
      auth0: {
        text: "express-oauth2-jwt-bearer: auth({ issuerBaseURL: 'https://YOUR_TENANT.auth0.com/', … }), one value and no pattern.",
        dashboard: 'Applications > (any) > Settings > Domain',
      },
    },
  },
});

export const stopsAcceptingRevokedTokens = refusesTheToken({
  id: 'access-tokens/stops-accepting-revoked-tokens',
  title: 'Refuses an opaque token once it is revoked',
  keyword: 'SHOULD',
  severity: 'medium',
  requirements: ['RFC6750-3.1-invalid-token-401', 'A64'],
  kind: 'revoked',
  unlock: 'tokens.revoked: an access token for this server, revoked a minute ago or earlier',
  // RFC 7009 3: what verifies itself stays good until it expires, unless the server is told.
  unfit({ token, exchange }) {
    if (token.parts === 1) return undefined;
    return notApplicable(
      `tokens.revoked is a JWT, which is good by itself until it expires: ${describe(exchange)}; keep lifetimes short`,
    );
  },
  served: {
    says: 'An opaque token is accepted after it was revoked: signing out, or taking back a permission, changes nothing here.',
    fix: {
      general:
        'Ask the introspection endpoint (RFC 7662) about opaque tokens, and keep "active": true for a minute at most.',
    },
  },
});

/** Refusals inside of the message, or with a status that has clients fetch the same token again. */
type ToolAnswer = 'ran' | 'unauthorized' | 'in-message' | 'tool-failed' | 'forbidden' | 'other';

/** JSON-RPC, "Invalid params": like a tool that failed, perhaps about the arguments. */
const INVALID_PARAMS = -32602;

function toolAnswer(exchange: Exchange): ToolAnswer {
  const said = mcpAnswer(exchange);
  if (said.kind === 'result') return said.result.isError === true ? 'tool-failed' : 'ran';
  if (isServed(exchange)) return 'ran';
  const status = exchange.answer?.status;
  if (status === 403) return 'forbidden';
  if (status === 401) return 'unauthorized';
  if (said.kind === 'error' && said.code === INVALID_PARAMS) return 'tool-failed';
  return status === 200 ? 'in-message' : 'other';
}

type Narrow = NonNullable<Asked['narrow']>;

const NARROW = 'tokens.narrow: a good token without the scopes of some tool in server.tools';

type Implies = Facts['server']['implies'];

/** Of these tools those that need more scope than the token has, with what that implies. */
function beyond<Tool extends NotCalled>({ token }: Narrow, tools: readonly Tool[], implies: Implies): readonly Tool[] {
  const { claims = {} } = token;
  return scopesIn(claims) === undefined ? [] : tools.filter(({ needed }) => !grants({ claims }, needed, implies));
}

/**
 * The token has a scope of another tool, which may imply what this one needs although nobody wrote that down. One of those
 * that the tool needs beside others implies none of them: they would not all be needed.
 */
function hasScopeOfOthers({ token, asked, notCalled }: Narrow, needed: readonly string[], implies: Implies): boolean {
  const declared = [...asked, ...notCalled].flatMap((tool) => tool.needed);
  const has = withImplied(scopesIn(token.claims) ?? [], implies);
  return declared.some((scope) => has.has(scope) && !needed.includes(scope));
}

/**
 * It got 403 for `initialize`, so that it was tried in the session of the good token: a server may bind that to its token,
 * so what it answers there says nothing of the scope, unless the tool runs.
 */
function mayOpenNoSession({ control, asked }: Narrow): boolean {
  const inSession = asked.some(({ exchange: { request } }) =>
    request.headers.some(([name]) => name.toLowerCase() === 'mcp-session-id'),
  );
  return control.answer?.status === 403 && inSession;
}

/** The token has the scopes of whatever was called with it. */
function notLacking(narrow: Narrow, implies: Implies): Verdict<never> {
  const [first] = beyond(narrow, narrow.notCalled, implies);
  if (first === undefined) return untested('tokens.narrow has the scopes of every tool in server.tools', NARROW);
  return outOfScope(
    `tokens.narrow lacks scopes of ${first.tool}, which was not called, because it may do something when it runs`,
    `allow: [writes]; or server.safeTool: a harmless tool that needs more scope than tokens.narrow has`,
  );
}

export const refusesToolsBeyondTheScope = defineCheck({
  ...COMMON,
  id: 'access-tokens/refuses-tools-beyond-the-scope',
  title: 'Refuses the tools that a real token has no scope for',
  keyword: 'MUST',
  severity: 'high',
  requirements: ['MCP-token-validate-oauth21', 'MCP-scope-hierarchy', 'RFC6750-3.1-insufficient-scope-403', 'A62'],
  trials: ['otherTokens/narrow'],
  uses: ['control'],
  reasons: {
    'tool-ran': {
      says: 'A tool runs for a good token without the scopes that the operator says it needs: scopes are not what decides.',
      fix: {
        general:
          'Before a tool runs, compare the scopes it needs with those of the token, and answer 403 with error="insufficient_scope" when one is missing. Where a scope of the token is meant to include it, say so in the profile: server.implies.',
        auth0: {
          text: "express-oauth2-jwt-bearer: an MCP server has one route, so check req.auth.payload (scope, or permissions with RBAC) for each tool before it runs; requiredScopes('notes:read') behind auth() is for what all tools need.",
          dashboard: 'Applications > APIs > (your API) > Permissions',
        },
      },
    },
    'ran-for-another-scope': {
      says: 'A tool runs for a good token that has a scope of another tool, and not those that the operator says this one needs. Where that scope is meant to include them, that is right; say so in the profile then: server.implies.',
      keyword: 'SHOULD',
      fix: {
        general:
          'Write into the profile which scopes imply others (server.implies: { "notes:write": [notes:read] }). Where none does, compare the scopes of the token with the list of the tool that is called, and answer 403 with error="insufficient_scope".',
      },
    },
    'refused-as-unauthorized': {
      says: 'A tool that the token has no scope for is refused with 401, so clients fetch a token that fares no better.',
      keyword: 'SHOULD',
      fix: {
        general: 'Answer 403 with WWW-Authenticate: Bearer error="insufficient_scope", scope="what the tool needs".',
      },
    },
    'refused-in-the-message': {
      says: 'A tool that the token has no scope for is refused inside a message with status 200, from which clients do not learn that more scope would help.',
      keyword: 'SHOULD',
      fix: {
        general:
          'Check scopes before the message reaches the MCP handler: status 403 with WWW-Authenticate: Bearer error="insufficient_scope", scope="what the tool needs".',
      },
    },
  },
  judge({ otherTokens: { narrow, control }, control: own }, { server: { implies } }): Verdict<Beyond> {
    if (narrow === undefined) return outOfScope('tokens.narrow is not given', NARROW);
    if (scopesIn(narrow.token.claims) === undefined) {
      return untested(
        'tokens.narrow does not show which scopes it has (no JWT, or none of scope, scp and permissions in it)',
        NARROW,
      );
    }
    const lacking = beyond(narrow, narrow.asked, implies);
    if (lacking.length === 0) return notLacking(narrow, implies);
    const failsAnyway = own?.operations.some(
      (each) => each.operation === 'tools/call' && toolAnswer(each.exchange) === 'tool-failed',
    );
    const turnedAway = mayOpenNoSession(narrow);
    const wrong = lacking.flatMap(({ exchange, ...asked }) => {
      const answer = toolAnswer(exchange);
      const plain = turnedAway && answer !== 'ran' ? undefined : REASONS[answer];
      const reason =
        plain === 'tool-ran' && hasScopeOfOthers(narrow, asked.needed, implies) ? 'ran-for-another-scope' : plain;
      // What a tool says of arguments that are missing, or says to the good token too, is no answer to a scope.
      if (reason === undefined || (answer === 'tool-failed' && (!asked.withArguments || failsAnyway))) return [];
      return [
        {
          reason,
          expected: 'status 403 (Forbidden), and the tool does not run',
          actual: [`${exchange.asks}: ${describe(exchange)}`, ...differences(narrow.token, control.token)].join('; '),
          at: [exchange.id],
        },
      ];
    });
    const isGood = isServed(narrow.control) || narrow.control.answer?.status === 403;
    if (wrong.some(({ reason }) => RAN.includes(reason))) return fail(wrong);
    if (!isGood) return untested(`tokens.narrow is not good itself: ${describe(narrow.control)}`, NARROW);
    if (wrong.length > 0) return fail(wrong);
    const refused = lacking.filter(({ exchange }) => toolAnswer(exchange) === 'forbidden');
    const shut = turnedAway ? lacking.filter((each) => !refused.includes(each)) : [];
    const seen = [
      ...(refused.length > 0 ? [`403 for ${refused.map(({ tool }) => tool).join(', ')}`] : []),
      ...shut.map(({ exchange }) => `403 for initialize, and in the session of the good token ${describe(exchange)}`),
    ];
    return (
      unsettled(lacking.map(({ exchange }) => exchange)) ??
      (seen.length === 0
        ? untested(
            `the tools answered that something else is wrong: ${describe(lacking[0]!.exchange)}`,
            'server.safeTool: a harmless tool that needs more scope than tokens.narrow has, with its arguments',
          )
        : pass([...seen, ...notCalledOf(narrow.notCalled)].join('; ')))
    );
  },
  examples: {
    pass: [{ says: '403', evidence: golden }],
    fail: {
      'tool-ran': narrowExample('the tool answers', result({ content: [] })),
      'ran-for-another-scope': {
        says: 'the scope of another tool opens it',
        evidence: withScopeOfOthers(narrowExample('', result({ content: [] })).evidence),
      },
      'refused-as-unauthorized': narrowExample('401', unauthorized(INVALID_TOKEN)),
      'refused-in-the-message': narrowExample('the tool says that it failed', result({ content: [], isError: true })),
    },
  },
});

type Beyond = 'tool-ran' | 'ran-for-another-scope' | 'refused-as-unauthorized' | 'refused-in-the-message';

const RAN: readonly Beyond[] = ['tool-ran', 'ran-for-another-scope'];

const REASONS: Readonly<Partial<Record<ToolAnswer, Beyond>>> = {
  ran: 'tool-ran',
  unauthorized: 'refused-as-unauthorized',
  'in-message': 'refused-in-the-message',
  'tool-failed': 'refused-in-the-message',
};

function narrowExample(says: string, short: ShortAnswer) {
  const { otherTokens } = answering(/^otherTokens\/narrow\//, short);
  const narrow = otherTokens.narrow!;
  return {
    says,
    evidence: {
      otherTokens: {
        ...otherTokens,
        narrow: { ...narrow, asked: narrow.asked.map((asked) => ({ ...asked, withArguments: true })) },
      },
    },
  };
}

/** Of a token with a scope that another tool needs, which was not called. */
function withScopeOfOthers({ otherTokens }: Pick<EvidenceMap, 'otherTokens'>): Pick<EvidenceMap, 'otherTokens'> {
  const narrow = otherTokens.narrow!;
  const token = { ...narrow.token, claims: { ...narrow.token.claims, scope: 'notes:write' } };
  const notCalled = [{ tool: 'write-note', needed: ['notes:write'] }];
  return { otherTokens: { ...otherTokens, narrow: { ...narrow, token, notCalled } } };
}

export const elsewhereChecks = [
  refusesTokensOfAnotherAudience,
  refusesIdTokens,
  refusesATokenPastItsExpiry,
  refusesTokensOfAnotherIssuer,
  stopsAcceptingRevokedTokens,
  refusesToolsBeyondTheScope,
];
