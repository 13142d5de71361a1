import type { Doors } from '../fixtures/doors/doors.ts';
import type { EvidenceKey } from '../fixtures/evidence.ts';
import type { Probe } from '../fixtures/probe.ts';
import { PROBES } from '../fixtures/probes/index.ts';
import type { Target } from '../fixtures/target.ts';
import { type Captured, capture, type Progress, whyNotRun } from './capture.ts';

export interface Supplied {
  readonly target: Target;
  /** What was captured on the way, and need not be asked again. */
  readonly seed: Captured;
  /** For the report: where the token came from, when it is not the profile's. */
  readonly remark: readonly string[];
}

const NOTHING: Captured = { evidence: {}, missing: {} };

/** The probe that a good token comes from, where the profile brings none. */
const PROVIDER = 'signIn';

/**
 * The target with a good token: the profile's own, else that of a sign-in, which is done before everything else then,
 * and once.
 */
export async function withGoodToken(
  doors: Doors,
  target: Target,
  wanted: readonly Probe[],
  onProgress?: (event: Progress) => void,
): Promise<Supplied> {
  if (target.tokens.good !== undefined) return { target, seed: NOTHING, remark: [] };
  const provider = PROBES.find(({ key }) => key === PROVIDER)!;
  const isWanted = wanted.some(({ requires }) => requires.includes('tokens.good'));
  if (!isWanted || whyNotRun(provider, target) !== undefined) return { target, seed: NOTHING, remark: [] };

  const captured = await capture(doors, target, leadingTo(provider), { onProgress });
  const { signIn } = captured.evidence;
  const seed: Captured = {
    evidence: signIn === undefined ? {} : { signIn },
    missing: captured.missing.signIn === undefined ? {} : { signIn: captured.missing.signIn },
  };
  const issued = signIn?.grants.findLast(({ tokens }) => tokens.access_token !== undefined)?.tokens.access_token;
  const good = doors.concealed(issued && `«${issued.label}»`);
  if (good === undefined) return { target, seed, remark: [] };
  doors.bind(good, target.server.url);
  const remark = ['the good token of this run is the access token of its own sign-in, as tokens.good is not given'];
  return { target: { ...target, tokens: { ...target.tokens, good } }, seed, remark };
}

/** The probe and those it needs or uses, but nothing that needs a good token itself. */
function leadingTo(provider: Probe): readonly Probe[] {
  const found = new Set<EvidenceKey>();
  const add = (key: EvidenceKey) => {
    const probe = PROBES.find((each) => each.key === key);
    if (probe === undefined || found.has(key) || probe.requires.includes('tokens.good')) return;
    found.add(key);
    for (const before of [...probe.needs, ...(probe.uses ?? [])]) add(before);
  };
  add(provider.key);
  return PROBES.filter(({ key }) => found.has(key));
}
