import type { Doors } from '../fixtures/doors/doors.ts';
import type { EvidenceKey } from '../fixtures/evidence.ts';
import type { Probe } from '../fixtures/probe.ts';
import { revisionsToAsk } from '../fixtures/probes/anonymous.ts';
import { PROBES } from '../fixtures/probes/index.ts';
import type { Target } from '../fixtures/target.ts';
import { type Captured, capture, type Missing, type Progress, whyNotRun } from './capture.ts';

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
  const issued = signIn?.grants.findLast(({ tokens }) => tokens.access_token !== undefined)?.tokens.access_token;
  const good = doors.concealed(issued && `«${issued.label}»`);
  if (good === undefined) return { target, seed: lackingToken(captured), remark: [] };
  doors.bind(good, target.server.url);
  const supplied = { ...target, tokens: { ...target.tokens, good } };
  const control = PROBES.filter(({ key }) => key === 'control');
  const controlled = await capture(doors, supplied, control, { onProgress, seed: captured });
  const remark = ['the good token of this run is the access token of its own sign-in, as tokens.good is not given'];
  return { target: supplied, seed: isAskedWell(target, controlled) ? controlled : onlyTokens(controlled), remark };
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

/** Whether the requests without a token were made in the revisions that the good token shows the server to speak. */
function isAskedWell(target: Target, { evidence: { anonymous, control } }: Captured): boolean {
  const asked = new Set(anonymous?.operations.map(({ revision }) => revision));
  return revisionsToAsk(target, control?.revisions ?? []).every((revision) => asked.has(revision));
}

/** The rest is asked again: metadata is what those requests led to. */
function onlyTokens({ evidence: { signIn, control }, missing }: Captured): Captured {
  return {
    evidence: { ...(signIn && { signIn }), ...(control && { control }) },
    missing: { ...(missing.control && { control: missing.control }) },
  };
}

/** What takes a good token is missing for the reason for which there is none. */
function lackingToken(captured: Captured): Captured {
  const { signIn } = captured.missing;
  const why: Missing =
    signIn?.kind === 'untested'
      ? signIn
      : {
          kind: 'untested',
          because: 'the good token was to be that of the sign-in, which ended without an access token',
          unlock: 'clients and users of the profile: a code that the token endpoint takes; or tokens.good',
        };
  const takers = PROBES.filter(({ requires }) => requires.includes('tokens.good'));
  const missing = Object.fromEntries(takers.map(({ key }) => [key, why]));
  return { evidence: captured.evidence, missing: { ...captured.missing, ...missing } };
}
