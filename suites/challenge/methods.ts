import { describe, headerValues, isServed, isServerError, mcpAnswer } from '../../fixtures/protocol/answers.ts';
import type { OperationName } from '../../fixtures/protocol/requests.ts';
import { type Era, eraOf } from '../../fixtures/protocol/revisions.ts';
import type { MethodTrial } from '../../fixtures/trials/methods.ts';
import { defineCheck, fail, notApplicable, pass, untested } from '../check.ts';
import { answering, golden, result } from '../golden.ts';
import { type Breach, gather, unsettled, withoutControl } from './refusals.ts';

export const guardsTheEventStream = defineCheck({
  id: 'challenge/guards-the-event-stream',
  title: 'Opens no event stream for a caller without a token',
  keyword: 'MUST',
  severity: 'high',
  party: 'mcp-server',
  pillar: 'server-side-validation',
  requirements: ['MCP-challenge-401-no-token', 'MCP-verify-all-inbound', 'AUTH0-rs-401-all', 'A83'],
  assurance: 'token',
  needs: ['anonymous', 'challenge'],
  uses: ['control'],
  trials: ['challenge/event-stream'],
  reasons: {
    'stream-opened': {
      says: 'The server’s event stream opens for anybody, by GET or by subscriptions/listen.',
      fix: {
        general:
          'Validate the token on GET as on POST, or answer GET with 405; open no stream for subscriptions/listen before the token was validated.',
      },
    },
  },
  judge(evidence) {
    const { operations } = evidence.anonymous;
    const isPublic = (era: Era, ...names: readonly OperationName[]) =>
      operations.some(
        ({ operation, revision, exchange }) =>
          eraOf(revision) === era && names.includes(operation) && isServed(exchange),
      );
    // Who may open a session without a token may hear its stream, and who may list tools that the list changed: MCP
    // forbids no public use.
    const streams = [
      ...(isPublic('session', 'initialize') ? [] : [evidence.challenge.eventStream]),
      ...(isPublic('stateless', 'server/discover', 'tools/list') ? [] : operations)
        .filter((asked) => asked.operation === 'subscriptions/listen')
        .map(({ exchange }) => exchange),
    ];
    if (streams.length === 0) return notApplicable('sessions are open to anybody, and their streams with them');
    const opened = streams.filter((exchange) => ['stream', 'result'].includes(mcpAnswer(exchange).kind));
    if (opened.length > 0) {
      const breaches = opened.map((exchange) => ({
        reason: 'stream-opened' as const,
        actual: `${exchange.asks}: ${describe(exchange)}`,
        at: exchange.id,
      }));
      return fail(gather(breaches, 'status 401, or another refusal where there is no stream'));
    }
    return (
      unsettled(streams) ??
      withoutControl(evidence) ??
      pass(streams.map((exchange) => `${exchange.asks}: ${describe(exchange)}`).join('; '))
    );
  },
  examples: {
    pass: [{ says: '401', evidence: golden }],
    fail: {
      'stream-opened': {
        says: 'a stream',
        evidence: answering(/^challenge\/event-stream/, {
          headers: { 'Content-Type': 'text/event-stream' },
          body: ': hello\n\n',
        }),
      },
    },
  },
});

const WITH_BODY: readonly MethodTrial[] = ['put', 'patch', 'unknown', 'override'];
const OTHER: readonly MethodTrial[] = ['head', 'trace', 'options', ...WITH_BODY];

export const servesNothingToOtherMethods = defineCheck({
  id: 'challenge/serves-nothing-to-other-methods',
  title: 'Serves nothing to other methods without a token',
  keyword: 'MUST',
  severity: 'high',
  party: 'mcp-server',
  pillar: 'server-side-validation',
  requirements: ['MCP-challenge-401-no-token', 'MCP-token-validate-before-processing', 'MCP-verify-all-inbound', 'A85'],
  assurance: 'token',
  needs: ['anonymous', 'methods'],
  uses: ['control'],
  trials: OTHER.map((trial) => `methods/${trial}`),
  reasons: {
    served: {
      says: 'The guarded operation is served without a token when another method is used.',
      fix: {
        general:
          'Guard the path, not the method: require a token before the method is looked at, and route POST alone to the MCP handler.',
      },
    },
    'trace-echo': {
      says: 'TRACE sends the request back, with whatever proxies added to it.',
      keyword: 'SHOULD',
      fix: { general: 'Switch TRACE off in server and proxy.' },
    },
    'server-error': {
      says: 'Another method makes the server fail.',
      keyword: 'SHOULD',
      fix: { general: 'Answer 405 with Allow to methods the endpoint does not have, or 501 to methods nobody knows.' },
    },
  },
  judge(evidence) {
    const { methods } = evidence;
    const breaches = OTHER.flatMap(
      (trial): readonly (Breach<'served' | 'trace-echo' | 'server-error'> & { at: string })[] => {
        const exchange = methods[trial];
        const { answer } = exchange;
        if (answer === undefined) return [];
        const breach = (reason: 'served' | 'trace-echo' | 'server-error') => [
          { reason, actual: `${exchange.asks}: ${describe(exchange)}`, at: exchange.id },
        ];
        if (WITH_BODY.includes(trial) && isServed(exchange)) return breach('served');
        // Preflights are answered by whatever does CORS, with any status and body: a result alone comes from MCP.
        if (trial === 'options') return mcpAnswer(exchange).kind === 'result' ? breach('served') : [];
        if (trial === 'trace' && answer.status === 200 && answer.body.includes('zq7-trace'))
          return breach('trace-echo');
        return isServerError(answer) ? breach('server-error') : [];
      },
    );
    if (breaches.length > 0) return fail(gather(breaches, 'status 401, or 405 with Allow'));
    return (
      unsettled(OTHER.map((trial) => methods[trial])) ??
      withoutControl(evidence) ??
      pass(OTHER.map((trial) => `${methods[trial].request.method}: ${describe(methods[trial])}`).join(', '))
    );
  },
  examples: {
    pass: [{ says: '405', evidence: golden }],
    fail: {
      served: { says: 'PUT is served', evidence: answering(/^methods\/put/, result({ tools: [] })) },
      'trace-echo': {
        says: 'TRACE echoes',
        evidence: answering(/^methods\/trace/, { body: 'TRACE /mcp HTTP/1.1\r\nX-Trace-Mark: zq7-trace' }),
      },
      'server-error': { says: '500', evidence: answering(/^methods\/unknown$/, { status: 500 }) },
    },
  },
});

export const namesTheAllowedMethodsWith405 = defineCheck({
  id: 'challenge/names-the-allowed-methods-with-405',
  title: 'Names the allowed methods with each 405',
  keyword: 'MUST',
  severity: 'low',
  party: 'mcp-server',
  requirements: ['RFC9110-15.5.6-405-allow'],
  assurance: 'anonymous',
  needs: ['challenge', 'methods'],
  reasons: {
    'no-allow': {
      says: 'A 405 carries no Allow field.',
      fix: { general: 'Send Allow: POST (and the other methods the endpoint has) with 405.' },
    },
  },
  judge({ challenge, methods }) {
    // TRACE, OPTIONS and unknown methods are answered by whatever stands in front, which is no origin server.
    const { trace: _trace, options: _options, unknown: _unknown, ...own } = methods;
    const refused = [challenge.eventStream, ...Object.values(own)].filter(({ answer }) => answer?.status === 405);
    if (refused.length === 0) return notApplicable('nothing answered 405');
    // An empty Allow says that no method is allowed, and is legal (RFC 9110 10.2.1).
    const breaches = refused
      .filter(({ answer }) => headerValues(answer, 'allow').length === 0)
      .map(({ request, id }) => ({
        reason: 'no-allow' as const,
        actual: `${request.method}: status 405 without Allow`,
        at: id,
      }));
    return breaches.length > 0
      ? fail(gather(breaches, 'Allow, with the methods the endpoint has'))
      : pass(`${refused.length} answers with 405 carry Allow`);
  },
  examples: {
    pass: [{ says: 'Allow is there', evidence: golden }],
    fail: { 'no-allow': { says: 'a bare 405', evidence: answering(/^methods\/put/, { status: 405 }) } },
  },
});

export const servesNothingToRetiredMethods = defineCheck({
  id: 'challenge/serves-nothing-to-retired-methods',
  title: 'Serves nothing to GET and DELETE, which 2026-07-28 retired',
  keyword: 'SHOULD',
  since: '2026-07-28',
  severity: 'low',
  party: 'mcp-server',
  requirements: ['MCP-legacy-verbs-405'],
  assurance: 'token',
  needs: ['control', 'challenge', 'methods'],
  trials: ['challenge/event-stream', 'methods/delete-unknown-session'],
  reasons: {
    'other-status': {
      says: 'A server that speaks 2026-07-28 alone still answers GET or DELETE as if there were streams and sessions.',
      fix: { general: 'Answer GET and DELETE on the endpoint with 405 and Allow: POST.' },
    },
  },
  judge({ control, challenge, methods }) {
    if (control.revisions.some((revision) => revision < '2026-07-28'))
      return notApplicable('the server also speaks earlier revisions, which have GET and DELETE');
    if (control.revisions.length === 0)
      return untested(
        'the server named no revision',
        'tokens.good: an access token that the server accepts, so that it says which revisions it speaks',
      );
    const asked = [challenge.eventStream, methods['delete-unknown-session']];
    const breaches = asked
      .filter(({ answer }) => answer !== undefined && answer.status >= 200 && answer.status < 300)
      .map((exchange) => ({
        reason: 'other-status' as const,
        actual: `${exchange.request.method}: ${describe(exchange)}`,
        at: exchange.id,
      }));
    return breaches.length > 0
      ? fail(gather(breaches, 'status 405, or another refusal'))
      : (unsettled(asked) ??
          pass(asked.map((exchange) => `${exchange.request.method}: ${describe(exchange)}`).join(', ')));
  },
  examples: {
    pass: [{ says: 'refused', evidence: { ...golden, control: { ...golden.control, revisions: ['2026-07-28'] } } }],
    fail: {
      'other-status': {
        says: 'GET answers a page',
        evidence: {
          ...answering(/^challenge\/event-stream/, { status: 200 }),
          control: { ...golden.control, revisions: ['2026-07-28'] },
        },
      },
    },
  },
});

export const methodChecks = [
  guardsTheEventStream,
  servesNothingToOtherMethods,
  namesTheAllowedMethodsWith405,
  servesNothingToRetiredMethods,
];
