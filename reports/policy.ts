import { PILLAR_NAMES, PILLARS } from './names.ts';
import { strongest } from './outcome.ts';
import type { Mode, Report, ReportedCheck } from './report.ts';

/** Something that turns a run red: what it says of a report, `undefined` when the report has no such thing. */
type Rule = (report: Report) => string | undefined;

interface Policy {
  readonly red: readonly Rule[];
  /** What a green run may claim, a clause without its full stop. */
  readonly green: string;
  /** What a person who chose this mode has to know. */
  readonly note?: string;
}

const counted = (count: number, one: string, many: string) =>
  count === 0 ? undefined : `${count} ${count === 1 ? one : many}`;

const count = (report: Report, holds: (check: ReportedCheck) => boolean) => report.checks.filter(holds).length;

const JUDGED: ReadonlySet<ReportedCheck['outcome']> = new Set(['passed', 'failed', 'warned', 'noted', 'waived']);

/** Whether the target was tried and a judgement came of it. */
export function wasJudged(check: Pick<ReportedCheck, 'outcome'>): boolean {
  return JUDGED.has(check.outcome);
}

const failed: Rule = (report) =>
  counted(
    count(report, ({ outcome }) => outcome === 'failed'),
    'check failed',
    'checks failed',
  );

const failedMust: Rule = (report) =>
  counted(
    count(
      report,
      ({ outcome, findings = [] }) =>
        outcome === 'failed' && strongest(findings.map(({ keyword }) => keyword)) === 'MUST',
    ),
    'MUST failed',
    'MUSTs failed',
  );

const errored: Rule = (report) =>
  counted(
    count(report, ({ outcome }) => outcome === 'errored'),
    'check broke down by a fault of this tool',
    'checks broke down by a fault of this tool',
  );

const untestedMust: Rule = (report) =>
  counted(
    count(report, ({ outcome, keyword }) => outcome === 'untested' && keyword === 'MUST'),
    'MUST in scope could not be tested',
    'MUSTs in scope could not be tested',
  );

const nothingJudged: Rule = (report) => (report.checks.some(wasJudged) ? undefined : 'not one check could be judged');

const pillarNotMet: Rule = (report) => {
  const names = PILLARS.filter((pillar) => report.pillars[pillar].state === 'not-met').map((pillar) =>
    PILLAR_NAMES[pillar].toLowerCase(),
  );
  return names.length === 0 ? undefined : `not met: ${names.join(', ')}`;
};

const GATE: Policy = {
  red: [failed, errored, untestedMust, nothingJudged, pillarNotMet],
  green: 'nothing failed, and every MUST in scope was tested',
};

/** Mode → what is red. */
export const POLICIES: Readonly<Record<Mode, Policy>> = {
  check: { red: [failedMust], green: 'no MUST that could be tested failed' },
  gate: GATE,
  nightly: { ...GATE, note: 'nightly judges as gate does; comparing with an earlier run comes later' },
  certify: { ...GATE, note: 'certify judges as gate does; it issues no certificate yet' },
};

export interface Conclusion {
  readonly exitCode: 0 | 1;
  /** Why, one line without its full stop. */
  readonly because: string;
}

/** What a run ends with under the policy of its mode. */
export function conclude(report: Report): Conclusion {
  const { red, green } = POLICIES[report.mode];
  const reasons = red.map((rule) => rule(report)).filter((reason) => reason !== undefined);
  return reasons.length === 0 ? { exitCode: 0, because: green } : { exitCode: 1, because: reasons.join('; ') };
}

/** 0 or 1 by the policy of the report's mode. */
export function exitCode(report: Report): 0 | 1 {
  return conclude(report).exitCode;
}
