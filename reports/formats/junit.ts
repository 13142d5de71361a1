import { AREAS } from '../../suites/check.ts';
import { OUTCOME_NAMES } from '../names.ts';
import { telling } from '../outcome.ts';
import { conclude, isRed } from '../policy.ts';
import { renderSummary } from '../render/console.ts';
import { renderFindings } from '../render/finding.ts';
import { createPage } from '../render/page.ts';
import type { Outcome, Report, ReportedCheck } from '../report.ts';
import type { Source } from './format.ts';
import { escapeLines, escapeXml } from './xml.ts';

/** Of files, not of a terminal. */
const PAGE = { color: false, width: 100 } as const;

const SKIPPED: ReadonlySet<Outcome> = new Set(['not-applicable', 'untested', 'out-of-scope', 'waived']);

type Kind = 'passed' | 'failure' | 'error' | 'skipped';

interface Case {
  readonly area: string;
  readonly name: string;
  readonly kind: Kind;
  readonly message: string;
  /** Lines of a console. */
  readonly text: string;
}

/**
 * JUnit XML as Jenkins reads it (junit-10.xsd of its xUnit plugin): one suite an area, one case a check, and one for the
 * verdict, which may be red where no single check is. Red by the policy of the mode is a failure; what warns passes and
 * says so in its output.
 */
export function renderJunit({ report }: Source): string {
  const cases = [verdictOf(report), ...report.checks.map((check) => caseOf(check, report))];
  const areas = [...new Set(cases.map(({ area }) => area))];
  const seconds = (report.durationMs / 1000).toFixed(3);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${attributes({ name: `MCP authorization: ${report.target.name}`, time: seconds, ...counts(cases) })}>`,
    ...areas.flatMap((area) =>
      suite(
        report,
        area,
        cases.filter((each) => each.area === area),
      ),
    ),
    '</testsuites>',
    '',
  ].join('\n');
}

const VERDICT = 'verdict';

function verdictOf(report: Report): Case {
  const { exitCode, because } = conclude(report);
  return {
    area: VERDICT,
    name: 'verdict · what the command line says of this run',
    kind: exitCode === 0 ? 'passed' : 'failure',
    message: because,
    text: renderSummary(report, PAGE),
  };
}

function caseOf(check: ReportedCheck, report: Report): Case {
  const { id, title, outcome, because = '', unlock, seen = '' } = check;
  const page = createPage(PAGE);
  const [first] = telling(check);
  const told = first === undefined ? [] : renderFindings(page, check, { verbose: false, provider: report.provider });
  const lines = [
    ...(because === '' ? [] : page.text(`${OUTCOME_NAMES[outcome]}: ${because}`)),
    ...(unlock === undefined ? [] : page.text(`Needs ${unlock}`)),
    ...(seen === '' ? [] : page.text(seen)),
  ];
  return {
    area: id.split('/')[0] ?? VERDICT,
    name: `${id} · ${title}`,
    kind: kindOf(check, report),
    message: first?.says ?? [OUTCOME_NAMES[outcome], because].filter((part) => part !== '').join(': '),
    text: [...told, ...lines].join('\n').trim(),
  };
}

function kindOf(check: ReportedCheck, report: Report): Kind {
  if (check.outcome === 'errored') return 'error';
  if (isRed(check, report)) return 'failure';
  return SKIPPED.has(check.outcome) ? 'skipped' : 'passed';
}

function suite(report: Report, area: string, cases: readonly Case[]): readonly string[] {
  const { target, revision, assurance, startedAt, mode } = report;
  const facts = { server: target.server, mode, revision: revision.judged.join(', '), assurance: assurance.join(', ') };
  const name = area === VERDICT ? 'Verdict' : (Object.entries(AREAS).find(([key]) => key === area)?.[1] ?? area);
  const skipped = cases.filter(({ kind }) => kind === 'skipped').length;
  return [
    `  <testsuite ${attributes({ name, ...counts(cases), skipped, time: '0', timestamp: startedAt })}>`,
    '    <properties>',
    ...Object.entries(facts).map(([key, value]) => `      <property ${attributes({ name: key, value })}/>`),
    '    </properties>',
    ...cases.flatMap(testCase),
    '  </testsuite>',
  ];
}

function testCase({ area, name, kind, message, text }: Case): readonly string[] {
  const open = `    <testcase ${attributes({ classname: `mcp-auth-conformance.${area}`, name, time: '0' })}`;
  if (kind === 'passed') {
    return text === ''
      ? [`${open}/>`]
      : [`${open}>`, `      <system-out>${escapeLines(text)}</system-out>`, '    </testcase>'];
  }
  return [
    `${open}>`,
    `      <${kind} ${attributes({ message, type: kind })}>${escapeLines(text)}</${kind}>`,
    '    </testcase>',
  ];
}

const counts = (cases: readonly Case[]) => ({
  tests: cases.length,
  failures: cases.filter(({ kind }) => kind === 'failure').length,
  errors: cases.filter(({ kind }) => kind === 'error').length,
});

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}="${escapeXml(String(value))}"`)
    .join(' ');
}
