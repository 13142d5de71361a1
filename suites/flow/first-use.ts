import type { AskedOperation, EvidenceMap, Exchange, TokenView } from '../../fixtures/evidence.ts';
import {
  describe,
  header,
  isObject,
  isServed,
  isServerError,
  jsonBody,
  mcpAnswer,
} from '../../fixtures/protocol/answers.ts';
import { isScheme, parameter, parseChallenges } from '../../fixtures/protocol/challenges.ts';
import { resourceDocument } from '../../fixtures/protocol/documents.ts';
import { eraOf } from '../../fixtures/protocol/revisions.ts';
import { refusalsWithoutToken } from '../challenge/refusals.ts';
import { defineCheck, type Facts, type Finding, fail, pass, untested, type Verdict } from '../check.ts';
import { unheard } from '../delivery.ts';
import { answering, golden, INVALID_TOKEN, result, unauthorized } from '../golden.ts';
import { ACCESS_TOKEN } from '../golden-authorization.ts';

type Seen = Pick<EvidenceMap, 'anonymous' | 'signIn' | 'firstUse'> &
  Partial<Pick<EvidenceMap, 'control' | 'resourceMetadata'>>;

type Refused = 'token-refused' | 'scope-not-read' | 'scope-not-named' | 'scope-not-granted';
type Problem<R extends string> = Pick<Finding<R>, 'reason' | 'actual'>;

const words = (value: unknown): readonly string[] =>
  typeof value === 'string' ? value.split(' ').filter(Boolean) : Array.isArray(value) ? value.map(String) : [];

/** What the token may do: by its own claims where it has such, else by the answer that it came in (RFC 6749 5.1). */
function grantedTo({ claims = {} }: TokenView, { grants, setting }: EvidenceMap['signIn']): readonly string[] {
  const carried = ['scope', 'scp', 'permissions'].map((name) => words(claims[name])).find(({ length }) => length > 0);
  if (carried !== undefined) return carried;
  const answer = grants.findLast(({ tokens }) => tokens.access_token !== undefined)?.exchange.answer;
  const body = jsonBody(answer);
  return words(isObject(body) && body.scope !== undefined ? body.scope : setting.scope);
}

/** Scopes that a challenge says are needed; `undefined`: it is not about scope. */
function neededBy({ answer }: Exchange): readonly string[] | undefined {
  const { challenges } = parseChallenges(
    answer?.headers.flatMap(([name, value]) => (name.toLowerCase() === 'www-authenticate' ? [value] : [])) ?? [],
  );
  const bearer = challenges.filter((each) => isScheme(each, 'Bearer'));
  const found = bearer.find((each) => parameter(each, 'error') === 'insufficient_scope');
  return found && words(parameter(found, 'scope'));
}

/** Scopes that a client learns of before it asks for a token. */
function namedBefore({ anonymous, resourceMetadata }: Seen): readonly string[] {
  const challenged = refusalsWithoutToken({ anonymous }).flatMap(({ bearer }) =>
    bearer.flatMap((each) => words(parameter(each, 'scope'))),
  );
  const document = resourceMetadata && resourceDocument(resourceMetadata)?.document;
  return [...challenged, ...words(document?.scopes_supported)];
}

/** "RS256, iss https://…, aud …, scope …", or that it is opaque. */
function describeToken({ parts, header: jose = {}, claims }: TokenView): string {
  if (claims === undefined) return parts === 5 ? 'an encrypted token' : 'an opaque token';
  const shown = ['iss', 'aud', 'scope'].map((name) => `${name} ${JSON.stringify(claims[name]) ?? 'absent'}`);
  return `a token with alg ${JSON.stringify(jose.alg) ?? 'absent'}, typ ${JSON.stringify(jose.typ) ?? 'absent'}, ${shown.join(', ')}`;
}

/** What the server has against the token; `untested`: it says nothing of the target. */
function refusalOf(asked: AskedOperation, seen: Seen): Problem<Refused> | Verdict<never> | undefined {
  const { operation, exchange } = asked;
  const { signIn, firstUse } = seen;
  const said = `${operation} with the token of the sign-in: ${describe(exchange)}`;
  const status = exchange.answer?.status;
  if (status === 401 || isServerError(exchange.answer)) {
    const challenge = header(exchange.answer, 'www-authenticate');
    const explained = challenge === undefined ? '' : ` (${challenge})`;
    return { reason: 'token-refused', actual: `${said}${explained}, for ${describeToken(firstUse.token)}` };
  }
  if (status !== 403) return undefined;
  const needed = neededBy(exchange);
  if (needed === undefined) {
    return untested(
      `the server knows the token and lets its user do nothing (${said})`,
      'users.first and clients: a user and a client that may use this server',
    );
  }
  const granted = grantedTo(firstUse.token, signIn);
  const lacking = needed.filter((scope) => !granted.includes(scope));
  const scopes = `it needs ${needed.join(' ') || 'a scope that it does not name'}, the token has ${granted.join(' ') || 'none'}`;
  if (needed.length > 0 && lacking.length === 0) return { reason: 'scope-not-read', actual: `${said}: ${scopes}` };
  const requested = words(signIn.setting.scope);
  if (lacking.length > 0 && lacking.every((scope) => requested.includes(scope))) {
    return { reason: 'scope-not-granted', actual: `${said}: ${scopes}, though ${requested.join(' ')} was asked for` };
  }
  // A tool may ask for more than the first token has ("Step-Up Authorization Flow"), and what the run asks for is the operator's.
  if (operation === 'tools/call' || lacking.some((scope) => namedBefore(seen).includes(scope))) {
    return untested(`the run did not ask for every scope (${scopes})`, 'server.scopes: every scope in use');
  }
  return { reason: 'scope-not-named', actual: `${said}: ${scopes}` };
}

/** A call whose answer is the tool's, and no error. */
function hasRun(exchange: Exchange): boolean {
  const answer = mcpAnswer(exchange);
  return isServed(exchange) && !(answer.kind === 'result' && answer.result.isError === true);
}

function judgeTool(
  call: AskedOperation,
  { control }: Seen,
  { server }: Facts,
): Problem<'tool-refused' | 'tool-failed'> {
  const answer = mcpAnswer(call.exchange);
  const why =
    answer.kind === 'result'
      ? `its result is an error: ${JSON.stringify(answer.result.content)}`
      : describe(call.exchange);
  const actual = `tools/call of ${server.guardedTool ?? 'the harmless tool'} with the token of the sign-in: ${why}`;
  const runsElse = control?.operations.some(
    ({ operation, revision, exchange }) =>
      operation === 'tools/call' && eraOf(revision) === eraOf(call.revision) && hasRun(exchange),
  );
  return runsElse === true
    ? { reason: 'tool-refused', actual: `${actual}; with tokens.good it runs` }
    : { reason: 'tool-failed', actual };
}

const isVerdict = (value: object): value is Verdict<never> => 'kind' in value;

export const leadsFromA401ToAToolCall = defineCheck({
  id: 'flow/leads-from-a-401-to-a-tool-call',
  title: 'Leads a client and its user from a 401 to a tool call',
  keyword: 'MUST',
  severity: 'critical',
  party: 'mcp-server',
  pillar: 'token-issuance',
  requirements: [
    'MCP-prm-authorization-servers',
    'MCP-token-validate-oauth21',
    'MCP-challenge-scope-param',
    'AUTH0-token-profiles',
    'AUTH0-production-no-exceptions',
  ],
  assurance: 'sign-in',
  needs: ['anonymous', 'signIn', 'firstUse'],
  uses: ['control', 'resourceMetadata'],
  reasons: {
    'token-refused': {
      says: 'The MCP server refuses the access token that its own authorization server issues to a client that does everything right.',
      fix: {
        general:
          'Compare the claims of the token with what the server verifies: iss letter for letter, aud with its resource identifier, alg and typ with what it allows, kid with the key set of the issuer. Where the token is for something else, let the authorization server follow the resource parameter (RFC 8707 2).',
        auth0: {
          text: 'Auth0 follows resource only with its Resource Parameter Compatibility Profile on; without it a request that has no audience gets the default audience, or an opaque token for /userinfo. Turn it on, and let an API have the resource identifier of the server, letter for letter, as its identifier.',
          dashboard: 'Settings > Advanced > Resource Parameter Compatibility Profile',
        },
      },
    },
    'scope-not-read': {
      says: 'The MCP server says insufficient_scope of a token that has every scope that it asks for.',
      fix: {
        general:
          'Read the claim in which the issuer writes scopes (scope, separated by blanks, by RFC 9068 2.2.3; scp or permissions with some issuers), and compare whole words.',
        auth0: {
          text: 'With RBAC and "Add Permissions in the Access Token" on, what a user may do stands in permissions as a list; scope is what of it the client was given. Read scope.',
        },
      },
    },
    'scope-not-named': {
      says: 'The first operation needs a scope that neither the 401 nor the resource metadata names, so no client asks for it.',
      keyword: 'SHOULD',
      fix: {
        general:
          'Name what the first operations need as scope in the challenge of the 401, and in scopes_supported of the resource metadata.',
      },
    },
    'scope-not-granted': {
      says: 'The authorization server leaves out a scope that the client asked for and without which the MCP server does nothing.',
      // RFC 6749 3.3 lets it ignore a scope by its policy or by the wish of the user.
      keyword: 'ADVICE',
      fix: {
        general: 'Let the test user and the client have the scopes that the server needs, or need fewer.',
        auth0: {
          text: 'Add the scope to the permissions of the API; where RBAC is on, give the user a role that has it; a third-party client also needs a client grant with it.',
          dashboard: 'Applications > APIs > (the API) > Permissions, and User Management > Roles',
        },
      },
    },
    'tool-refused': {
      says: 'The harmless tool runs with the token of the profile, and not with the one that a sign-in leads to.',
      fix: {
        general:
          'Compare the two tokens (client, subject, scope): the tool, or what it calls, asks for something that tokens of real clients lack.',
      },
    },
    'tool-failed': {
      says: 'The way ends with a tool call that fails.',
      // What a tool answers is its own affair; that the token was taken is shown by then.
      keyword: 'ADVICE',
      fix: {
        general:
          'Look into the log of the tool; name another harmless tool, or other arguments, in server.safeTool where it cannot succeed.',
      },
    },
  },
  judge(evidence, facts) {
    const { operations } = evidence.firstUse;
    const isGuarded = ({ operation, revision }: AskedOperation) =>
      evidence.anonymous.operations.some(
        (asked) =>
          asked.operation === operation &&
          eraOf(asked.revision) === eraOf(revision) &&
          asked.exchange.answer?.status === 401,
      );
    const guarded = operations.filter(isGuarded);
    const calls = guarded.filter(({ operation }) => operation === 'tools/call');
    const others = guarded.filter(({ operation }) => operation !== 'tools/call');
    const expected = 'the answer of a server that knows the token';
    const found = (asked: AskedOperation, { reason, actual }: Problem<Refused | 'tool-refused' | 'tool-failed'>) =>
      fail([{ reason, expected, actual, at: [asked.exchange.id] }]);

    const served = others.find(({ exchange }) => isServed(exchange));
    // Of a server that takes the token for one thing, 401 alone is about the token; the rest may be about the thing.
    const refused = guarded.filter(({ exchange }) => served === undefined || exchange.answer?.status === 401);
    for (const asked of refused) {
      const problem = refusalOf(asked, evidence);
      if (problem !== undefined) return isVerdict(problem) ? problem : found(asked, problem);
    }
    const call = calls.find(({ exchange }) => hasRun(exchange)) ?? calls[0];
    if (call !== undefined && !hasRun(call.exchange)) {
      const unsaid = unheard(call.exchange);
      if (unsaid !== undefined) return unsaid;
      const problem = refusalOf(call, evidence) ?? judgeTool(call, evidence, facts);
      return isVerdict(problem) ? problem : found(call, problem);
    }
    const last = call ?? served;
    if (last === undefined) {
      const said = guarded.map(({ operation, exchange }) => `${operation}: ${describe(exchange)}`).join('; ');
      return untested(
        `no guarded operation is served with the token of the sign-in, and none is refused for it (${said})`,
        'revision: the revision that the server speaks; server.safeTool: a harmless tool',
      );
    }
    return pass(
      `401, metadata, sign-in, code, ${describeToken(evidence.firstUse.token)}, ${last.operation} (${last.revision}): ${describe(last.exchange)}`,
    );
  },
  examples: {
    pass: [{ says: 'to the end', evidence: golden }],
    fail: {
      'token-refused': { says: '401', evidence: answering(/^firstUse\//, unauthorized(INVALID_TOKEN)) },
      'scope-not-read': { says: '403, and the token has the scope', evidence: demanding('mcp:tools') },
      'scope-not-named': { says: '403 for a scope never heard of', evidence: demanding('mcp:tools mcp:write') },
      'scope-not-granted': {
        says: 'less than was asked for',
        evidence: {
          ...demanding('mcp:tools'),
          firstUse: {
            ...demanding('mcp:tools').firstUse,
            token: { ...ACCESS_TOKEN, claims: { ...ACCESS_TOKEN.claims, scope: 'offline_access' } },
          },
        },
      },
      'tool-refused': {
        says: 'an error as the result of the tool',
        evidence: answering(/^firstUse\/.*tools\/call$/, result({ content: [], isError: true })),
      },
      'tool-failed': {
        says: 'with tokens.good too',
        evidence: answering(/^(firstUse|control)\/.*tools\/call$/, result({ content: [], isError: true })),
      },
    },
  },
});

/** Golden evidence, but the server demands these scopes of the token that the sign-in ended with. */
function demanding(scope: string): EvidenceMap {
  return answering(/^firstUse\//, {
    status: 403,
    headers: { 'WWW-Authenticate': `Bearer error="insufficient_scope", scope="${scope}"` },
  });
}
