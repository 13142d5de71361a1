import type { EvidenceMap, Exchange } from '../../fixtures/evidence.ts';
import { describe, header, headerValues, isServed, isSettled, listHeader } from '../../fixtures/protocol/answers.ts';
import { CLIENT_ORIGIN_TRIALS, ORIGIN_TRIALS } from '../../fixtures/trials/origins.ts';
import { defineCheck, fail, notApplicable, pass } from '../check.ts';
import { answer, answeredWith, answering, golden, goldenFacts, result, unauthorized } from '../golden.ts';
import { brokenControl, gather, unsettled } from './refusals.ts';

const TRIALS = [...ORIGIN_TRIALS, ...CLIENT_ORIGIN_TRIALS].map((trial) => `tokenUse/origin-${trial}`);

const foreign = ({ origins, clientOrigins }: EvidenceMap['tokenUse']): readonly Exchange[] => [
  ...ORIGIN_TRIALS.map((trial) => origins[trial]),
  ...clientOrigins,
];
const originOf = ({ request }: Exchange) => request.headers.find(([name]) => name.toLowerCase() === 'origin')?.[1];

/** To serve what no browser would send (evil-127.0.0.1 is no host of a URL) is wrong; no document says how to refuse it. */
const hasAnAnswer = (exchange: Exchange): boolean => {
  const origin = originOf(exchange);
  return origin === undefined || origin === 'null' || URL.canParse(origin);
};

const servesEverywhere = (origins: readonly string[]) => origins.includes('*');

export const refusesAForeignOrigin = defineCheck({
  id: 'challenge/refuses-a-foreign-origin',
  title: 'Refuses requests from a foreign Origin',
  keyword: 'MUST',
  severity: 'high',
  party: 'mcp-server',
  requirements: ['MCP-origin-validated', 'A89'],
  assurance: 'token',
  needs: ['tokenUse'],
  trials: TRIALS,
  reasons: {
    'served-locally': {
      says: 'A server on a local address serves requests from a foreign Origin, which leaves DNS rebinding to its other defences.',
      fix: {
        general:
          'Answer 403 unless Origin is absent or on a list of your own, compared as a whole (===, not startsWith or endsWith). MCP TypeScript SDK: allowedOrigins of createMcpExpressApp in version 2; allowedOrigins together with enableDnsRebindingProtection of the transport in version 1.',
      },
    },
    'served-publicly': {
      says: 'A public server serves requests from a foreign Origin. MCP leaves the list of valid origins to the operator: this is right only if pages of that origin are meant to be clients.',
      keyword: 'SHOULD',
      fix: {
        general:
          "Answer 403 to origins that are no client of yours, compared as a whole (===, not startsWith or endsWith); or say in the profile that all are meant: server.origins: ['*'].",
      },
    },
  },
  judge({ tokenUse }, { server }) {
    if (servesEverywhere(server.origins))
      return notApplicable('the operator says that every origin is meant to be served');
    const reason = server.exposure === 'public' ? ('served-publicly' as const) : ('served-locally' as const);
    const asked = foreign(tokenUse);
    const breaches = asked
      .filter(isServed)
      .map((exchange) => ({ reason, actual: `${exchange.asks}: ${describe(exchange)}`, at: exchange.id }));
    if (breaches.length > 0) return fail(gather(breaches, 'status 403'));
    return (
      brokenControl(tokenUse.controlBefore, tokenUse.controlAfter) ??
      unsettled(asked.filter(hasAnAnswer)) ??
      pass(`${asked.length} foreign origins were refused: ${[...new Set(asked.map(describe))].join(', ')}`)
    );
  },
  examples: {
    pass: [{ says: '403', evidence: golden }],
    fail: {
      'served-locally': {
        says: 'served on loopback',
        evidence: answering(/^tokenUse\/origin-foreign/, result({ tools: [] })),
        facts: { server: { ...goldenFacts.server, exposure: 'loopback' } },
      },
      'served-publicly': {
        says: 'served in public',
        evidence: answering(/^tokenUse\/origin-foreign/, result({ tools: [] })),
      },
    },
  },
});

export const answers403ToARefusedOrigin = defineCheck({
  id: 'challenge/answers-403-to-a-refused-origin',
  title: 'Answers 403 to an Origin it refuses',
  keyword: 'MUST',
  since: '2025-11-25',
  severity: 'low',
  party: 'mcp-server',
  requirements: ['MCP-origin-invalid-403', 'MCP-origin-403-body', 'A89'],
  assurance: 'token',
  needs: ['tokenUse'],
  trials: TRIALS,
  reasons: {
    'other-status': {
      says: 'A request from an Origin that the server refuses is answered with a status other than 403.',
      fix: { general: 'Answer 403 (Forbidden); the body may be a JSON-RPC error without id.' },
    },
  },
  judge({ tokenUse }) {
    const control = brokenControl(tokenUse.controlBefore, tokenUse.controlAfter);
    if (control !== undefined) return control;
    const refused = foreign(tokenUse).filter(
      (exchange) =>
        exchange.answer !== undefined && hasAnAnswer(exchange) && isSettled(exchange) && !isServed(exchange),
    );
    if (refused.length === 0) return notApplicable('no Origin that was tried is refused');
    const breaches = refused
      .filter(({ answer: given }) => given!.status !== 403)
      .map((exchange) => ({
        reason: 'other-status' as const,
        actual: `${exchange.asks}: ${describe(exchange)}`,
        at: exchange.id,
      }));
    return breaches.length > 0
      ? fail(gather(breaches, 'status 403'))
      : pass(`${refused.length} foreign origins were answered with 403`);
  },
  examples: {
    pass: [{ says: '403', evidence: golden }],
    fail: {
      'other-status': { says: '400', evidence: answering(/^tokenUse\/origin-/, { status: 400 }) },
    },
  },
});

export const sharesNoCredentialsWithForeignOrigins = defineCheck({
  id: 'challenge/shares-no-credentials-with-foreign-origins',
  title: 'Lets no foreign origin read answers with credentials',
  keyword: 'ADVICE',
  severity: 'medium',
  party: 'mcp-server',
  requirements: ['CORS-fetch-no-credentials-wildcard', 'A89b'],
  assurance: 'anonymous',
  needs: ['origins'],
  uses: ['tokenUse'],
  trials: ORIGIN_TRIALS.map((trial) => `origins/${trial}`),
  reasons: {
    'reflected-with-credentials': {
      says: 'The answer allows any origin that asks, with credentials: a page elsewhere can read what the browser’s cookies open.',
      fix: {
        general:
          'Do not copy Origin into Access-Control-Allow-Origin together with Access-Control-Allow-Credentials: true; MCP clients send tokens in a field and need no credentials mode.',
      },
    },
  },
  judge({ origins, tokenUse }) {
    const exchanges = [
      ...ORIGIN_TRIALS.map((trial) => origins[trial]),
      ...(tokenUse === undefined ? [] : foreign(tokenUse)),
    ];
    const breaches = exchanges.flatMap((exchange) => {
      const sent = originOf(exchange);
      const allowed = header(exchange.answer, 'access-control-allow-origin');
      const credentials = header(exchange.answer, 'access-control-allow-credentials') === 'true';
      if (!credentials || allowed === undefined || allowed !== sent) return [];
      return [
        {
          reason: 'reflected-with-credentials' as const,
          actual: `Access-Control-Allow-Origin: ${allowed}, with credentials`,
          at: exchange.id,
        },
      ];
    });
    return breaches.length > 0
      ? fail(gather(breaches, 'no reflected origin together with credentials'))
      : (unsettled(exchanges.filter(hasAnAnswer)) ?? pass('no foreign origin is reflected with credentials'));
  },
  examples: {
    pass: [{ says: 'nothing reflected', evidence: golden }],
    fail: {
      'reflected-with-credentials': {
        says: 'reflected',
        evidence: {
          origins: {
            ...golden.origins,
            foreign: answeredWith(
              golden.origins.foreign,
              answer({
                status: 403,
                headers: {
                  'Access-Control-Allow-Origin': 'https://evil.test',
                  'Access-Control-Allow-Credentials': 'true',
                },
              }),
              { request: { headers: [['Origin', 'https://evil.test']] } },
            ),
          },
        },
      },
    },
  },
});

export const answersBrowserPreflight = defineCheck({
  id: 'challenge/answers-browser-preflight',
  title: 'Answers the preflight of a browser client',
  keyword: 'ADVICE',
  severity: 'low',
  party: 'mcp-server',
  requirements: ['CORS-fetch-mcp-preflight', 'CORS-fetch-private-authorization-not-star', 'A88'],
  assurance: 'anonymous',
  needs: ['challenge'],
  reasons: {
    refused: {
      says: 'The preflight of a declared browser origin is refused, so clients in a browser cannot connect.',
      fix: { general: 'Answer OPTIONS without a token with 204 and the Access-Control-Allow fields.' },
    },
    'header-not-allowed': {
      says: 'The preflight does not allow a field that MCP clients send.',
      fix: {
        general:
          'Name authorization, content-type, mcp-protocol-version, mcp-method, mcp-name and mcp-session-id in Access-Control-Allow-Headers.',
      },
    },
    'wildcard-misses-authorization': {
      says: 'Access-Control-Allow-Headers is *, which does not cover Authorization.',
      fix: { general: 'Name authorization beside *, or list all fields.' },
    },
  },
  judge({ challenge: { preflight } }, { server }) {
    const { answer: given } = preflight;
    if (!isSettled(preflight) && server.origins.length > 0) return unsettled([preflight])!;
    const refused =
      given === undefined ||
      given.status < 200 ||
      given.status > 299 ||
      header(given, 'access-control-allow-origin') === undefined;
    if (refused && server.origins.length === 0)
      return notApplicable('no browser origin is declared, and the server admits none');
    const finding = <const R extends string>(reason: R, expected: string, actual: string) =>
      fail([{ reason, expected, actual, at: [preflight.id] }]);
    if (refused) return finding('refused', 'a 2xx with Access-Control-Allow-Origin', describe(preflight));
    const allowed = listHeader(given, 'access-control-allow-headers');
    const wildcard = allowed.includes('*');
    const missing = ['authorization', 'content-type', 'mcp-protocol-version'].filter((name) => !allowed.includes(name));
    if (wildcard && missing.includes('authorization')) {
      return finding(
        'wildcard-misses-authorization',
        'authorization, by name',
        `Access-Control-Allow-Headers: ${allowed.join(', ')}`,
      );
    }
    if (!wildcard && missing.length > 0) {
      return finding(
        'header-not-allowed',
        'every field an MCP client sends',
        `Access-Control-Allow-Headers lacks ${missing.join(', ')}`,
      );
    }
    return pass(`status ${given.status}, allowing ${allowed.join(', ')}`);
  },
  examples: {
    pass: [{ says: 'allowed', evidence: golden }],
    fail: {
      refused: { says: '401', evidence: answering(/^challenge\/preflight/, { status: 401 }) },
      'header-not-allowed': {
        says: 'no authorization',
        evidence: answering(/^challenge\/preflight/, {
          status: 204,
          headers: { 'Access-Control-Allow-Origin': '*', 'Access-Control-Allow-Headers': 'content-type' },
        }),
      },
      'wildcard-misses-authorization': {
        says: 'a star',
        evidence: answering(/^challenge\/preflight/, {
          status: 204,
          headers: { 'Access-Control-Allow-Origin': '*', 'Access-Control-Allow-Headers': '*' },
        }),
      },
    },
  },
});

export const letsBrowsersReadTheChallenge = defineCheck({
  id: 'challenge/lets-browsers-read-the-challenge',
  title: 'Lets a browser client read its challenge',
  keyword: 'ADVICE',
  severity: 'low',
  party: 'mcp-server',
  requirements: ['CORS-fetch-expose-www-authenticate', 'AUTH0-rs-cors'],
  assurance: 'anonymous',
  needs: ['challenge'],
  reasons: {
    'origin-not-allowed': {
      says: 'The 401 to a declared browser origin carries no Access-Control-Allow-Origin, so the client sees a network error.',
      fix: {
        general:
          'Send the Access-Control fields with errors too, not only with results: put CORS in front of token validation.',
      },
    },
    'not-exposed': {
      says: 'WWW-Authenticate is not exposed, so a client in a browser cannot read where to go.',
      fix: { general: 'Send Access-Control-Expose-Headers: WWW-Authenticate, Mcp-Session-Id.' },
    },
  },
  judge({ challenge: { fromBrowser } }, { server }) {
    const { answer: given } = fromBrowser;
    if (!isSettled(fromBrowser) && server.origins.length > 0) return unsettled([fromBrowser])!;
    const allowed = headerValues(given, 'access-control-allow-origin').length > 0;
    if (!allowed && server.origins.length === 0)
      return notApplicable('no browser origin is declared, and the server admits none');
    if (!allowed) {
      return fail([
        {
          reason: 'origin-not-allowed',
          expected: 'Access-Control-Allow-Origin with the origin, or *',
          actual: `${describe(fromBrowser)} without it`,
          at: [fromBrowser.id],
        },
      ]);
    }
    if (given?.status !== 401)
      return notApplicable(
        `the request from a browser was answered with ${describe(fromBrowser)}, which has no challenge`,
      );
    const exposed = listHeader(given, 'access-control-expose-headers');
    if (exposed.includes('www-authenticate') || exposed.includes('*'))
      return pass(`Access-Control-Expose-Headers: ${exposed.join(', ')}`);
    const actual =
      exposed.length === 0
        ? 'no Access-Control-Expose-Headers'
        : `Access-Control-Expose-Headers: ${exposed.join(', ')}`;
    return fail([
      {
        reason: 'not-exposed',
        expected: 'Access-Control-Expose-Headers with WWW-Authenticate',
        actual,
        at: [fromBrowser.id],
      },
    ]);
  },
  examples: {
    pass: [{ says: 'exposed', evidence: golden }],
    fail: {
      'origin-not-allowed': {
        says: 'no CORS on 401',
        evidence: answering(/^challenge\/from-browser/, unauthorized('Bearer realm="mcp"')),
      },
      'not-exposed': {
        says: 'not exposed',
        evidence: answering(/^challenge\/from-browser/, {
          status: 401,
          headers: { 'WWW-Authenticate': 'Bearer realm="mcp"', 'Access-Control-Allow-Origin': '*' },
        }),
      },
    },
  },
});

export const originChecks = [
  refusesAForeignOrigin,
  answers403ToARefusedOrigin,
  sharesNoCredentialsWithForeignOrigins,
  answersBrowserPreflight,
  letsBrowsersReadTheChallenge,
];
