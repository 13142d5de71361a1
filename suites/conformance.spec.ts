import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestInfo } from '@playwright/test';
import { OUTCOME_NAMES, OUTCOMES, PILLAR_NAMES, PILLAR_STATE_NAMES, PILLARS, SEVERITIES } from '../reports/names.ts';
import { conclude, isRed } from '../reports/policy.ts';
import { renderSummary } from '../reports/render/console.ts';
import { renderFindings } from '../reports/render/finding.ts';
import { createPage } from '../reports/render/page.ts';
import type { Report, ReportedCheck } from '../reports/report.ts';
import { REPORT_FILE } from '../reports/validate.ts';
import { plainError, test } from './door.ts';
import { CHECKS } from './registry.ts';

/** No terminal is asked for its width: these texts end in pages and files. */
const PAGE = { color: false, width: 88 } as const;
const page = createPage(PAGE);

// Playwright shows tests of one outcome in the order they are declared in: the verdict first, then the worst.
test('verdict · what the command line would say of this report', async ({ report, conformance }, info) => {
  const { exitCode, because } = conclude(report);
  const { target, revision } = report;
  annotate(info, [
    ['server', target.server],
    ['revision', revision.judged.join(', ')],
    ['verdict', because],
    ['checks', countsOf(report)],
    ...PILLARS.map((pillar) => {
      const { state, because: why } = report.pillars[pillar];
      return [`pillar ${PILLAR_NAMES[pillar].toLowerCase()}`, `${PILLAR_STATE_NAMES[state]}: ${why}`] as const;
    }),
  ]);
  attachJson(info, REPORT_FILE, await readFile(join(conformance.folder, REPORT_FILE)));
  if (exitCode !== 0) throw plainError(renderSummary(report, PAGE));
});

const bySeverity = SEVERITIES.flatMap((severity) => CHECKS.filter((check) => check.severity === severity));
for (const { id, title, party, severity } of bySeverity) {
  const [area] = id.split('/');
  const tag = [`@${severity}`, `@${area}`, `@${party}`];
  test(`${id} · ${title}`, { tag }, async ({ report, conformance }, info) => {
    const check = report.checks.find((each) => each.id === id);
    test.skip(check === undefined && conformance.stored === true, 'not in this report');
    if (check === undefined) throw plainError(`${id} is not in the report: it was not run`);
    annotate(info, factsOf(check));
    await attachEvidence(info, check, conformance.folder);
    if (isRed(check, report)) throw plainError(tell(check, report));
    const { outcome, because } = check;
    test.skip(SKIPPED.has(outcome), [OUTCOME_NAMES[outcome], because ?? 'by the profile'].join(': '));
  });
}

const SKIPPED: ReadonlySet<ReportedCheck['outcome']> = new Set([
  'not-applicable',
  'untested',
  'out-of-scope',
  'waived',
]);

type Fact = readonly [type: string, description: string];

function annotate(info: TestInfo, facts: readonly Fact[]): void {
  info.annotations.push(...facts.map(([type, description]) => ({ type, description })));
}

/** What a reader filters by, what was found in lines that wrap, and where to read on. */
function factsOf({ id, outcome, keyword, severity, seen, findings = [], unlock, requirements }: ReportedCheck) {
  const urls = new Set(requirements.flatMap(({ url }) => url ?? []));
  const said = new Map(findings.map(({ says, fix }) => [says, fix.general]));
  return [
    ['outcome', OUTCOME_NAMES[outcome]],
    ['keyword', keyword],
    ['severity', severity],
    ...(seen === undefined ? [] : [['seen', seen] as const]),
    ...[...said].flatMap(([says, fix]): readonly Fact[] => [
      [OUTCOME_NAMES[outcome], says],
      ['fix', fix],
    ]),
    ...(unlock === undefined ? [] : [['needs', unlock] as const]),
    ...[...urls].map((url) => ['source', url] as const),
    ['more', `mcp-auth-conformance explain ${id}`],
  ] as const satisfies readonly Fact[];
}

function countsOf({ summary }: Report): string {
  const counts = OUTCOMES.filter((outcome) => summary[outcome] > 0);
  return counts.map((outcome) => `${summary[outcome]} ${OUTCOME_NAMES[outcome]}`).join(', ');
}

/** A red check as the console tells it. */
function tell(check: ReportedCheck, { provider }: Report): string {
  const { findings = [], outcome, keyword, because = '', unlock, blockedBy } = check;
  const lines =
    findings.length > 0
      ? renderFindings(page, check, { verbose: false, provider })
      : [
          ...page.text(`${OUTCOME_NAMES[outcome]} (${keyword}): ${because}`),
          ...(unlock === undefined ? [] : page.field('Needs', unlock)),
          ...(blockedBy === undefined ? [] : page.field('After', blockedBy)),
        ];
  return lines.join('\n').trim();
}

/**
 * Of each file of evidence the exchanges that show the findings: one attachment a file, under the file's name. A report
 * may have come without its evidence.
 */
async function attachEvidence(info: TestInfo, { findings = [] }: ReportedCheck, folder: string): Promise<void> {
  const ids = new Set(findings.flatMap(({ evidence }) => evidence));
  for (const probe of new Set([...ids].map((id) => id.split('/')[0]!))) {
    const file = `evidence/${probe}.json`;
    if (!existsSync(join(folder, file))) continue;
    const exchanges = exchangesIn(JSON.parse(await readFile(join(folder, file), 'utf8')), ids);
    const name = `${file} (${exchanges.length === 1 ? '1 exchange' : `${exchanges.length} exchanges`})`;
    attachJson(info, name, Buffer.from(JSON.stringify(exchanges, undefined, 2)));
  }
}

/** Unlike `attach`, this makes no step, which would be ticked off in green below a failed check. */
function attachJson(info: TestInfo, name: string, body: Buffer): void {
  info.attachments.push({ name, body, contentType: 'application/json' });
}

function exchangesIn(value: unknown, ids: ReadonlySet<string>): readonly { readonly id: string }[] {
  if (typeof value !== 'object' || value === null) return [];
  if ('id' in value && typeof value.id === 'string' && ids.has(value.id)) return [{ ...value, id: value.id }];
  return Object.values(value).flatMap((inner) => exchangesIn(inner, ids));
}
