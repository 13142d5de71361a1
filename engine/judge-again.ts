import { isDeepStrictEqual } from 'node:util';
import { HarnessError } from '../fixtures/errors.ts';
import type { Evidence, EvidenceKey } from '../fixtures/evidence.ts';
import { isObject } from '../fixtures/protocol/answers.ts';
import { buildReport } from '../reports/build.ts';
import type { Report, ReportedCheck } from '../reports/report.ts';
import type { Facts } from '../suites/check.ts';
import { CHECKS } from '../suites/registry.ts';
import type { Captured } from './capture.ts';
import { judgeAll } from './judge.ts';
import { type Recording, textOf } from './recording.ts';

/** What a judgement rests on besides the evidence. */
export interface Grounds {
  readonly facts: Facts;
  readonly missing: Captured['missing'];
}

/** In the folder of the evidence. */
export const GROUNDS_FILE = 'grounds.json';

/** Something that comes out otherwise when the evidence of a run is judged again. */
export interface Rejudged {
  /** A check, or a member of the report. */
  readonly about: string;
  readonly before: string;
  readonly now: string;
  /** It comes to the same for the same reasons, and is told otherwise: another version may word it anew. */
  readonly isWording: boolean;
}

/** What says why a good token is refused, of which any check may speak. */
const ALWAYS: readonly EvidenceKey[] = ['anonymous', 'control', 'resourceMetadata', 'issuerMetadata'];

/** Files of the evidence that it takes to judge these checks again. */
export function evidenceFilesOf(ids: ReadonlySet<string>): readonly string[] {
  const checks = CHECKS.filter(({ id }) => ids.has(id));
  const probes = new Set([...ALWAYS, ...checks.flatMap(({ needs, uses = [] }) => [...needs, ...uses])]);
  return [GROUNDS_FILE, ...[...probes].map((probe) => `${probe}.json`)].map((name) => `evidence/${name}`);
}

/** The same without what the tenant's owner said of its clients, which the checks of a server alone do not read. */
export function withoutInventory(recording: Recording): Map<string, Uint8Array> {
  const name = `evidence/${GROUNDS_FILE}`;
  const grounds = recording.has(name) ? parsed(recording, name) : undefined;
  if (!areGrounds(grounds)) return new Map(recording);
  const { inventory: _, ...facts } = grounds.facts;
  return new Map(recording).set(name, Buffer.from(`${JSON.stringify({ ...grounds, facts }, null, 2)}\n`));
}

/** What judging the evidence again says anew of a report. */
const RECOMPUTED = ['revision', 'provider', 'assurance', 'startedAt', 'waivers'] as const;

/** What follows from the checks, and is told only where they come to the same. */
const FOLLOWING = ['summary', 'pillars'] as const;

/**
 * Judges the evidence of a run again and compares what comes of it with the report, which is believed in nothing that
 * follows from the evidence.
 *
 * @param report of the run, or of a part of its checks
 * @throws {HarnessError} `usage` when the evidence is not there or cannot be read.
 */
export function judgeAgain(recording: Recording, report: Report): readonly Rejudged[] {
  const grounds = parsed(recording, `evidence/${GROUNDS_FILE}`);
  if (!areGrounds(grounds)) throw new HarnessError('usage', `evidence/${GROUNDS_FILE} holds no grounds of a judgement`);
  const { facts, missing } = grounds;
  const probes = [...recording.keys()].flatMap((name) => /^evidence\/([^/]+)\.json$/.exec(name)?.[1] ?? []);
  const seen = Object.fromEntries(
    probes
      .filter((probe) => `${probe}.json` !== GROUNDS_FILE)
      .map((probe) => [probe, parsed(recording, `evidence/${probe}.json`)]),
  );
  const ids = new Set(report.checks.map(({ id }) => id));
  const checks = CHECKS.filter(({ id }) => ids.has(id));
  const again = asWritten(
    buildReport({
      judged: judgeAll(checks, { evidence: seen as Evidence, missing }, facts),
      target: report.target,
      mode: report.mode,
      revisions: facts.revisions,
      revisionSource: facts.revisionSource,
      provider: facts.provider,
      assurance: facts.assurance,
      startedAt: facts.capturedAt,
      durationMs: report.durationMs,
      requests: report.requests,
      trials: report.trials,
      strict: report.strict,
      only: report.only,
      waivers: report.waivers,
    }),
  );
  const judged = new Map(again.checks.map((check) => [check.id, check]));
  const found = [
    ...report.checks.flatMap((check) => comparedCheck(check, judged.get(check.id))),
    ...RECOMPUTED.flatMap((member) => compared(member, report[member], again[member])),
    ...compared('target.server', report.target.server, facts.server.url),
    ...(report.certification === undefined
      ? []
      : compared('certification.set', [report.certification.set], facts.revisions)),
  ];
  if (found.length > 0) return found;
  return FOLLOWING.flatMap((member) => compared(member, report[member], again[member]));
}

function comparedCheck(check: ReportedCheck, now: ReportedCheck | undefined): readonly Rejudged[] {
  const about = check.id;
  if (now === undefined) return [{ about, before: check.outcome, now: 'unknown to this version', isWording: false }];
  if (sayOf(check) !== sayOf(now)) return [{ about, before: sayOf(check), now: sayOf(now), isWording: false }];
  const members = new Set([...Object.keys(check), ...Object.keys(now)]) as ReadonlySet<keyof ReportedCheck>;
  return [...members]
    .flatMap((member) => compared(`${about}, ${member}`, check[member], now[member]))
    .map((each) => ({ ...each, isWording: true }));
}

function compared(about: string, before: unknown, now: unknown): readonly Rejudged[] {
  return isDeepStrictEqual(before, now)
    ? []
    : [{ about, before: shortly(before), now: shortly(now), isWording: false }];
}

/** Characters that are told of a value. */
const TOLD = 80;

function shortly(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > TOLD ? `${text.slice(0, TOLD)}…` : text;
}

/** "failed (served, advice)". */
function sayOf({ outcome, findings = [] }: ReportedCheck): string {
  const reasons = [...new Set(findings.map(({ reason }) => reason))];
  return reasons.length === 0 ? outcome : `${outcome} (${reasons.join(', ')})`;
}

/** As it is once it was written and read: a member that is `undefined` is none. */
const asWritten = (report: Report): Report => JSON.parse(JSON.stringify(report));

function areGrounds(value: unknown): value is Grounds {
  if (!isObject(value) || !isObject(value.facts) || !isObject(value.missing)) return false;
  const { revisions, assurance, capturedAt, server } = value.facts;
  return Array.isArray(revisions) && Array.isArray(assurance) && typeof capturedAt === 'string' && isObject(server);
}

function parsed(recording: Recording, name: string): unknown {
  try {
    return JSON.parse(textOf(recording, name));
  } catch (error) {
    throw new HarnessError('usage', `${name} cannot be judged again: ${(error as Error).message}`, { cause: error });
  }
}
