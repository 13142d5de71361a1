/** Renderings of a report that programs read. What people look at is held by tests/html-report.spec.ts. */
import { readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { Ajv } from 'ajv';
import { type AllureResult, allureOptions, describeCheck } from '../reports/allure.ts';
import { FORMAT_NAMES, FORMATS, type FormatName } from '../reports/formats/index.ts';
import type { Report } from '../reports/report.ts';
import { faultsOf } from '../reports/validate.ts';
import { aCheck, aFinding, anExchange, aReport, HOSTILE, hostileReport } from './report-lab.ts';

const render = (name: FormatName, report: Report) =>
  FORMATS[name].render({ report, exchanges: [anExchange('anonymous/first', HOSTILE)] });

test('the reports that formats are tried on are sound', () => {
  expect(faultsOf(aReport())).toEqual([]);
  expect(faultsOf(hostileReport())).toEqual([]);
});

for (const name of FORMAT_NAMES) {
  test(`${name} is the same for the same report, and holds nothing that a terminal obeys`, () => {
    const text = render(name, hostileReport());
    expect(render(name, hostileReport())).toBe(text);
    expect(text).not.toMatch(/(?!\n)[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u);
  });
}

test.describe('SARIF', () => {
  // The schema is of draft 04, whose `id` and `$schema` a compiler of draft 07 does not know; it uses nothing else of it.
  const {
    $schema: _,
    id: __,
    ...schema
  } = JSON.parse(readFileSync(new URL('schemas/sarif-2.1.0-rtm.5.json', import.meta.url), 'utf8'));
  const uri = (text: string) => URL.canParse(text, 'https://base.example/') && !/\s/.test(text);
  const valid = new Ajv({
    strict: false,
    allErrors: true,
    // One of its patterns is sloppy.
    unicodeRegExp: false,
    formats: { uri, 'uri-reference': uri, 'date-time': (text: string) => !Number.isNaN(Date.parse(text)) },
  }).compile(schema);

  interface Log {
    readonly runs: readonly [
      {
        readonly tool: { readonly driver: { readonly rules: readonly Rule[] } };
        readonly results: readonly Result[];
        readonly invocations: readonly [{ readonly toolExecutionNotifications: readonly { readonly level: string }[] }];
      },
    ];
  }
  interface Rule {
    readonly id: string;
    readonly helpUri?: string;
    readonly help: { readonly text: string; readonly markdown: string };
    readonly properties: Readonly<Record<string, unknown>>;
  }
  interface Result {
    readonly ruleId: string;
    readonly ruleIndex: number;
    readonly level: string;
    readonly message: { readonly text: string };
    readonly partialFingerprints: Readonly<Record<string, string>>;
    readonly suppressions?: readonly { readonly justification: string }[];
    readonly locations: readonly [
      { readonly physicalLocation: { readonly artifactLocation: { readonly uri: string } } },
    ];
  }
  const runOf = (report: Report) => (JSON.parse(render('sarif', report)) as Log).runs[0];

  for (const [name, report] of Object.entries({
    'of every outcome': aReport(),
    hostile: hostileReport(),
    empty: aReport([]),
  })) {
    test(`a log ${name} keeps to the schema of OASIS`, () => {
      valid(JSON.parse(render('sarif', report)));
      expect(valid.errors ?? []).toEqual([]);
    });
  }

  test('the schema refuses a log that breaks it', () => {
    expect(valid({ ...JSON.parse(render('sarif', aReport())), version: '2.0.0' })).toBe(false);
  });

  test('has a result a reason, by what the reason weighs, and none for what did not fail', () => {
    const { results, tool } = runOf(aReport());
    expect(results.map(({ ruleId, level }) => [ruleId, level])).toEqual([
      ['challenge/fails', 'error'],
      ['challenge/fails', 'note'],
      ['issuer-metadata/warns', 'warning'],
      ['tenant/notes', 'note'],
      ['client-documents/waives', 'error'],
    ]);
    for (const { ruleId, ruleIndex } of results) expect(tool.driver.rules[ruleIndex]?.id).toBe(ruleId);
    expect(results[0]?.message.text).toContain('Actual: status 200\nActual: status 204\nFix: Require a token');
    expect(results.at(-1)?.suppressions?.[0]?.justification).toBe('until the gateway is new (ada, until 2027-01-31)');
  });

  test('says of each party where it is', () => {
    const found = aCheck('issuer-metadata/fails', {
      party: 'authorization-server',
      outcome: 'failed',
      findings: [aFinding()],
    });
    const issuer = 'https://as.example.com';
    const places = (setup?: Report['setup']) =>
      runOf(aReport([found], { ...(setup && { setup }) })).results.map(({ locations }) => locations[0]);
    expect(places({ issuers: [{ issuer, url: issuer, members: {} }] })).toMatchObject([
      { logicalLocations: [{ name: 'Authorization server', fullyQualifiedName: issuer }] },
    ]);
    expect(places()).toMatchObject([{ logicalLocations: [{ fullyQualifiedName: 'https://mcp.example.com/mcp' }] }]);
  });

  test('gives each rule help, a source and a severity; what is only noted has none', () => {
    const { rules } = runOf(aReport()).tool.driver;
    const severities = Object.fromEntries(rules.map(({ id, properties }) => [id, properties['security-severity']]));
    expect(severities).toMatchObject({ 'challenge/fails': '9.5', 'issuer-metadata/warns': '8.0' });
    expect(severities['tenant/notes']).toBeUndefined();
    for (const { id, help, helpUri } of rules) {
      expect(help.text).toContain(`explain ${id}`);
      expect(helpUri).toBe('https://www.rfc-editor.org/rfc/rfc9110#section-15.5.2');
    }
    expect(rules[1]?.help.markdown).toContain('Put express-oauth2-jwt-bearer in front.');
  });

  test('fingerprints stay when order, number, words and port change, and differ by target, check and reason', () => {
    const of = (report: Report) =>
      runOf(report).results.map(({ partialFingerprints }) => partialFingerprints['checkAndReason/v1']);
    const before = aReport([aCheck('challenge/fails', { outcome: 'failed', findings: [aFinding(), aFinding()] })]);
    const after = aReport(
      [
        aCheck('challenge/other'),
        aCheck('challenge/fails', { outcome: 'failed', findings: [aFinding({ actual: 'x' })] }),
      ],
      { target: { name: 'staging', server: 'https://mcp.example.com:8443/mcp' }, startedAt: '2026-09-01T10:00:00Z' },
    );
    expect(of(after)).toEqual(of(before));
    const place = (report: Report) => runOf(report).results[0]?.locations[0].physicalLocation;
    expect(place(after)).toEqual(place(before));
    const onThisMachine = (port: number) =>
      aReport(before.checks, { target: { name: `127.0.0.1:${port}`, server: `http://127.0.0.1:${port}/mcp` } });
    expect(of(onThisMachine(4000))).toEqual(of(onThisMachine(3000)));
    expect(render('sarif', onThisMachine(4000))).toContain('"mcp-auth-conformance/127.0.0.1/"');
    const others = [
      aReport(before.checks, { target: { name: 'production', server: 'https://mcp.example.com/mcp' } }),
      aReport([aCheck('challenge/else', { outcome: 'failed', findings: [aFinding()] })]),
      aReport([aCheck('challenge/fails', { outcome: 'failed', findings: [aFinding({ reason: 'else' })] })]),
    ];
    expect(new Set([before, ...others].flatMap(of)).size).toBe(4);
  });

  // GitHub refuses the whole file for one absolute URI, and a colon before the first slash makes a scheme.
  for (const server of [
    'https://mcp.example.com:8443/a/../mcp?x#y',
    'http://[::1]:3000/mcp',
    'http://localhost:3000/m p',
  ]) {
    test(`shows alerts at a relative place for ${server}`, () => {
      const { results } = runOf(aReport(undefined, { target: { name: 'staging', server } }));
      for (const { locations } of results) {
        expect(locations[0].physicalLocation.artifactLocation.uri).toMatch(/^[\w.-]+(?:\/[\w.%-]+)*$/);
      }
    });
  }

  test('tells in the run what broke down and what was not tested', () => {
    const [{ toolExecutionNotifications }] = runOf(aReport()).invocations;
    expect(toolExecutionNotifications.map(({ level }) => level)).toEqual(['warning', 'error']);
  });
});

test.describe('Markdown', () => {
  for (const name of ['markdown', 'comment'] as const) {
    test(`${name}: what a target sent is no markup`, () => {
      const text = render(name, hostileReport());
      const ours = /<!-- mcp-auth-conformance: [\w -]+ -->|<\/?(?:details|summary|b)>/g;
      const outsideCode = text.replace(/(`+)(?!`)[\s\S]*?[^`]\1(?!`)/g, '').replace(ours, '');
      expect(outsideCode).not.toMatch(/<|[^\\]\[link|@octocat|#12|www\.evil|:\/\/evil/);
      // A pipe inside a table ends its cell, in code too.
      for (const row of text.split('\n').filter((line) => line.startsWith('| Server |'))) {
        expect(row.match(/(?<!\\)\|/g)).toHaveLength(3);
      }
    });

    test(`${name} fits where GitHub shows it`, () => {
      const finding = aFinding({ actual: 'x'.repeat(5000), says: 'y'.repeat(5000) });
      const checks = Array.from({ length: 2000 }, (_, index) =>
        aCheck(`challenge/fails-${index}`, { outcome: 'failed', findings: [finding] }),
      );
      const text = render(name, aReport(checks));
      expect(Buffer.byteLength(text)).toBeLessThan(name === 'comment' ? 65_536 : 1_048_576);
      expect(text).toContain('The rest is in report.json');
    });
  }

  test('says what stops a pull request and how to mend it', () => {
    const text = render('comment', aReport());
    expect(text).toMatch(/^<!-- mcp-auth-conformance: staging -->\n\n## MCP authorization: staging ❌ failed\n/);
    expect(text).toContain(
      'A request without a token is served. Require a token before the request is handled. `challenge/fails`',
    );
  });

  test('a summary has every finding, what was not tested and what it takes', () => {
    const text = render('markdown', aReport());
    for (const word of [
      'MCP server: 1 failed, 1 errored',
      'TypeError: x is undefined',
      'Tenant: 1 noted',
      'Waived until 2027-01-31 by ada',
      'server.safeTool: 1 check',
    ]) {
      expect(text).toContain(word);
    }
  });
});

test.describe('a badge', () => {
  const badge = (report: Report) => JSON.parse(render('badge-json', report)) as Readonly<Record<string, unknown>>;

  for (const [says, report, message, isError] of [
    ['failed', aReport(), '1 failed', true],
    ['broke down', aReport([aCheck('challenge/x', { outcome: 'errored', because: 'a slip' })]), '1 errored', true],
    ['passed', aReport([aCheck('challenge/x')]), 'passed, 1 of 1 tested', undefined],
    [
      'passed in part',
      aReport([aCheck('challenge/x')], { only: ['challenge'] }),
      'part passed, 1 of 1 tested',
      undefined,
    ],
    ['tested nothing', aReport([]), 'not passed, 0 of 0 tested', true],
  ] as const) {
    test(`says what a run ${says}, and no more`, () => {
      expect(badge(report)).toMatchObject({ schemaVersion: 1, label: 'MCP authorization', message });
      expect(badge(report).isError).toBe(isError);
      expect(render('badge', report)).toContain(`<title>MCP authorization: ${message}</title>`);
    });
  }

  // https://shields.io/badges/endpoint-badge: what an endpoint may say, and nothing else.
  test('has only the members that shields.io reads', () => {
    const known = ['schemaVersion', 'label', 'message', 'color', 'isError'];
    expect(Object.keys(badge(aReport())).filter((name) => !known.includes(name))).toEqual([]);
    expect(badge(aReport()).color).toMatch(/^#[0-9a-f]{3,6}$/);
  });
});

test('an archive has the exchanges that were recorded', () => {
  const { log } = JSON.parse(render('har', aReport())) as { log: { version: string; entries: readonly object[] } };
  expect(log.version).toBe('1.2');
  expect(log.entries).toHaveLength(1);
});

test.describe('a result of Allure', () => {
  const described = (name: string) => {
    const result: AllureResult = { name, labels: [{ name: 'suite', value: 'conformance.spec.js' }], links: [] };
    describeCheck(result);
    return result;
  };

  test('is filed by party and area, with severity and sources', () => {
    const { labels, links, titlePath } = described(
      'access-tokens/refuses-other-audiences · Refuses a token of another audience',
    );
    expect(Object.fromEntries(labels.map(({ name, value }) => [name, value]))).toEqual({
      epic: 'MCP server',
      feature: 'Access tokens at the MCP server: what it accepts, and for whom',
      suite: 'Access tokens at the MCP server: what it accepts, and for whom',
      severity: 'blocker',
    });
    expect(titlePath).toEqual(['MCP server', 'Access tokens at the MCP server: what it accepts, and for whom']);
    expect(links.map(({ url }) => url)).toContainEqual(expect.stringMatching(/^https:\/\/www\.rfc-editor\.org\//));
  });

  test('of a run of earlier has its time, and a tag by which a warning is found', () => {
    const report = aReport();
    const [{ beforeTestResultWrite: write }] = allureOptions('results', () => report).listeners as [
      { beforeTestResultWrite: (result: AllureResult) => void },
    ];
    const result: AllureResult = {
      name: 'issuer-metadata/warns · Warns',
      labels: [],
      links: [],
      start: 5000,
      stop: 5200,
    };
    write(result);
    const start = Date.parse(report.startedAt);
    expect(result).toMatchObject({ start, stop: start + 200, labels: [{ name: 'tag', value: 'warned' }] });
  });

  test('of the verdict stands by itself', () => {
    const { labels, titlePath } = described('verdict · what the command line would say');
    expect(labels).toHaveLength(1);
    expect(titlePath).toEqual(['Verdict']);
  });

  test('falls into a category by what the test says', () => {
    const { categories } = allureOptions('results');
    const categoryOf = (message: string, status: string) =>
      categories.find(
        (each) =>
          each.matchedStatuses.some((matched) => matched === status) &&
          (!('messageRegex' in each) || new RegExp(`^${each.messageRegex}$`).test(message)),
      )?.name;
    expect(categoryOf('Error: ✗ Refuses\n    failed · MUST · high · a/b', 'failed')).toBe('A MUST failed');
    expect(categoryOf('Error: not tested (MUST): no tool', 'failed')).toBe('A MUST was not tested');
    expect(categoryOf('Error: errored (SHOULD): TypeError', 'failed')).toBe('A fault of this tool');
    expect(categoryOf('out of scope', 'skipped')).toBe('Not tested, or not applicable');
  });
});
