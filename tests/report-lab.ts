import type { Exchange } from '../fixtures/evidence.ts';
import { summaryOf } from '../reports/build.ts';
import { PILLARS } from '../reports/names.ts';
import type { Report, ReportedCheck, ReportedFinding } from '../reports/report.ts';

/** What a hostile target may send: markup of every format, what terminals obey, and what turns text around. */
export const HOSTILE = [
  '"><img src=x onerror=alert(1)><script>alert(2)</script></details></style>',
  ']]>&amp;<!-- {0} [link](http://evil.example/) | `code` ``` @octocat #12 www.evil.example',
  "' onmouseover='alert(3)' javascript:alert(4) \u202eevil\u202c \u001b[31m\u0000\u2028 </pre>",
].join(' ');

export function aFinding(more: Partial<ReportedFinding> = {}): ReportedFinding {
  return {
    reason: 'served',
    keyword: 'MUST',
    says: 'A request without a token is served.',
    expected: 'status 401 (Unauthorized)',
    actual: 'status 200',
    fix: {
      general: 'Require a token before the request is handled.',
      auth0: {
        text: 'Put express-oauth2-jwt-bearer in front.',
        dashboard: 'Applications > APIs',
        command: 'auth0 apis list',
      },
    },
    evidence: ['anonymous/first'],
    ...more,
  };
}

export function aCheck(id: string, more: Partial<ReportedCheck> = {}): ReportedCheck {
  return {
    id,
    title: `Does what is right about ${id.split('/')[1]}`,
    keyword: 'MUST',
    severity: 'high',
    party: 'mcp-server',
    assurance: 'anonymous',
    requirements: [
      {
        id: 'RFC9110-15.5.2',
        says: 'A 401 has a challenge.',
        document: 'RFC 9110',
        section: '15.5.2',
        url: 'https://www.rfc-editor.org/rfc/rfc9110#section-15.5.2',
      },
      { id: 'A01', says: 'Calls without a token.', document: 'attack matrix', section: '' },
    ],
    outcome: 'passed',
    ...(more.outcome === undefined || more.outcome === 'passed' ? { seen: 'status 401' } : {}),
    ...more,
  };
}

/** A check of every outcome, and of every party. */
export const EVERY_OUTCOME: readonly ReportedCheck[] = [
  aCheck('challenge/passes'),
  aCheck('challenge/fails', {
    outcome: 'failed',
    severity: 'critical',
    findings: [aFinding(), aFinding({ actual: 'status 204' }), aFinding({ reason: 'said', keyword: 'ADVICE' })],
  }),
  aCheck('issuer-metadata/warns', {
    outcome: 'warned',
    party: 'authorization-server',
    keyword: 'SHOULD',
    findings: [aFinding({ keyword: 'SHOULD', evidence: [] })],
  }),
  aCheck('tenant/notes', {
    outcome: 'noted',
    party: 'tenant',
    severity: 'critical',
    findings: [aFinding({ keyword: 'ADVICE', providerFact: 'Auth0 does so for every tenant.' })],
  }),
  aCheck('client-documents/waives', {
    outcome: 'waived',
    party: 'client',
    findings: [aFinding({ waiver: { owner: 'ada', why: 'until the gateway is new', until: '2027-01-31' } })],
  }),
  aCheck('flow/does-not-apply', { outcome: 'not-applicable', because: 'there is no session' }),
  aCheck('access-tokens/waits', {
    outcome: 'untested',
    because: 'no tool is known',
    unlock: 'server.safeTool',
    blockedBy: 'challenge/fails',
  }),
  aCheck('authorization/is-above', {
    outcome: 'out-of-scope',
    because: 'it takes a sign-in',
    unlock: 'clients and users',
  }),
  aCheck('registration/breaks', { outcome: 'errored', because: 'TypeError: x is undefined' }),
];

export function aReport(checks: readonly ReportedCheck[] = EVERY_OUTCOME, more: Partial<Report> = {}): Report {
  const pillar = { state: 'not-shown', because: 'a MUST was not tested' } as const;
  return {
    format: 'mcp-auth-conformance/report/1',
    tool: { name: 'mcp-auth-conformance', version: '1.2.3' },
    target: { name: 'staging', server: 'https://mcp.example.com/mcp' },
    mode: 'gate',
    strict: false,
    revision: { judged: ['2025-11-25'], source: 'detected' },
    provider: 'auth0',
    assurance: ['anonymous', 'token'],
    startedAt: '2026-08-01T10:00:00.000Z',
    durationMs: 1234,
    requests: 143,
    trials: 48,
    summary: summaryOf(checks),
    pillars: Object.fromEntries(PILLARS.map((name) => [name, pillar])) as Report['pillars'],
    checks,
    leftovers: [],
    ...more,
  };
}

/** A report in which the target and everything it sent is hostile, wherever a format shows it. */
export function hostileReport(): Report {
  const checks = EVERY_OUTCOME.map((check) => ({
    ...check,
    ...(check.seen !== undefined && { seen: HOSTILE }),
    ...(check.because !== undefined && { because: HOSTILE }),
    ...(check.unlock !== undefined && { unlock: HOSTILE }),
    ...(check.findings !== undefined && {
      findings: check.findings.map((finding) => ({ ...finding, says: HOSTILE, expected: HOSTILE, actual: HOSTILE })),
    }),
  }));
  const startedAt = '2026-07-31T10:00:00.000Z';
  return aReport(checks, {
    target: { name: 'staging', server: `https://mcp.example.com/${HOSTILE}` },
    leftovers: [HOSTILE],
    remarks: [HOSTILE],
    setup: {
      resource: { url: `https://mcp.example.com/${HOSTILE}`, members: {} },
      issuers: [{ issuer: HOSTILE, url: HOSTILE, members: {} }],
    },
    comparison: {
      baseline: { startedAt, server: HOSTILE, version: HOSTILE },
      limits: [HOSTILE],
      changes: [],
      lostPillars: [],
      lapsedWaivers: [],
      drift: [{ party: 'authorization-server', about: HOSTILE, says: HOSTILE }],
    },
  });
}

/** An exchange as evidence holds it. */
export function anExchange(id: string, body = '{"error":"none"}'): Exchange {
  return {
    id,
    asks: 'tools/list without Authorization',
    request: {
      method: 'POST',
      url: 'https://mcp.example.com/mcp',
      headers: [['accept', 'application/json']],
      body: '{}',
    },
    answer: {
      status: 200,
      headers: [['content-type', 'application/json']],
      body,
      bodyBytes: body.length,
      truncated: false,
    },
    startedAt: '2026-08-01T10:00:01.000Z',
    durationMs: 5,
  };
}
