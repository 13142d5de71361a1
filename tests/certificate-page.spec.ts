import { expect, type Page, test } from '@playwright/test';
import { type Signer, type Statement, statementOf } from '../reports/certificate.ts';
import { certificateMarkdown } from '../reports/formats/certificate.ts';
import { certificateHtml } from '../reports/formats/html/certificate.ts';
import { PILLARS } from '../reports/names.ts';
import type { Report, ReportedCheck } from '../reports/report.ts';
import { requirementSet } from '../reports/requirement-set.ts';
import { CHROMIUM, openFromDisk, violations } from './page-lab.ts';
import { aCheck, aFinding, aReport, HOSTILE } from './report-lab.ts';

test.use(CHROMIUM);

const SIGNER: Signer = { algorithm: 'ES256', thumbprint: 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs' };
const REQUIRED = Object.keys(requirementSet('2026-07-28').checks);
const WAIVED = REQUIRED[2]!;

/** Of a run that passed every required check, but for those given. */
function aStatement(others: readonly ReportedCheck[] = [], more: Partial<Report> = {}, challenge?: string): Statement {
  const checks = REQUIRED.map((id) => others.find((check) => check.id === id) ?? aCheck(id));
  const met = { state: 'met', because: 'every MUST was tested and holds' } as const;
  const report = aReport(checks, {
    mode: 'certify',
    assurance: ['anonymous', 'token', 'sign-in', 'controlled-issuer'],
    certification: { set: '2026-07-28', level: 'controlled-issuer' },
    implementation: { organization: 'Example Ltd', contact: 'security@example.com', project: 'mcp', version: '1.4.0' },
    pillars: Object.fromEntries(PILLARS.map((pillar) => [pillar, met])) as Report['pillars'],
    profileDigest: 'b'.repeat(64),
    ...more,
  });
  return statementOf({
    report,
    files: ['report.json', 'evidence/anonymous.json', 'evidence/grounds.json'].map((name) => ({
      name,
      digest: { sha256: 'a'.repeat(64) },
    })),
    setDigest: 'c'.repeat(64),
    issuedAt: '2026-08-02T10:00:00.000Z',
    validUntil: '2026-10-31T10:00:00.000Z',
    challenge,
  });
}

const waiver = { owner: 'ada', why: 'until the gateway is new', until: '2027-01-31' } as const;
const SHORT: readonly ReportedCheck[] = [
  aCheck(REQUIRED[0]!, { outcome: 'untested', because: 'no tool is known', unlock: 'server.safeTool' }),
  aCheck(REQUIRED[1]!, { outcome: 'warned', keyword: 'SHOULD', findings: [aFinding({ keyword: 'SHOULD' })] }),
  aCheck(WAIVED, { outcome: 'waived', findings: [aFinding({ waiver })] }),
  aCheck(REQUIRED[3]!, { outcome: 'not-applicable', because: 'there is no session' }),
];
const waivers = [{ check: WAIVED, reason: 'served', ...waiver, state: 'applied' }] as const;
const partial = aStatement(SHORT, { waivers }, 'order-4711');
const hostile = aStatement(
  [SHORT[2]!],
  {
    target: { name: 'staging', server: `https://mcp.example.com/${HOSTILE}` },
    implementation: { organization: HOSTILE, contact: HOSTILE, project: HOSTILE },
    waivers: [{ ...waivers[0], owner: HOSTILE, why: HOSTILE }],
  },
  HOSTILE,
);

const open = (page: Page, statement: Statement) => openFromDisk(page, certificateHtml(statement, SIGNER));

const fact = (page: Page, label: string) => page.locator('dt', { hasText: new RegExp(`^${label}$`) }).locator('+ dd');

test('says what is certified, of whom, against what, until when, and who signed', async ({ page }) => {
  const statement = aStatement();
  const { passedTests } = statement.predicate;
  const wrong = await open(page, statement);
  const [areas, names] = await Promise.all(
    ['dt', 'dd'].map((each) => page.locator(`.areas ${each}`).allTextContents()),
  );
  const named = areas!.flatMap((area, index) => names![index]!.split(' · ').map((name) => `${area}${name}`));
  expect(named.toSorted()).toEqual(passedTests.toSorted());
  await expect(page).toHaveTitle('mcp@1.4.0: certified · Certificate of MCP authorization conformance');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('mcp@1.4.0: certified');
  await expect(page.locator('.verdict.green .why')).toHaveText(
    'every MUST of 2026-07-28 at level controlled-issuer holds.',
  );
  for (const [label, says] of [
    ['Organization', 'Example Ltd'],
    ['Server', 'https://mcp.example.com/mcp'],
    ['Tested', '2026-08-01 10:00 UTC, by mcp-auth-conformance 1.2.3'],
    ['Requirements', 'MCP authorization 2026-07-28 (detected), the frozen set'],
    [
      'Level',
      'controlled-issuer: with anonymous requests, a good token, a sign-in and a controlled issuer; without a tenant audit',
    ],
    ['Digest of the subject', `sha256:${'a'.repeat(64)}, of its report, as no digest of a build is given`],
    ['Digest of the requirements', `sha256:${'c'.repeat(64)}`],
    ['Digest of the profile', `sha256:${'b'.repeat(64)}`],
    ['Required checks', `${passedTests.length} passed, of ${passedTests.length}`],
    ['Valid until', '2026-10-31 10:00 UTC'],
    ['Signed by the key', `${SIGNER.thumbprint} (ES256; thumbprint of RFC 7638)`],
  ] as const) {
    await expect(fact(page, label), label).toHaveText(says);
  }
  await expect(page.locator('.pillars .met')).toHaveCount(5);
  await expect(page.getByText('Not shown: ')).toHaveCount(0);
  await expect(page.locator('tbody tr')).toHaveCount(3);
  await expect(page.locator('tbody tr').first()).toHaveText(`report.json${'a'.repeat(64)}`);
  await expect(page.locator('.steps')).toContainText(
    'verify <certificate.jws> --key <key of who signed> --evidence <folder>',
  );
  await expect(fact(page, 'Challenge')).toHaveCount(0);
  expect(wrong).toEqual([]);
});

test('says of a partial one what is missing, what is waived by whom, and the challenge of the buyer', async ({
  page,
}) => {
  await open(page, partial);
  await expect(page.locator('.verdict.amber h1')).toHaveText('mcp@1.4.0: partial');
  await expect(fact(page, 'Challenge')).toHaveText('order-4711');
  await expect(fact(page, 'Required checks')).toHaveText(
    /^\d+ passed, 1 warned, 1 waived, 1 not applicable, 1 not tested, of \d+$/,
  );
  await expect(page.getByRole('heading', { level: 2 })).toHaveText([
    'Pillars',
    'Required and warned: 1',
    'Required and not tested: 1',
    'Waivers: 1',
    'How to verify it, and to do it again',
    'The evidence that it rests on: 3 files',
    /^Required and passed: \d+$/,
    'Required and not applicable: 1',
  ]);
  await expect(page.locator('.waivers li')).toHaveText(
    `${WAIVED} (served): accepted until 2027-01-31 by ada until the gateway is new`,
  );
  await expect(page.locator('section', { hasText: 'Required and not tested' }).locator('li')).toHaveText(REQUIRED[0]!);
});

test('prints its facts in two columns, on a sheet as narrow as a small screen', async ({ page }) => {
  await open(page, partial);
  await page.setViewportSize({ width: 680, height: 1000 });
  const columns = () =>
    page.evaluate(`getComputedStyle(document.querySelector('.facts')).gridTemplateColumns.split(' ').length`);
  expect(await columns()).toBe(1);
  await page.emulateMedia({ media: 'print' });
  expect(await columns()).toBe(2);
});

test('says what it means that a pillar is not shown', async ({ page }) => {
  const unshown = { state: 'not-shown', because: 'a MUST was not tested' } as const;
  const met = { state: 'met', because: 'every MUST was tested and holds' } as const;
  const states = PILLARS.map((pillar, index) => [pillar, index === 0 ? met : unshown]);
  const statement = aStatement(SHORT, { pillars: Object.fromEntries(states), waivers });
  const says = 'Not shown: too little of it was tested to call it met, or something of it is waived.';
  await open(page, statement);
  await expect(page.getByText(says)).toBeVisible();
  const text = certificateMarkdown(statement, SIGNER);
  expect(text).toContain(`${says}\n`);
  expect(text).toContain(
    '| Pillars | met: client registration; not shown: token issuance, audience handling, signing key retrieval, server-side validation |\n',
  );
});

test('tells a reader of Markdown who signed, too', () => {
  const text = certificateMarkdown(partial, SIGNER);
  expect(text).toContain(`- \`${WAIVED}\` (\`served\`): accepted until 2027-01-31 by ada: until the gateway is new\n`);
  expect(text).not.toContain('## Required and waived');
  expect(text).toContain(`| Signed by the key | ${SIGNER.thumbprint.replace('_', '\\_')} (ES256; `);
  expect(text).toContain(`| Digest of the profile | sha256:${'b'.repeat(64)} |`);
});

test('takes all that others wrote for data, and lets nothing run', async ({ page }) => {
  const wrong = await open(page, hostile);
  expect(await page.locator('img, iframe, object, link, form, script, a, [onerror], [onmouseover]').count()).toBe(0);
  await expect(page.locator('.waivers')).toContainText('<script>alert(2)</script>');
  const [policy] = await page
    .locator('meta[http-equiv]')
    .evaluateAll((metas) => metas.map((meta) => meta.getAttribute('content')));
  expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-[^']+'; base-uri 'none'; form-action 'none'$/);
  expect(wrong).toEqual([]);
  await page.evaluate(
    `document.body.append(Object.assign(document.createElement('script'), { textContent: 'document.title = "owned"' }));`,
  );
  await expect(page).not.toHaveTitle('owned');
});

for (const [name, statement] of Object.entries({ certified: aStatement(), partial, hostile })) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test(`a page that is ${name} is accessible and fits, ${colorScheme}`, async ({ browser }) => {
      const page = await browser.newPage({ colorScheme });
      await open(page, statement);
      expect(await violations(page)).toEqual([]);
      await page.setViewportSize({ width: 390, height: 800 });
      expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBe(0);
      expect(await violations(page)).toEqual([]);
      await page.close();
    });
  }
}
