import type { Doors } from '../fixtures/doors/doors.ts';
import type { Evidence, EvidenceKey, EvidenceMap } from '../fixtures/evidence.ts';
import type { Effect, Probe, Skipped } from '../fixtures/probe.ts';
import { PROBES } from '../fixtures/probes/index.ts';
import type { Target } from '../fixtures/target.ts';

export type Progress =
  | { readonly kind: 'probe-began'; readonly probe: string; readonly asks: string }
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

/** What stands against running a probe on this target, if anything: no provision, or an effect that is not allowed. */
export function whyNotRun(
  probe: Probe,
  target: Pick<Target, 'tokens' | 'issuer' | 'authorized' | 'allow'>,
): Extract<Missing, { readonly unlock: string }> | undefined {
  if (probe.requires.includes('tokens.good') && target.tokens.good === undefined) {
    return {
      kind: 'not-given',
      because: 'it takes a good token',
      unlock: 'tokens.good: an access token that the server accepts',
    };
  }
  if (probe.requires.includes('issuer.signingKey') && target.issuer?.signingKey === undefined) {
    return {
      kind: 'not-given',
      because: 'it takes tokens signed by an issuer we control',
      unlock: 'issuer.signingKey: the private key a staging issuer signs with, or that of the mock tenant',
    };
  }
  if (probe.requires.includes('issuer.control') && target.issuer?.control === undefined) {
    // No profile can give it, so no level promises it.
    return {
      kind: 'not-allowed',
      because: 'it takes an issuer whose keys the run may change',
      unlock: 'a run of the embedded world (embedded: {}), where tenant and server are in one process',
    };
  }
  const allowed: Readonly<Record<Effect, boolean>> = {
    none: true,
    trials: target.authorized,
    load: target.authorized && target.allow.includes('load'),
    writes: target.authorized && target.allow.includes('writes'),
  };
  if (allowed[probe.effects]) return undefined;
  if (target.authorized) {
    return {
      kind: 'not-allowed',
      because: `nobody said that a run may have this effect: ${probe.effects}`,
      unlock: `allow: [${probe.effects}] in the profile`,
    };
  }
  return {
    kind: 'not-allowed',
    because: 'it sends hostile inputs, and nobody said that you may try them on this target',
    unlock: 'authorized: true in the profile, or check --active: your word that you may',
  };
}

/** Runs every probe that may run, each once, as soon as those before it are done. */
export async function capture(
  doors: Doors,
  target: Target,
  probes: readonly Probe[] = PROBES,
  onProgress: (event: Progress) => void = () => {},
): Promise<Captured> {
  const evidence: Partial<Record<EvidenceKey, EvidenceMap[EvidenceKey]>> = {};
  const missing: Partial<Record<EvidenceKey, Missing>> = {};
  const running = new Map<EvidenceKey, Promise<void>>();

  const start = (probe: Probe): Promise<void> => {
    const begun = running.get(probe.key) ?? runAfterOthers(probe);
    running.set(probe.key, begun);
    return begun;
  };
  const runAfterOthers = async (probe: Probe): Promise<void> => {
    const before = [...probe.needs, ...(probe.uses ?? [])];
    await Promise.all(probes.filter(({ key }) => before.includes(key)).map(start));
    const reason =
      whyNotRun(probe, target) ?? probe.needs.map((key) => missing[key]).find((each) => each !== undefined);
    if (reason !== undefined) {
      missing[probe.key] = reason;
      return;
    }
    onProgress({ kind: 'probe-began', probe: probe.key, asks: probe.asks });
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
