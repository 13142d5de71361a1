import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HarnessError } from '../fixtures/errors.ts';
import type { Evidence, EvidenceKey } from '../fixtures/evidence.ts';
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

/** What says why a good token is refused, of which any check may speak. */
const ALWAYS: readonly EvidenceKey[] = ['anonymous', 'control', 'resourceMetadata', 'issuerMetadata'];

/** Files of the evidence that it takes to judge these checks again. */
export function evidenceFilesOf(ids: ReadonlySet<string>): readonly string[] {
  const checks = CHECKS.filter(({ id }) => ids.has(id));
  const probes = new Set([...ALWAYS, ...checks.flatMap(({ needs, uses = [] }) => [...needs, ...uses])]);
  return [GROUNDS_FILE, ...[...probes].map((probe) => `${probe}.json`)];
}

/**
 * Judges the evidence of a run again and compares what comes of it with its report.
 *
 * @param folder of the run, with `evidence/` in it
 * @param only ids of the checks that are judged; absent: all
 * @throws {HarnessError} `usage` when the evidence is not there or cannot be read.
 */
export function judgeAgain(folder: string, report: Report, only?: ReadonlySet<string>): readonly Rejudged[] {
  const evidence = join(folder, 'evidence');
  const { facts, missing } = json(join(evidence, GROUNDS_FILE)) as Grounds;
  const probes = readdirSync(evidence).filter((name) => name.endsWith('.json') && name !== GROUNDS_FILE);
  const seen = Object.fromEntries(probes.map((name) => [name.slice(0, -'.json'.length), json(join(evidence, name))]));
  const reported = report.checks.filter(({ id }) => only?.has(id) ?? true);
  const checks = CHECKS.filter(({ id }) => reported.some((check) => check.id === id));
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
  return reported.flatMap((check) => {
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
