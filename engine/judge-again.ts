import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HarnessError } from '../fixtures/errors.ts';
import type { Evidence } from '../fixtures/evidence.ts';
import { buildReport } from '../reports/build.ts';
import type { Report, ReportedCheck } from '../reports/report.ts';
import type { Facts } from '../suites/check.ts';
import { CHECKS } from '../suites/registry.ts';
import type { Captured } from './capture.ts';
import { judgeAll } from './judge.ts';

/** What a judgement rests on besides the evidence. */
export interface Grounds {
  readonly facts: Facts;
  readonly missing: Captured['missing'];
}

/** In the folder of the evidence. */
export const GROUNDS_FILE = 'grounds.json';

/** A check that comes to something else when its evidence is judged again. */
export interface Rejudged {
  readonly check: string;
  readonly before: string;
  readonly now: string;
}

/**
 * Judges the evidence of a run again and compares what comes of it with its report.
 *
 * @param folder of the run, with `evidence/` in it
 * @throws {HarnessError} `usage` when the evidence is not there or cannot be read.
 */
export function judgeAgain(folder: string, report: Report): readonly Rejudged[] {
  const evidence = join(folder, 'evidence');
  const { facts, missing } = json(join(evidence, GROUNDS_FILE)) as Grounds;
  const probes = readdirSync(evidence).filter((name) => name.endsWith('.json') && name !== GROUNDS_FILE);
  const seen = Object.fromEntries(probes.map((name) => [name.slice(0, -'.json'.length), json(join(evidence, name))]));
  const reported = new Map(report.checks.map((check) => [check.id, check]));
  const checks = CHECKS.filter(({ id }) => reported.has(id));
  const again = buildReport({
    judged: judgeAll(checks, { evidence: seen as Evidence, missing }, facts),
    target: report.target,
    mode: report.mode,
    revisions: facts.revisions,
    revisionSource: facts.revisionSource,
    provider: facts.provider,
    assurance: facts.assurance,
    startedAt: report.startedAt,
    durationMs: report.durationMs,
    requests: report.requests,
    trials: report.trials,
    strict: report.strict,
    only: report.only,
    waivers: report.waivers,
  });
  const judged = new Map(again.checks.map((check) => [check.id, check]));
  return report.checks.flatMap((check) => {
    const [before, now] = [sayOf(check), sayOf(judged.get(check.id))];
    return before === now ? [] : [{ check: check.id, before, now }];
  });
}

/** "failed (served, advice)". */
function sayOf(check: ReportedCheck | undefined): string {
  if (check === undefined) return 'unknown to this version';
  const reasons = [...new Set((check.findings ?? []).map(({ reason }) => reason))];
  return reasons.length === 0 ? check.outcome : `${check.outcome} (${reasons.join(', ')})`;
}

function json(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new HarnessError('usage', `${path} cannot be judged again: ${(error as Error).message}`, { cause: error });
  }
}
