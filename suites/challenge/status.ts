import type { AskedOperation, EvidenceMap, Exchange } from '../../fixtures/evidence.ts';
import { controlOf } from '../../fixtures/protected-operation.ts';
import {
  describe,
  header,
  isAboutTheMessage,
  isServed,
  isServerError,
  isSettled,
  isSuccess,
  mcpAnswer,
} from '../../fixtures/protocol/answers.ts';
import { urlOf } from '../../fixtures/protocol/urls.ts';
import { CREDENTIAL_TRIALS, credentialRow } from '../../fixtures/trials/credentials.ts';
import { defineCheck, fail, notApplicable, pass, untested } from '../check.ts';
import { answering, golden, result, WITH_INVALID_TOKEN, WITHOUT_TOKEN } from '../golden.ts';
import { type Breach, gather, quote, unsettled } from './refusals.ts';

const isRequest = ({ operation }: AskedOperation) => !operation.startsWith('notifications/');
const named = ({ operation, revision }: AskedOperation) => `${operation} (${revision})`;
const isBatch = ({ operation }: AskedOperation) => operation === 'batch';
/** `challenge/guards-the-event-stream` judges the stream that this opens. */
const isListen = ({ operation }: AskedOperation) => operation === 'subscriptions/listen';
/** What a server need not have: only that it is served says anything. */
const isOptional = (asked: AskedOperation) =>
  isBatch(asked) || isListen(asked) || ['resources/list', 'prompts/list'].includes(asked.operation);
/** The tool that is declared protected, called by itself or in a batch. */
const callsTool = ({ operation }: AskedOperation) => ['tools/call', 'batch'].includes(operation);

export const answers401WithoutAToken = defineCheck({
  id: 'challenge/answers-401-without-a-token',
  title: 'Answers 401 to a guarded operation that carries no token',
  keyword: 'MUST',
  severity: 'critical',
  party: 'mcp-server',
  pillar: 'server-side-validation',
  requirements: ['MCP-challenge-401-no-token', 'AUTH0-rs-401', 'RFC6750-3-www-authenticate-present', 'A86'],
  assurance: 'anonymous',
  needs: ['anonymous'],
  uses: ['control'],
  reasons: {
    served: {
      says: 'A tool that is declared protected answers its result to a caller without a token.',
      fix: {
        general:
          'Require a valid access token before the request reaches the MCP handler, for tools/call first of all.',
      },
    },
    redirected: {
      says: 'A request without a token is redirected instead of refused with 401.',
      fix: {
        general:
          'Answer 401 with a Bearer challenge on the MCP endpoint; a sign-in page is for browsers, MCP clients cannot follow it. Take the endpoint out of session or single-sign-on middleware.',
      },
    },
    'refused-otherwise': {
      says: 'A request without a token is refused with a status other than 401, though the token alone is missing.',
      fix: {
        general:
          'Answer 401 with a Bearer challenge when the token is missing; clients begin authorization on 401 only.',
      },
    },
    'server-error': {
      says: 'A request without a token makes the server fail.',
      fix: {
        general: 'Handle the missing Authorization field before it is parsed, and answer 401 with a Bearer challenge.',
      },
    },
  },
  judge({ anonymous, control }, { server }) {
    const operations = anonymous.operations.filter(isRequest);
    const breaches: (Breach<'served' | 'redirected' | 'refused-otherwise' | 'server-error'> & { at: string })[] = [];
    const note = (reason: (typeof breaches)[number]['reason'], asked: AskedOperation) =>
      breaches.push({ reason, actual: `${named(asked)}: ${describe(asked.exchange)}`, at: asked.exchange.id });

    const guarded = operations.filter(({ exchange }) => exchange.answer?.status === 401);
    for (const asked of operations) {
      const { operation, exchange } = asked;
      const { answer } = exchange;
      if (answer === undefined) continue;
      const declared = callsTool(asked) && server.guardedTool !== undefined;
      const isOut = isBatch(asked) ? mcpAnswer(exchange).kind === 'result' : isSuccess(answer);
      if (declared && isOut && !refuses(exchange)) note('served', asked);
      // Batches were removed in 2025-06-18, so that any refusal of one is right, and 202 may be for a message not understood.
      if (isOptional(asked)) continue;
      // Where some operation answers 401, the others may be public or of a revision the server does not speak.
      if (guarded.length > 0 || !isSettled(exchange) || (isServed(exchange) && !refuses(exchange))) continue;
      const counterpart = control?.operations.find(
        (each) => each.operation === operation && each.revision === asked.revision,
      );
      const withToken = control !== undefined && controlOf(asked, control) !== undefined;
      const isRedirect = answer.status >= 300 && answer.status < 400;
      // Who is redirected with a token too is sent to another address, not to a sign-in page.
      const forAll = counterpart !== undefined && location(counterpart.exchange) === location(exchange);
      if (isRedirect && !forAll && leadsElsewhere(asked, server.url)) note('redirected', asked);
      else if (isServerError(answer)) note('server-error', asked);
      else if (withToken && !isRedirect) note('refused-otherwise', asked);
    }
    const findings = gather(breaches, 'status 401 (Unauthorized)');
    if (findings.length > 0) return fail(findings);
    if (guarded.length > 0) return pass(`${guarded.map(named).join(', ')} answered 401`);
    const open = operations.filter(({ exchange }) => isServed(exchange)).map(named);
    if (open.length > 0) {
      return untested(
        `no operation answered 401; without a token the server answers ${open.join(', ')}, and none of these is declared protected`,
        'server.safeTool and server.tools: a harmless tool that needs a token',
      );
    }
    const others = operations.map((asked) => `${named(asked)}: ${describe(asked.exchange)}`).join('; ');
    return untested(
      `no operation answered 401 or a result (${others})`,
      'the exact URL of the MCP endpoint, and tokens.good: with a token the same request shows what is missing',
    );
  },
  examples: {
    pass: [{ says: 'tools/list answers 401', evidence: golden }],
    fail: {
      served: {
        says: 'the declared tool answers',
        evidence: answering(/^anonymous.*tools\/call/, result({ content: [] })),
      },
      redirected: {
        says: 'a redirect to a sign-in page',
        evidence: answering(/^anonymous/, { status: 302, headers: { Location: 'https://login.example.com/' } }),
      },
      'refused-otherwise': { says: '403 where a token succeeds', evidence: answering(/^anonymous/, { status: 403 }) },
      'server-error': { says: '500', evidence: answering(/^anonymous/, { status: 500 }) },
    },
  },
});

const location = ({ answer }: Exchange) => header(answer, 'location');

/** A refusal under a success status: a JSON-RPC error, or a tool result that says it is one. */
function refuses(exchange: Exchange): boolean {
  const said = mcpAnswer(exchange);
  return said.kind === 'error' || (said.kind === 'result' && said.result.isError === true);
}

/** A tool that fails for whoever calls it refuses nobody; where no token is at hand, arguments may be what is wrong. */
function worksWithToken(
  { operation, revision, exchange }: AskedOperation,
  control: EvidenceMap['control'] | undefined,
) {
  if (control === undefined) return !isAboutTheMessage(exchange);
  return control.operations.some(
    (each) =>
      each.operation === operation && each.revision === revision && isServed(each.exchange) && !refuses(each.exchange),
  );
}

/** A redirect to the endpoint under https or with another trailing slash is a matter of spelling, not of sign-in. */
function leadsElsewhere({ exchange }: AskedOperation, server: string): boolean {
  const leadsTo = location(exchange);
  const to = leadsTo === undefined ? undefined : urlOf(leadsTo, server);
  if (to === undefined) return false;
  const plain = (url: URL) => `${url.hostname}${url.pathname.replace(/\/$/, '')}`.toLowerCase();
  return plain(to) !== plain(new URL(server));
}

export const authenticatesEveryConnection = defineCheck({
  id: 'challenge/authenticates-every-connection',
  title: 'Asks for a token on every operation',
  keyword: 'SHOULD',
  severity: 'medium',
  party: 'mcp-server',
  requirements: ['MCP-authn-all-connections', 'MCP-verify-all-inbound', 'AUTH0-rs-401-all', 'A86b'],
  assurance: 'anonymous',
  needs: ['anonymous'],
  uses: ['control'],
  reasons: {
    'public-discovery': {
      says: 'Some operations answer anybody; MCP does not forbid that, and the operator should know which.',
      keyword: 'ADVICE',
      fix: {
        general:
          'If what these operations tell (names and descriptions of tools, resources and prompts, and what they hold) is not meant for everybody, require a token for them too.',
      },
    },
    'nothing-guarded': {
      says: 'Every operation that was tried answers anybody.',
      fix: {
        general:
          'Put token validation in front of the MCP endpoint, so that each request is checked before it is handled.',
      },
    },
  },
  judge({ anonymous, control }, { server }) {
    const operations = anonymous.operations.filter((asked) => isRequest(asked) && !isListen(asked));
    // A declared tool that answers anybody is a finding of answers-401-without-a-token.
    const declared = (asked: AskedOperation) => callsTool(asked) && server.guardedTool !== undefined;
    const isOpen = (asked: AskedOperation) =>
      isBatch(asked) ? mcpAnswer(asked.exchange).kind === 'result' : isServed(asked.exchange);
    const open = operations.filter((asked) => isOpen(asked) && !declared(asked));
    if (open.length === 0) {
      const silent = unsettled(operations.map(({ exchange }) => exchange));
      return silent ?? pass('no operation answered a result without a token');
    }
    // In a revision that the server does not speak it refuses everything, whoever asks.
    const isSpoken = ({ revision }: AskedOperation) => open.some((each) => each.revision === revision);
    const guarded = operations.some(
      (asked) =>
        [401, 403].includes(asked.exchange.answer?.status ?? 0) ||
        (declared(asked) &&
          !isBatch(asked) &&
          isSpoken(asked) &&
          refuses(asked.exchange) &&
          worksWithToken(asked, control)),
    );
    return fail([
      {
        reason: guarded ? 'public-discovery' : 'nothing-guarded',
        expected: 'status 401 without a token, on every operation',
        actual: `without a token the server answers ${open.map(named).join(', ')}`,
        at: open.map(({ exchange }) => exchange.id),
      },
    ]);
  },
  examples: {
    pass: [{ says: 'everything answers 401', evidence: golden }],
    fail: {
      'public-discovery': {
        says: 'tools/list is public',
        evidence: answering(/^anonymous.*tools\/list/, result({ tools: [] })),
      },
      'nothing-guarded': { says: 'everything is public', evidence: answering(/^anonymous/, result({})) },
    },
  },
});

const INVALID = CREDENTIAL_TRIALS.filter((trial) => credentialRow(trial).kind === 'invalid');
/** Statuses by which a gateway in front refuses what looks odd to it: they say nothing of the server behind. */
const GATEWAY_REFUSALS = [400, 403, 404, 406, 413, 414, 431];
const ODD_LOOKING = ['unsigned-jwt', 'encrypted-token'];

export const answers401ToAnInvalidToken = defineCheck({
  id: 'challenge/answers-401-to-an-invalid-token',
  title: 'Answers 401 to a token that nobody issued',
  keyword: 'MUST',
  severity: 'critical',
  party: 'mcp-server',
  pillar: 'server-side-validation',
  requirements: [
    'MCP-challenge-401-invalid-token',
    'RFC6750-3.1-invalid-token-401',
    'AUTH0-opaque-rejected',
    'A01',
    'A16',
    'A31',
  ],
  assurance: 'anonymous',
  needs: ['credentials'],
  uses: ['invalidTokens'],
  trials: INVALID.map((trial) => `credentials/${trial}`),
  reasons: {
    served: {
      says: 'A token that nobody issued is accepted.',
      fix: {
        general:
          'Verify the signature with the keys of the one issuer you trust, with a fixed list of algorithms (never none), then issuer, audience and expiry, before the request is handled.',
        auth0: {
          text: 'Verify against https://YOUR_DOMAIN/.well-known/jwks.json with algorithm RS256, issuer https://YOUR_DOMAIN/ (with the slash) and the API identifier as audience; express-oauth2-jwt-bearer does this.',
        },
      },
    },
    'other-status': {
      says: 'A token that nobody issued is refused with a status other than 401.',
      fix: {
        general:
          'Answer 401 with error="invalid_token": on 401 a client gets a new token, on anything else it gives up.',
      },
    },
    'server-error': {
      says: 'A token that nobody issued makes the server fail.',
      fix: { general: 'Treat every error of token parsing and verification as an invalid token: 401, not 500.' },
    },
  },
  judge({ credentials, invalidTokens }) {
    const trials = [
      ...INVALID.map((trial) => ({ trial, exchange: credentials[trial] })),
      ...(invalidTokens?.asked ?? []),
    ];
    const answered = trials.filter(({ trial, exchange }) => {
      if (!isSettled(exchange) || exchange.answer === undefined || isAboutTheMessage(exchange)) return false;
      return !(ODD_LOOKING.includes(trial) && GATEWAY_REFUSALS.includes(exchange.answer.status) && !isServed(exchange));
    });
    const breaches = answered.flatMap(({ exchange }) => {
      const { status } = exchange.answer!;
      const breach = (reason: 'served' | 'other-status' | 'server-error') => [
        { reason, actual: `${exchange.asks}: ${describe(exchange)}`, at: exchange.id },
      ];
      if (isServed(exchange)) return breach('served');
      if (status === 401) return [];
      return breach(status >= 500 ? 'server-error' : 'other-status');
    });
    if (breaches.length > 0) return fail(gather(breaches, 'status 401 (Unauthorized)'));
    // A gateway that drops what looks odd to it is no silence; the plain unknown token has to be answered.
    if (!answered.some(({ exchange }) => exchange === credentials['unknown-token'])) {
      return untested(
        'no trial was answered by the server itself',
        'a network path without a gateway that filters tokens',
      );
    }
    return pass(`${answered.length} requests with tokens that nobody issued were each answered with 401`);
  },
  examples: {
    pass: [{ says: 'each answers 401', evidence: golden }],
    fail: {
      served: {
        says: 'an unsigned JWT is served',
        evidence: answering(/^credentials\/unsigned-jwt/, result({ tools: [] })),
      },
      'other-status': { says: '403 for an unknown token', evidence: answering(WITH_INVALID_TOKEN, { status: 403 }) },
      'server-error': { says: '500 for a JWE', evidence: answering(/^credentials\/encrypted-token/, { status: 500 }) },
    },
  },
});

/** Stack traces of the runtimes MCP servers are written in. */
const STACK_TRACE =
  /\n\s+at [^\n]+[(:]\S+:\d+:\d+\)?|Traceback \(most recent call last\)|\n\s+at [\w.$]+\([\w]+\.java:\d+\)|goroutine \d+ \[/;

export const keepsInternalsOutOfErrors = defineCheck({
  id: 'challenge/keeps-internals-out-of-errors',
  title: 'Shows a refused caller no stack trace',
  keyword: 'ADVICE',
  severity: 'low',
  party: 'mcp-server',
  requirements: ['PRACTICE-error-detail'],
  assurance: 'anonymous',
  needs: ['anonymous'],
  uses: ['credentials'],
  reasons: {
    'stack-trace': {
      says: 'The body of a refusal holds a stack trace.',
      fix: {
        general:
          'Answer errors with a short JSON body and keep traces in the log (in Express: set NODE_ENV=production, and an error handler of your own).',
      },
    },
  },
  judge(evidence) {
    const exchanges = [
      ...evidence.anonymous.operations.map(({ exchange }) => exchange),
      ...Object.values(evidence.credentials ?? {}),
    ].filter(({ answer }) => answer !== undefined && answer.status >= 400);
    if (exchanges.length === 0) return notApplicable('no request was refused');
    const breaches = exchanges.flatMap((exchange) => {
      const trace = STACK_TRACE.exec(
        exchange
          .answer!.body.replaceAll('\\n', '\n')
          .replace(/<br\s*\/?>/gi, '\n')
          .replaceAll('&nbsp;', ' '),
      );
      if (trace === null) return [];
      return [{ reason: 'stack-trace' as const, actual: `the body holds ${quote(trace[0].trim())}`, at: exchange.id }];
    });
    if (breaches.length > 0) return fail(gather(breaches, 'a body without internals'));
    return pass(`${exchanges.length} refusals hold no stack trace`);
  },
  examples: {
    pass: [{ says: 'short bodies', evidence: golden }],
    fail: {
      'stack-trace': {
        says: 'a JavaScript stack trace',
        evidence: answering(WITHOUT_TOKEN, {
          status: 401,
          body: 'Error: no token\n    at verify (/srv/app/auth.js:12:9)\n',
        }),
      },
    },
  },
});

export const statusChecks = [
  answers401WithoutAToken,
  authenticatesEveryConnection,
  answers401ToAnInvalidToken,
  keepsInternalsOutOfErrors,
];
