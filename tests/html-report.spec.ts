/** Renderings that people look at or a parser of XML reads, in a browser: what it makes of them is what counts. */
import { expect, type Page, test } from '@playwright/test';
import { FORMATS } from '../reports/formats/index.ts';
import { PILLARS } from '../reports/names.ts';
import type { Report } from '../reports/report.ts';
import { CHROMIUM, openFromDisk, violations } from './page-lab.ts';
import { aCheck, aFinding, anExchange, aReport, EVERY_OUTCOME, HOSTILE, hostileReport } from './report-lab.ts';

test.use(CHROMIUM);

const source = (report: Report) => ({
  report,
  exchanges: [anExchange('anonymous/first', `<script>document.title = 'owned'</script>${HOSTILE}`)],
});

const open = (page: Page, report: Report) => openFromDisk(page, FORMATS.html.render(source(report)));

const nights = [1, 2, 3].map((night) => ({
  startedAt: `2026-07-${28 + night}T10:00:00.000Z`,
  exitCode: 1 as const,
  summary: { ...aReport().summary, failed: night, warned: 2 },
  failed: [],
  drift: [],
}));

test('says verdict, assurance and pillars first, then the setup, findings and what was not tested', async ({
  page,
}) => {
  const wrong = await open(page, aReport(undefined, { history: nights }));
  await expect(page).toHaveTitle('staging: failed · MCP authorization conformance');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('staging: failed');
  await expect(page.locator('.verdict')).toContainText('1 failed');
  await expect(page.locator('.levels')).toContainText('✓ good token');
  await expect(page.locator('.levels')).toContainText('– no sign-in');
  await expect(page.locator('.pillars li')).toHaveCount(5);
  await expect(page.getByRole('heading', { level: 2 })).toHaveText([
    'Pillars',
    'The setup',
    'Night by night',
    'Findings',
    'Not tested, and what it takes',
    'Passed: 1',
    'Not applicable: 1',
  ]);
  const gap = page.locator('.gap', { hasText: 'server.safeTool' });
  await expect(gap).toContainText('After challenge/fails (failed)');
  expect(wrong).toEqual([]);
});

test('draws each leg by its worst finding, and leads from it there', async ({ page }) => {
  await open(page, aReport());
  const leg = page.locator('svg g.failed', { hasText: 'Request without a token' });
  await expect(leg).toContainText('1 failed');
  await expect(page.locator('svg g.warned')).toContainText('Server metadata and keys');
  await expect(page.locator('svg g.untested')).toContainText('Calls with an access token');
  await leg.getByRole('link').click();
  await expect(page.locator('[id="challenge.fails"]')).toHaveAttribute('open');
  await expect(page.locator('[id="challenge.fails"] .rows').last()).toContainText('Require a token before');
});

test('unfolds expected, actual, fix and exchange with the keyboard', async ({ page }) => {
  await open(page, aReport());
  const finding = page.locator('[id="challenge.fails"]');
  await finding.locator('> summary').focus();
  await page.keyboard.press('Enter');
  for (const word of ['status 401 (Unauthorized)', 'status 204', 'Require a token', 'auth0 apis list']) {
    await expect(finding.getByText(word).first()).toBeVisible();
  }
  await finding.getByText('Seen in 1 exchange').first().focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(finding.locator('pre', { hasText: 'POST https://mcp.example.com/mcp' }).first()).toBeVisible();
});

test('filters by words, outcome, severity, party and area', async ({ page }) => {
  await open(page, aReport());
  const shown = page.locator('.finding:visible');
  await expect(shown).toHaveCount(5);
  await page.keyboard.press('/');
  await page.keyboard.type('gateway is new');
  await expect(shown).toHaveCount(1);
  await expect(page.getByRole('status')).toHaveText('1 of 5 shown');
  await expect(page.locator('.party:visible')).toHaveCount(1);
  await page.getByRole('button', { name: 'Clear' }).click();
  for (const [label, value, count] of [
    ['Outcome', 'failed', 1],
    ['Severity', 'critical', 2],
    ['Party', 'mcp-server', 2],
    ['Area', 'tenant', 1],
  ] as const) {
    await page.getByRole('combobox', { name: label }).selectOption(value);
    await expect(shown, label).toHaveCount(count);
    await page.getByRole('button', { name: 'Clear' }).click();
  }
  await page.getByRole('button', { name: 'Unfold all' }).click();
  await expect(page.locator('.finding[open]')).toHaveCount(5);
});

test('reads without script', async ({ browser }) => {
  const page = await browser.newPage({ javaScriptEnabled: false });
  await open(page, aReport());
  await expect(page.locator('.finding')).toHaveCount(5);
  await expect(page.locator('.filters')).toBeHidden();
  await page.close();
});

test('takes all that a target sent for data', async ({ page }) => {
  const wrong = await open(page, hostileReport());
  await page.getByRole('button', { name: 'Unfold all' }).click();
  expect(await page.locator('img, iframe, object, link, form, [onerror], [onmouseover]').count()).toBe(0);
  expect(await page.locator('script').count()).toBe(1);
  const addresses = await page
    .locator('a')
    .evaluateAll((links) => links.map((link) => link.getAttribute('href') ?? ''));
  expect(addresses.filter((address) => !/^(?:#|https:\/\/www\.rfc-editor\.org\/)/.test(address))).toEqual([]);
  await expect(page.locator('.finding .said').first()).toContainText('<script>alert(2)</script>');
  await expect(page).toHaveTitle(/^staging: failed/);
  expect(wrong).toEqual([]);
});

test('lets nothing run that is not its own', async ({ page }) => {
  const wrong = await open(page, aReport());
  const [first] = await page
    .locator('meta[http-equiv]')
    .evaluateAll((metas) => metas.map((meta) => meta.getAttribute('content')));
  expect(first).toMatch(
    /^default-src 'none'; style-src 'sha256-[^']+'; script-src 'sha256-[^']+'; base-uri 'none'; form-action 'none'$/,
  );
  await page.evaluate(`document.body.insertAdjacentHTML('beforeend', '<img src="https://evil.example/x" onerror="document.title = 1">');
    document.body.append(Object.assign(document.createElement('script'), { textContent: 'document.title = "owned"' }));`);
  await expect(page).toHaveTitle(/^staging: failed/);
  expect(wrong.filter((line) => line.includes('Content Security Policy')).length).toBeGreaterThan(1);
});

/** Those that can be seen of the labels under the trend. */
const labelsOf = async (page: Page) => {
  const all = await page.locator('.trend .plot text:visible').all();
  return Promise.all(all.map(async (each) => ({ says: await each.textContent(), ...(await each.boundingBox())! })));
};

for (const [says, count, startedAt] of [
  ['several nights of one day', 16, (night: number) => `2026-07-31T${String(night).padStart(2, '0')}:10:00.000Z`],
  ['sixty nights', 59, (night: number) => new Date(Date.UTC(2026, 5, night + 1, 1)).toISOString()],
  ['a second night of some days', 9, (night: number) => `2026-07-2${night >> 1}T1${night % 2}:00:00.000Z`],
] as const) {
  test(`labels ${says} so that no two meet, on a page and on a phone`, async ({ page }) => {
    const history = Array.from({ length: count }, (_, night) => ({
      ...nights[night % 3]!,
      startedAt: startedAt(night),
    }));
    await open(page, aReport(undefined, { history }));
    for (const width of [1280, 720, 390]) {
      await page.setViewportSize({ width, height: 800 });
      const labels = await labelsOf(page);
      expect(labels.length, `${width}`).toBeGreaterThan(2);
      for (const [index, label] of labels.entries()) {
        expect(label.x + label.width, `${width}: ${label.says}`).toBeLessThanOrEqual(width);
        expect(label.height, `${width}: ${label.says}`).toBeGreaterThan(10);
        for (const other of labels.slice(index + 1)) {
          const isBeside = label.x + label.width < other.x || other.x + other.width < label.x;
          const isBelow = Math.abs(label.y - other.y) >= 12;
          expect(isBeside || isBelow, `${width}: ${label.says} and ${other.says}`).toBe(true);
        }
      }
    }
  });
}

test('tells nights of one day by their times, and the day once', async ({ page }) => {
  const history = nights.map((night, index) => ({ ...night, startedAt: `2026-08-01T0${index + 1}:05:00.000Z` }));
  await open(page, aReport(undefined, { history }));
  expect((await labelsOf(page)).map(({ says }) => says)).toEqual(['01:05', '08-01', '02:05', '03:05', '10:00']);
  await expect(
    page.getByRole('img', { name: /on 2026-08-01 at 01:05 UTC; .* on 2026-08-01 at 10:00 UTC\.$/ }),
  ).toBeVisible();
  await page.getByText('As a table').click();
  await expect(page.locator('figure tbody td:first-child')).toHaveText(
    ['01:05', '02:05', '03:05', '10:00'].map((time) => `2026-08-01 at ${time} UTC`),
  );
});

test('tells a pillar that is not shown from one that is met without its colours', async ({ page }) => {
  const [met, unmet, unshown] = (['met', 'not-met', 'not-shown'] as const).map((state) => ({ state, because: 'so' }));
  const states = [met, unmet, unshown, met, unshown];
  const pillars = Object.fromEntries(PILLARS.map((pillar, index) => [pillar, states[index]])) as Report['pillars'];
  await open(page, aReport(undefined, { pillars }));
  const items = await page.locator('.pillars li').all();
  const looks = await Promise.all(
    items.map(async (item) => [
      await item.locator('.state').textContent(),
      await item.evaluate((element) => element.ownerDocument.defaultView?.getComputedStyle(element).borderTopStyle),
    ]),
  );
  expect(looks).toEqual([
    ['✓ met', 'solid'],
    ['✗ not met', 'solid'],
    ['? not shown', 'dashed'],
    ['✓ met', 'solid'],
    ['? not shown', 'dashed'],
  ]);
});

const long = 'x'.repeat(5000);
const crowded = aReport(
  Array.from({ length: 30 }, (_, index) =>
    aCheck(`challenge/fails-${index}`, { outcome: 'failed', findings: [aFinding({ actual: long, expected: long })] }),
  ),
  { target: { name: 'staging', server: `https://${'long.'.repeat(60)}example.com/${long}` }, history: nights },
);
const arabic = 'الخادم يقبل رمزًا غير صالح';
const rightToLeft = aReport(
  EVERY_OUTCOME.map((check) => ({
    ...check,
    ...(check.findings !== undefined && { findings: check.findings.map((each) => ({ ...each, actual: arabic })) }),
  })),
);

for (const [name, report] of Object.entries({
  'of every outcome': aReport(undefined, { history: nights }),
  hostile: hostileReport(),
  clean: aReport([aCheck('challenge/passes')]),
  'of thirty long findings': crowded,
  'from right to left': rightToLeft,
})) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test(`a page ${name} is accessible and fits, ${colorScheme}`, async ({ browser }) => {
      const page = await browser.newPage({ colorScheme });
      await open(page, report);
      await page.locator('.finding').evaluateAll((all) => {
        for (const each of all) each.setAttribute('open', '');
      });
      expect(await violations(page)).toEqual([]);
      await page.setViewportSize({ width: 390, height: 800 });
      expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBe(0);
      expect(await violations(page)).toEqual([]);
      await page.close();
    });
  }
}

test('prints what is folded, and no controls', async ({ page }) => {
  await open(page, aReport());
  await page.emulateMedia({ media: 'print' });
  await expect(page.locator('.filters')).toBeHidden();
  await expect(page.locator('.finding').first().getByText('Require a token').first()).toBeVisible();
});

test('prints what is folded also where the address ends in no name', async ({ page }) => {
  const wrong = await open(page, aReport());
  await page.goto(`${page.url()}#%E0%A4%A`);
  await page.reload();
  await page.evaluate("window.dispatchEvent(new Event('beforeprint'))");
  const folded = page.locator('.finding:not([open])');
  await expect(folded).toHaveCount(0);
  expect(wrong).toEqual([]);
});

/** Elements of a JUnit report as Jenkins' schema has them: attributes (`!`: must be there) and children. */
const JUNIT: Readonly<Record<string, readonly [attributes: string, children: string]>> = {
  testsuites: ['name time tests failures errors', 'testsuite'],
  testsuite: [
    'name! tests! failures! errors! group time skipped timestamp hostname id package file log url',
    'testsuite properties testcase system-out system-err',
  ],
  properties: ['', 'property'],
  property: ['name! value!', ''],
  testcase: ['name! time classname group', 'skipped error failure system-out system-err'],
  failure: ['type message', ''],
  error: ['type message', ''],
  skipped: ['type message', ''],
  'system-out': ['', ''],
};

test('a JUnit report keeps to the schema of Jenkins, and its numbers add up', async ({ page }) => {
  for (const report of [aReport(), hostileReport(), aReport([])]) {
    const elements = await elementsOf(page, FORMATS.junit.render(source(report)));
    for (const { name, attributes, children } of elements) {
      const [known, inside] = JUNIT[name]!;
      const names = known.split(' ').map((each) => each.replace('!', ''));
      expect(
        attributes.filter((each) => !names.includes(each)),
        name,
      ).toEqual([]);
      const missing = known.split(' ').filter((each) => each.endsWith('!') && !attributes.includes(each.slice(0, -1)));
      expect(missing, name).toEqual([]);
      expect(
        children.filter((each) => !inside.split(' ').includes(each)),
        name,
      ).toEqual([]);
    }
    const of = (name: string) => elements.filter((element) => element.name === name).length;
    const [all] = elements;
    expect(all?.values).toMatchObject({
      tests: `${of('testcase')}`,
      failures: `${of('failure')}`,
      errors: `${of('error')}`,
    });
    expect(of('testcase')).toBe(report.checks.length + 1);
  }
});

test('a JUnit report is red where the run is', async ({ page }) => {
  const red = async (report: Report) =>
    (await elementsOf(page, FORMATS.junit.render(source(report))))
      .filter(({ children }) => children.some((child) => child === 'failure' || child === 'error'))
      .flatMap(({ name, values }) => (name === 'testcase' ? [values.name?.split(' · ')[0]] : []));
  expect(await red(aReport())).toEqual(['verdict', 'challenge/fails', 'registration/breaks']);
  expect(await red(aReport([aCheck('challenge/passes')]))).toEqual([]);
});

test('a badge is an image of its own', async ({ page }) => {
  for (const report of [aReport(), hostileReport(), aReport([aCheck('challenge/passes')])]) {
    const [svg, ...others] = await elementsOf(page, FORMATS.badge.render(source(report)));
    expect(svg).toMatchObject({ name: 'svg', values: { role: 'img', height: '20' } });
    expect(new Set(others.map(({ name }) => name))).toEqual(new Set(['title', 'clipPath', 'rect', 'g', 'text']));
  }
});

interface Element {
  readonly name: string;
  readonly attributes: readonly string[];
  readonly values: Readonly<Record<string, string>>;
  readonly children: readonly string[];
}

/** What an XML parser reads; a document that is not well-formed has the element `parsererror`, which no test knows. */
async function elementsOf(page: Page, xml: string): Promise<readonly Element[]> {
  return page.evaluate(`[...new DOMParser().parseFromString(${JSON.stringify(xml)}, 'application/xml').querySelectorAll('*')].map(
    (element) => ({
      name: element.localName,
      attributes: element.getAttributeNames().filter((name) => !name.startsWith('xmlns')),
      values: Object.fromEntries(element.getAttributeNames().map((name) => [name, element.getAttribute(name)])),
      children: [...element.children].map((child) => child.localName),
    }),
  )`);
}
