import type { Doors } from '../fixtures/doors/doors.ts';
import type { Evidence, EvidenceKey, EvidenceMap } from '../fixtures/evidence.ts';
import type { Probe, Skipped } from '../fixtures/probe.ts';
import { PROBES } from '../fixtures/probes/index.ts';
import type { Target } from '../fixtures/target.ts';
import { type Given, lacksOf } from './provisions.ts';

export type Progress =
  | { readonly kind: 'probe-began'; readonly probe: string; readonly asks: string; readonly requests: number }
  | { readonly kind: 'probe-ended'; readonly probe: string; readonly requests: number };

/** Why a probe's evidence is missing. */
export type Missing =
  | { readonly kind: 'not-given'; readonly because: string; readonly unlock: string }
  | { readonly kind: 'not-allowed'; readonly because: string; readonly unlock: string }
  | { readonly kind: 'untested'; readonly because: string; readonly unlock: string; readonly blockedBy?: string }
  | { readonly kind: 'not-applicable'; readonly because: string }
  /** The probe itself broke: our own fault. */
  | { readonly kind: 'broken'; readonly because: string };

export interface Captured {
  readonly evidence: Evidence;
  readonly missing: Readonly<Partial<Record<EvidenceKey, Missing>>>;
}

/** What stands against running a probe on this target, if anything: out of scope where no level of assurance promises all of it. */
export function whyNotRun(probe: Probe, target: Given): Extract<Missing, { readonly unlock: string }> | undefined {
  const lacks = lacksOf(probe, target);
  if (lacks.length === 0) return undefined;
  return {
    kind: lacks.some(({ kind }) => kind === 'not-allowed') ? 'not-allowed' : 'not-given',
    because: lacks.map(({ because }) => because).join('; '),
    unlock: lacks.map(({ unlock }) => unlock).join('; '),
  };
}

export interface CaptureOptions {
  readonly onProgress?: ((event: Progress) => void) | undefined;
  /** What was captured before, and is not asked again. */
  readonly seed?: Captured;
}

/** Runs every probe that may run, each once, as soon as those before it are done. */
export async function capture(
  doors: Doors,
  target: Target,
  probes: readonly Probe[] = PROBES,
  { onProgress = () => {}, seed }: CaptureOptions = {},
): Promise<Captured> {
  const isSignedIn = (probe: Probe) => probe.requires.includes('sign-in') && whyNotRun(probe, target) === undefined;
  // It takes half a second to start, in which others find out where it has to go.
  if (probes.some(isSignedIn)) doors.browser.prepare();
  const evidence: Partial<Record<EvidenceKey, EvidenceMap[EvidenceKey]>> = { ...seed?.evidence };
  const missing: Partial<Record<EvidenceKey, Missing>> = { ...seed?.missing };
  const running = new Map<EvidenceKey, Promise<void>>();

  const start = (probe: Probe): Promise<void> => {
    const begun = running.get(probe.key) ?? runAfterOthers(probe);
    running.set(probe.key, begun);
    return begun;
  };
  const runAfterOthers = async (probe: Probe): Promise<void> => {
    if (evidence[probe.key] !== undefined || missing[probe.key] !== undefined) return;
    const before = [...probe.needs, ...(probe.uses ?? []), ...(probe.after ?? [])];
    await Promise.all(probes.filter(({ key }) => before.includes(key)).map(start));
    const reason =
      whyNotRun(probe, target) ?? probe.needs.map((key) => missing[key]).find((each) => each !== undefined);
    if (reason !== undefined) {
      missing[probe.key] = reason;
      return;
    }
    onProgress({ kind: 'probe-began', probe: probe.key, asks: probe.asks, requests: doors.requests() });
    try {
      const gathered: EvidenceMap[EvidenceKey] | Skipped = await probe.capture(doors, target, evidence as EvidenceMap);
      if ('skipped' in gathered) {
        const { skipped: kind, ...why } = gathered;
        missing[probe.key] = { kind, ...why } as Missing;
      } else evidence[probe.key] = gathered;
    } catch (error) {
      missing[probe.key] = {
        kind: 'broken',
        because: `probe ${probe.key}: ${error instanceof Error ? error.message : error}`,
      };
    }
    onProgress({ kind: 'probe-ended', probe: probe.key, requests: doors.requests() });
  };

  await Promise.all(probes.map(start));
  return { evidence: evidence as Evidence, missing };
}
