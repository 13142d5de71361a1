import { describe, headerValues, isServed, mcpAnswer } from '../../fixtures/protocol/answers.ts';
import { PATH_TRIALS, PATHS, type PathRow, type PathTrial } from '../../fixtures/trials/paths.ts';
import { CANARY_HOST } from '../../fixtures/trials/spoofing.ts';
import { defineCheck, fail, pass } from '../check.ts';
import { answering, golden, result, unauthorized } from '../golden.ts';
import { type Breach, gather, quote, unsettled, withoutControl } from './refusals.ts';

export const guardsPathVariants = defineCheck({
  id: 'challenge/guards-path-variants',
  title: 'Guards its endpoint under every spelling of the path',
  keyword: 'MUST',
  severity: 'critical',
  party: 'mcp-server',
  pillar: 'server-side-validation',
  requirements: ['MCP-challenge-401-no-token', 'A87'],
  assurance: 'token',
  needs: ['anonymous', 'paths'],
  uses: ['control'],
  trials: PATH_TRIALS.map((trial) => `paths/${trial}`),
  reasons: {
    served: {
      says: 'Another spelling of the path reaches the MCP handler without a token.',
      fix: {
        general:
          'Put the guard on the route itself (app.use(path, guard) in Express), and compare no path by a pattern in the gateway, nor by === in a handler of your own: routers take other spellings for the same route (Express: any case, a slash at the end). Else make both agree on slashes, case and encoding.',
      },
    },
    'legacy-endpoint-served': {
      says: 'An endpoint of the retired HTTP+SSE transport beside the guarded one answers without a token.',
      keyword: 'SHOULD',
      fix: { general: 'Take /sse and /messages away, or guard them like the MCP endpoint.' },
    },
  },
  judge(evidence) {
    const opens = (trial: PathTrial) => {
      const row: PathRow = PATHS[trial];
      const said = mcpAnswer(evidence.paths[trial]);
      if (row.legacy !== true) return isServed(evidence.paths[trial]);
      // Any page may stream, and any service accept: only the transport's first event tells it apart.
      return said.kind === 'result' || /^event: ?endpoint/m.test(evidence.paths[trial].answer?.body ?? '');
    };
    const breaches = PATH_TRIALS.filter(opens).map((trial) => {
      const row: PathRow = PATHS[trial];
      const exchange = evidence.paths[trial];
      const reason = row.legacy === true ? ('legacy-endpoint-served' as const) : ('served' as const);
      return {
        reason,
        actual: `${exchange.request.method} ${exchange.request.url}: ${describe(exchange)}`,
        at: exchange.id,
      };
    });
    if (breaches.length > 0) return fail(gather(breaches, 'status 401 or 404'));
    return (
      unsettled(PATH_TRIALS.map((trial) => evidence.paths[trial])) ??
      withoutControl(evidence) ??
      pass(`${PATH_TRIALS.length} other spellings served nothing`)
    );
  },
  examples: {
    pass: [{ says: 'nothing served', evidence: golden }],
    fail: {
      served: { says: 'a slash opens it', evidence: answering(/^paths\/trailing-slash/, result({ tools: [] })) },
      'legacy-endpoint-served': {
        says: '/sse streams',
        evidence: answering(/^paths\/legacy-stream/, {
          headers: { 'Content-Type': 'text/event-stream' },
          body: 'event: endpoint\ndata: /messages\n\n',
        }),
      },
    },
  },
});

export const ignoresIdentityHeaders = defineCheck({
  id: 'challenge/ignores-identity-headers',
  title: 'Believes no identity field of a stranger',
  keyword: 'MUST',
  severity: 'critical',
  party: 'mcp-server',
  pillar: 'server-side-validation',
  requirements: ['RFC9700-4.13-proxy-headers', 'MCP-challenge-401-no-token', 'A78'],
  assurance: 'token',
  needs: ['anonymous', 'spoofing'],
  uses: ['control'],
  trials: ['spoofing/identity', 'spoofing/original-url'],
  reasons: {
    served: {
      says: 'A field that only a proxy may set, such as X-User, stands in for a token.',
      fix: {
        general: 'Let the proxy drop these fields from what comes in, and let the server validate the token itself.',
      },
    },
  },
  judge(evidence) {
    const { identity, 'original-url': originalUrl } = evidence.spoofing;
    const breaches = [identity, originalUrl].filter(isServed).map((exchange) => ({
      reason: 'served' as const,
      actual: `${exchange.asks}: ${describe(exchange)}`,
      at: exchange.id,
    }));
    if (breaches.length > 0) return fail(gather(breaches, 'status 401'));
    return (
      unsettled([identity, originalUrl]) ??
      withoutControl(evidence) ??
      pass(`${describe(identity)}, ${describe(originalUrl)}`)
    );
  },
  examples: {
    pass: [{ says: '401', evidence: golden }],
    fail: { served: { says: 'X-User is believed', evidence: answering(/^spoofing\/identity/, result({ tools: [] })) } },
  },
});

export const keepsItsUrlUnderForwardedHeaders = defineCheck({
  id: 'challenge/keeps-its-url-under-forwarded-headers',
  title: 'Keeps its own URLs whatever forwarded fields say',
  keyword: 'SHOULD',
  severity: 'high',
  party: 'mcp-server',
  requirements: ['RFC9700-4.13-proxy-headers', 'A79'],
  assurance: 'anonymous',
  needs: ['spoofing'],
  trials: ['spoofing/forwarded-host', 'spoofing/forwarded', 'spoofing/forwarded-host-metadata', 'spoofing/host'],
  reasons: {
    'challenge-follows': {
      says: 'The challenge takes its host from X-Forwarded-Host or Forwarded: where answers are cached, a stranger names the metadata for others.',
      fix: {
        general:
          'Build resource_metadata from configuration; trust forwarded fields only from your own proxy, and let that proxy overwrite them.',
      },
    },
    'metadata-follows': {
      says: 'The metadata document takes its host from X-Forwarded-Host.',
      fix: { general: 'Build the metadata document from configuration; let the proxy overwrite X-Forwarded-Host.' },
    },
    'host-follows': {
      says: 'The challenge repeats whatever Host was asked for.',
      keyword: 'ADVICE',
      fix: { general: 'Build resource_metadata from configuration, or answer 421 to hosts you do not serve.' },
    },
  },
  judge({ spoofing }) {
    const inHeader = (trial: 'forwarded-host' | 'forwarded' | 'host', reason: 'challenge-follows' | 'host-follows') =>
      headerValues(spoofing[trial].answer, 'www-authenticate')
        .filter((value) => value.includes(CANARY_HOST))
        .map((value) => ({
          reason,
          actual: `with ${spoofing[trial].asks} the challenge is ${quote(value)}`,
          at: spoofing[trial].id,
        }));
    const document = spoofing['forwarded-host-metadata'];
    const breaches: readonly (Breach<'challenge-follows' | 'metadata-follows' | 'host-follows'> & { at: string })[] = [
      ...inHeader('forwarded-host', 'challenge-follows'),
      ...inHeader('forwarded', 'challenge-follows'),
      ...(document.answer?.body.includes(CANARY_HOST) === true
        ? [{ reason: 'metadata-follows' as const, actual: `the document names ${CANARY_HOST}`, at: document.id }]
        : []),
      ...inHeader('host', 'host-follows'),
    ];
    if (breaches.length > 0) return fail(gather(breaches, 'the server’s own URLs'));
    return unsettled(Object.values(spoofing)) ?? pass(`no answer took ${CANARY_HOST} from the request`);
  },
  examples: {
    pass: [{ says: 'own URLs', evidence: golden }],
    fail: {
      'challenge-follows': {
        says: 'the challenge follows',
        evidence: answering(
          /^spoofing\/forwarded-host$/,
          unauthorized(`Bearer resource_metadata="https://${CANARY_HOST}/m"`),
        ),
      },
      'metadata-follows': {
        says: 'the document follows',
        evidence: answering(/^spoofing\/forwarded-host-metadata/, {
          body: `{"resource":"https://${CANARY_HOST}/mcp"}`,
        }),
      },
      'host-follows': {
        says: 'Host is repeated',
        evidence: answering(/^spoofing\/host/, unauthorized(`Bearer resource_metadata="https://${CANARY_HOST}/m"`)),
      },
    },
  },
});

export const spoofingChecks = [guardsPathVariants, ignoresIdentityHeaders, keepsItsUrlUnderForwardedHeaders];
