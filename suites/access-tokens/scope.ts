import type { AskedScope, EvidenceMap, Exchange, NotCalled, TokenView } from '../../fixtures/evidence.ts';
import { describe, headerValues, isServed, isSettled, mcpAnswer } from '../../fixtures/protocol/answers.ts';
import { isScheme, parameter, parseChallenges } from '../../fixtures/protocol/challenges.ts';
import { SCOPE_TRIALS, type ScopeTrialId, scopesIn, scopeTrial, withImplied } from '../../fixtures/trials/scopes.ts';
import { brokenControl, gather, quote, unsettled } from '../challenge/refusals.ts';
import { defineCheck, type Finding, fail, notApplicable, pass, untested, type Verdict } from '../check.ts';
import { answering, golden, INSUFFICIENT_SCOPE, INVALID_TOKEN, METADATA, result, unauthorized } from '../golden.ts';
import { differences } from './differences.ts';

type Trials = Pick<EvidenceMap, 'scopeTrials'>;

const COMMON = {
  party: 'mcp-server',
  pillar: 'server-side-validation',
  assurance: 'controlled-issuer',
  needs: ['scopeTrials'],
} as const;

/** The tool said something else than that it failed; what it says of missing arguments is no answer to a scope. */
function hasRun({ exchange }: AskedScope): boolean {
  const said = mcpAnswer(exchange);
  return said.kind === 'result' ? said.result.isError !== true : isServed(exchange);
}

/** "there is no token for scope-of-other-tools of write (no other tool needs …)", or nothing. */
function leftOut(unfit: Trials['scopeTrials']['unfit']): readonly string[] {
  const texts = unfit.map(({ trial, tool, why }) => `${trial} of ${tool} (${why.because})`);
  return texts.length === 0 ? [] : [`there is no token for ${texts.join(', ')}`];
}

const hasFailed = (exchange: Exchange) => {
  const said = mcpAnswer(exchange);
  return (
    (isServed(exchange) && said.kind === 'result' && said.result.isError === true) || saysInvalidParameters(exchange)
  );
};

/**
 * An answer of the tool that it failed tells nothing of the scope where the tool was called without the arguments it may
 * need, or where it fails with every scope as well.
 */
const isAmbiguous = ({ control }: Trials['scopeTrials']) => {
  const failsAnyway = control.exchanges.some(hasFailed);
  return ({ exchange, withArguments }: AskedScope) => (!withArguments || failsAnyway) && hasFailed(exchange);
};

function nothingTold({ asked, control }: Trials['scopeTrials']): Verdict<never> {
  const failed = control.exchanges.find(hasFailed);
  return failed !== undefined && asked.some(({ withArguments }) => withArguments)
    ? untested(
        `the harmless tool fails for a token with every scope as well: ${describe(failed)}`,
        'server.safeTool: a harmless tool that needs a scope, with arguments with which it succeeds',
      )
    : untested(
        'the tools answered that something else is wrong: they were called without arguments',
        'server.safeTool: a harmless tool that needs a scope, with its arguments',
      );
}

/** JSON-RPC 2.0, "Error object": the missing arguments are what it is about, or a name it does not know. */
function saysInvalidParameters(exchange: Exchange): boolean {
  const said = mcpAnswer(exchange);
  return said.kind === 'error' && said.code === -32602;
}

const REASONS: Readonly<
  Record<ScopeTrialId, 'without-scope' | 'look-alike' | 'part' | 'first-of-two' | 'other-scope' | 'permissions'>
> = {
  'scope-missing': 'without-scope',
  'scope-empty': 'without-scope',
  'scope-of-openid': 'without-scope',
  'scope-cut': 'look-alike',
  'scope-goes-on': 'look-alike',
  'scope-begins-earlier': 'look-alike',
  'scope-longer': 'look-alike',
  'scope-capitals': 'look-alike',
  'scope-twice': 'first-of-two',
  'scope-in-permissions': 'permissions',
  'scope-without-last': 'part',
  'scope-without-first': 'part',
  'scope-of-other-tools': 'other-scope',
};

const AUTH0 = {
  text: "express-oauth2-jwt-bearer: requiredScopes('notes:read') behind auth(), or claimIncludes('permissions', 'notes:read') where RBAC writes permissions into the token. An MCP server has one route, so check req.auth.payload for each tool before it runs.",
};

const WHOLE = {
  general:
    'Split scope at blanks, and ask of the resulting list that it holds each needed scope as a whole, case included (no includes or startsWith on the text).',
  auth0: AUTH0,
};

export const runsNoToolWithoutItsScope = defineCheck({
  ...COMMON,
  id: 'access-tokens/runs-no-tool-without-its-scope',
  title: 'Runs no tool for a token without the scopes the tool needs',
  keyword: 'MUST',
  severity: 'high',
  requirements: [
    'MCP-token-validate-oauth21',
    'MCP-token-validate-before-processing',
    'MCP-scope-hierarchy',
    'AUTH0-token-permissions',
    'A61',
    'A62',
  ],
  trials: SCOPE_TRIALS.map((trial) => `scopeTrials/${trial}`),
  reasons: {
    'without-scope': {
      says: 'A tool runs for a call whose token has none of the scopes the tool needs.',
      fix: {
        general:
          'Before a tool runs, compare the scopes it needs with those of the token that came with this very call (not of the one that opened the session), and answer 403 with error="insufficient_scope" when one is missing.',
        auth0: AUTH0,
      },
    },
    'look-alike': {
      says: 'A tool runs for a token with a scope that only resembles the needed one (cut, longer, other case): texts are compared, and not scopes.',
      fix: WHOLE,
    },
    part: {
      says: 'A tool runs for a token that has some of the scopes it needs, and not all.',
      fix: {
        general:
          'Demand every scope that a tool needs (every, not some), also those beyond what all operations need. Where one of them is meant to include another, say so in the profile: server.implies.',
        auth0: {
          text: "express-oauth2-jwt-bearer: requiredScopes('a b') demands both; scopeIncludesAny('a b') one of them.",
        },
      },
    },
    'first-of-two': {
      says: 'A tool runs for a token in which scope stands twice, because the first is taken; others read the last.',
      fix: {
        general:
          'Parse claims with a parser that keeps the last of equal names (JSON.parse, Python json) or refuses them.',
      },
    },
    permissions: {
      says: 'A tool runs for a token whose scope does not allow it, because permissions does: those are all that the user may do, and scope is what of it the client was given.',
      keyword: 'ADVICE',
      fix: {
        general: 'Where a token has scope, go by that; look at permissions only where there is none.',
        auth0: {
          text: 'With RBAC, permissions holds what the user has, whatever the client asked for. Check scope (requiredScopes) beside permissions, so that a client gets no more than it was granted.',
          dashboard: 'Applications > APIs > (API) > Settings > RBAC Settings',
        },
      },
    },
    'other-scope': {
      says: 'A tool runs for a token that has scopes of other tools only. Where one of those is meant to include what this tool needs, that is right; say so in the profile then: server.implies.',
      keyword: 'SHOULD',
      fix: {
        general:
          'Keep a list of needed scopes for each tool, and compare the token with the list of the tool that is called.',
        auth0: AUTH0,
      },
    },
  },
  judge({ scopeTrials }): Verdict<(typeof REASONS)[ScopeTrialId]> {
    const { asked, unfit, control, notCalled } = scopeTrials;
    const isUnclear = isAmbiguous(scopeTrials);
    const told = asked.filter((each) => !isUnclear(each));
    const ran = told.filter(hasRun);
    if (ran.length > 0) return fail(withoutConsequences(ran, told).map((each) => ranFinding(each, control.token)));
    return (
      unsettled(asked.map(({ exchange }) => exchange)) ??
      brokenControl(...control.exchanges) ??
      (told.length === 0
        ? nothingTold(scopeTrials)
        : pass(
            [
              `${told.length} calls of ${namesOf(told)} were refused`,
              ...leftOut(unfit),
              ...notCalledOf(notCalled),
            ].join('; '),
          ))
    );
  },
  examples: {
    pass: [
      { says: 'all refused', evidence: golden },
      {
        says: 'the tool itself refuses',
        evidence: answering(/^scopeTrials\/scope-/, result({ content: [], isError: true })),
      },
    ],
    fail: {
      'without-scope': {
        says: 'the tool answers a token without scope',
        evidence: answering(/^scopeTrials\/scope-empty\//, result({ content: [] })),
      },
      'look-alike': {
        says: 'the scope is cut by a character',
        evidence: answering(/^scopeTrials\/scope-cut\//, result({ content: [] })),
      },
      part: {
        says: 'one of two scopes is enough',
        evidence: answering(/^scopeTrials\/scope-without-last\//, result({ content: [] })),
      },
      'first-of-two': {
        says: 'the first scope claim counts',
        evidence: answering(/^scopeTrials\/scope-twice\//, result({ content: [] })),
      },
      permissions: {
        says: 'permissions counts',
        evidence: answering(/^scopeTrials\/scope-in-permissions\//, result({ content: [] })),
      },
      'other-scope': {
        says: 'the scope of another tool is enough',
        evidence: answering(/^scopeTrials\/scope-of-other-tools\//, result({ content: [] })),
      },
    },
  },
});

/**
 * A tool that runs for a token with other scopes, and none that it needs, asks for none: how it reads scopes cannot be
 * seen then. Where that token was not sent, the one without any scope stands for it.
 */
function withoutConsequences(ran: readonly AskedScope[], told: readonly AskedScope[]): readonly AskedScope[] {
  return ran.filter(({ tool, trial }) => {
    const isOfTool = (each: AskedScope, wanted: ScopeTrialId) => each.tool === tool && each.trial === wanted;
    const plain = told.some((each) => isOfTool(each, 'scope-of-openid')) ? 'scope-of-openid' : 'scope-missing';
    return REASONS[trial] === 'without-scope' || !ran.some((each) => isOfTool(each, plain));
  });
}

function ranFinding(asked: AskedScope, control: TokenView): Finding<(typeof REASONS)[ScopeTrialId]> {
  return {
    reason: REASONS[asked.trial],
    expected: 'status 403 (Forbidden), and the tool does not run',
    actual: `${asked.tool} needs ${asked.needed.join(' ')}; ${scopeTrial(asked.trial).change}: ${[describe(asked.exchange), ...differences(asked.token, control)].join('; ')}`,
    at: [asked.exchange.id],
  };
}

/** "not called, as they may do something when they run: write-note", or nothing. */
export const notCalledOf = (tools: readonly NotCalled[]): readonly string[] =>
  tools.length === 0
    ? []
    : [
        `not called, as ${tools.length === 1 ? 'it' : 'they'} may do something when run (allow: [writes] in the profile calls ${tools.length === 1 ? 'it' : 'them'}): ${tools.map(({ tool }) => tool).join(', ')}`,
      ];

const namesOf = (asked: readonly AskedScope[]) => [...new Set(asked.map(({ tool }) => tool))].join(', ');

/** Calls that did not run a tool, and whose answer is about the scope. */
const refusals = ({ scopeTrials }: Trials) => {
  const isUnclear = isAmbiguous(scopeTrials);
  return scopeTrials.asked.filter((each) => isSettled(each.exchange) && !isUnclear(each) && !hasRun(each));
};

function nothingRefused({ scopeTrials }: Trials): Verdict<never> {
  return scopeTrials.asked.length > 0 && scopeTrials.asked.every(isAmbiguous(scopeTrials))
    ? nothingTold(scopeTrials)
    : untested(
        'no call was refused for its scope',
        'a server that refuses tokens with too little scope',
        'access-tokens/runs-no-tool-without-its-scope',
      );
}

export const answers403ToTooLittleScope = defineCheck({
  ...COMMON,
  id: 'access-tokens/answers-403-to-too-little-scope',
  title: 'Answers 403 to a token with too little scope',
  keyword: 'SHOULD',
  severity: 'low',
  requirements: [
    'MCP-challenge-403-insufficient',
    'MCP-stepup-403-status',
    'RFC6750-3.1-insufficient-scope-403',
    'A61',
    'A62',
    'AUTH0-rs-403-challenge',
  ],
  trials: SCOPE_TRIALS.map((trial) => `scopeTrials/${trial}`),
  reasons: {
    unauthorized: {
      says: 'A good token with too little scope gets 401: the client fetches another one just like it, and comes back for ever.',
      fix: {
        general: 'Answer 401 to a token that is not valid, and 403 to one that is valid and may not do this.',
        auth0: {
          text: 'express-oauth2-jwt-bearer: requiredScopes throws InsufficientScopeError with status 403; send its status and headers.',
        },
      },
    },
    'other-status': {
      says: 'A good token with too little scope gets neither 403 nor 401: the client does not learn that more scope would help.',
      fix: {
        general:
          'Check scopes before the request reaches the MCP library, and answer with HTTP status 403 and a challenge, not with a JSON-RPC error or a tool error in a 200.',
      },
    },
  },
  judge(evidence): Verdict<'unauthorized' | 'other-status'> {
    const refused = refusals(evidence);
    if (refused.length === 0) return nothingRefused(evidence);
    const breaches = refused.flatMap(({ exchange }) => {
      const status = exchange.answer?.status;
      if (status === 403) return [];
      const reason = status === 401 ? ('unauthorized' as const) : ('other-status' as const);
      return [{ reason, actual: describe(exchange), at: exchange.id }];
    });
    return breaches.length > 0
      ? fail(gather(breaches, 'status 403 (Forbidden)'))
      : (brokenControl(...evidence.scopeTrials.control.exchanges) ?? pass(`${refused.length} calls got 403`));
  },
  examples: {
    pass: [{ says: '403', evidence: golden }],
    fail: {
      unauthorized: { says: '401', evidence: answering(/^scopeTrials\/scope-/, unauthorized(INVALID_TOKEN)) },
      'other-status': {
        says: 'a tool error with status 200',
        evidence: answering(/^scopeTrials\/scope-/, result({ content: [], isError: true })),
      },
    },
  },
});

type Silence = 'no-challenge' | 'other-error' | 'no-scope' | 'no-resource-metadata';

const bearerOf = ({ answer }: Exchange) =>
  parseChallenges(headerValues(answer, 'www-authenticate')).challenges.filter(
    (each) => isScheme(each, 'Bearer') || isScheme(each, 'DPoP'),
  );

const parameterOf = (exchange: Exchange, name: string) =>
  bearerOf(exchange)
    .map((challenge) => parameter(challenge, name))
    .find((value) => value !== undefined);

const forbidden = (evidence: Trials) => refusals(evidence).filter(({ exchange }) => exchange.answer?.status === 403);

const NO_403 = () =>
  untested(
    'no call got 403',
    'a server that answers 403 to tokens with too little scope',
    'access-tokens/answers-403-to-too-little-scope',
  );

const EXAMPLE =
  'WWW-Authenticate: Bearer error="insufficient_scope", scope="notes:read notes:write", resource_metadata="https://mcp.example.com/.well-known/oauth-protected-resource/mcp"';

export const tellsWhichScopeIsMissing = defineCheck({
  ...COMMON,
  id: 'access-tokens/tells-how-to-get-more-scope',
  title: 'Tells a client with too little scope how to get more',
  keyword: 'SHOULD',
  severity: 'low',
  since: '2025-11-25',
  requirements: [
    'MCP-stepup-403-status',
    'MCP-stepup-403-error-code',
    'MCP-stepup-403-scope',
    'MCP-stepup-403-resource-metadata',
    'A61c',
    'AUTH0-rs-403-challenge',
  ],
  trials: SCOPE_TRIALS.map((trial) => `scopeTrials/${trial}`),
  reasons: {
    'no-challenge': {
      says: 'The 403 has no Bearer challenge: for the client this is the end.',
      fix: { general: `Send a challenge with the 403: ${EXAMPLE}.` },
    },
    'other-error': {
      says: 'The challenge of the 403 does not say insufficient_scope, by which clients know that more scope helps.',
      fix: { general: `Write error="insufficient_scope": ${EXAMPLE}.` },
    },
    'no-scope': {
      says: 'The challenge of the 403 does not say which scopes would do, so the client has to guess or to ask for all.',
      fix: { general: `Write the scopes that the operation needs: ${EXAMPLE}.` },
    },
    'no-resource-metadata': {
      says: 'The challenge of the 403 does not say where the resource metadata is, as that of the 401 does.',
      fix: { general: `Repeat resource_metadata: ${EXAMPLE}.` },
    },
  },
  judge(evidence): Verdict<Silence> {
    const refused = forbidden(evidence);
    if (refused.length === 0) return NO_403();
    const breaches = refused.flatMap(({ exchange }) =>
      silencesOf(exchange).map((breach) => ({ ...breach, at: exchange.id })),
    );
    return breaches.length > 0
      ? fail(gather(breaches, 'a Bearer challenge with error="insufficient_scope", scope and resource_metadata'))
      : pass(
          `${refused.length} times: ${quote(headerValues(refused[0]!.exchange.answer, 'www-authenticate').join(', '))}`,
        );
  },
  examples: {
    pass: [{ says: 'all three', evidence: golden }],
    fail: {
      'no-challenge': { says: 'a bare 403', evidence: answering(/^scopeTrials\/scope-/, { status: 403 }) },
      'other-error': {
        says: 'the code of another error',
        evidence: answering(
          /^scopeTrials\/scope-/,
          withChallenge(INSUFFICIENT_SCOPE.replace('insufficient_scope', 'invalid_token')),
        ),
      },
      'no-scope': {
        says: 'no scope',
        evidence: answering(
          /^scopeTrials\/scope-/,
          withChallenge(`Bearer error="insufficient_scope", resource_metadata="${METADATA}"`),
        ),
      },
      'no-resource-metadata': {
        says: 'no resource_metadata',
        evidence: answering(
          /^scopeTrials\/scope-/,
          withChallenge('Bearer error="insufficient_scope", scope="mcp:tools mcp:write"'),
        ),
      },
    },
  },
});

function withChallenge(challenge: string) {
  return { status: 403, headers: { 'WWW-Authenticate': challenge } };
}

function silencesOf(exchange: Exchange): readonly { readonly reason: Silence; readonly actual: string }[] {
  if (bearerOf(exchange).length === 0) return [{ reason: 'no-challenge', actual: 'no Bearer challenge' }];
  const error = parameterOf(exchange, 'error');
  return [
    ...(error === 'insufficient_scope'
      ? []
      : [{ reason: 'other-error' as const, actual: error === undefined ? 'no error' : `error is ${quote(error)}` }]),
    ...(parameterOf(exchange, 'scope')?.trim() ? [] : [{ reason: 'no-scope' as const, actual: 'no scope' }]),
    ...(parameterOf(exchange, 'resource_metadata') === undefined
      ? [{ reason: 'no-resource-metadata' as const, actual: 'no resource_metadata' }]
      : []),
  ];
}

export const namesAllNeededScopesAtOnce = defineCheck({
  ...COMMON,
  id: 'access-tokens/names-all-needed-scopes-at-once',
  title: 'Names all scopes an operation needs in one challenge',
  keyword: 'SHOULD',
  severity: 'low',
  since: '2026-07-28',
  requirements: ['MCP-stepup-single-challenge', 'MCP-stepup-403-scope', 'A61c'],
  trials: SCOPE_TRIALS.map((trial) => `scopeTrials/${trial}`),
  reasons: {
    'not-all': {
      says: 'The challenge of the 403 names some of the scopes that the tool needs and leaves others out, so the user is sent to consent again and again.',
      fix: {
        general:
          'Write every scope that the operation needs into scope of the 403 challenge, also those that the token has already. If fewer are enough, say so in the profile: server.tools.',
      },
    },
  },
  judge(evidence, { server: { implies } }): Verdict<'not-all'> {
    const refused = forbidden(evidence);
    if (refused.length === 0) return NO_403();
    const naming = refused.filter(({ exchange }) => parameterOf(exchange, 'scope')?.trim());
    if (naming.length === 0) return notApplicable('no challenge of a 403 has a scope');
    const breaches = naming.flatMap(({ exchange, tool, needed, token }) => {
      const named = (parameterOf(exchange, 'scope') ?? '').split(' ');
      // What the token has may be left out: clients add it (MCP 2026-07-28, "Step-Up Authorization Flow").
      const held = scopesIn(token.claims) ?? [];
      const enough = withImplied([...named, ...held], implies);
      const missing = needed.filter((scope) => !enough.has(scope));
      if (missing.length === 0) return [];
      const actual = `${tool} needs ${needed.join(' ')}, and scope is ${quote(named.join(' '))}`;
      return [{ reason: 'not-all' as const, actual, at: exchange.id }];
    });
    return breaches.length > 0
      ? fail(gather(breaches, 'each scope that the tool needs'))
      : pass(`each of ${naming.length} challenges names what is missing`);
  },
  examples: {
    pass: [{ says: 'both', evidence: golden }],
    fail: {
      'not-all': {
        says: 'one of two scopes',
        evidence: answering(/^scopeTrials\/scope-/, withChallenge(INSUFFICIENT_SCOPE.replace(' mcp:write', ''))),
      },
    },
  },
});

export const scopeChecks = [
  runsNoToolWithoutItsScope,
  answers403ToTooLittleScope,
  tellsWhichScopeIsMissing,
  namesAllNeededScopesAtOnce,
];
