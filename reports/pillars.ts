import type { Pillar } from '../suites/check.ts';
import { PILLARS } from './names.ts';
import { weightOf } from './outcome.ts';
import type { Outcome, PillarState, Report, ReportedCheck } from './report.ts';

interface State {
  readonly state: PillarState;
  readonly because: string;
}

/**
 * The state of each pillar. *Met* asks for a positive proof: every MUST passed or does not apply, and one of them passed
 * with more in hand than anonymous requests.
 *
 * @param options.partial not every check ran: no pillar is met
 */
export function pillarsOf(
  checks: readonly ReportedCheck[],
  { partial = false }: { readonly partial?: boolean } = {},
): Report['pillars'] {
  const states = PILLARS.map((pillar) => {
    const found = stateOf(
      pillar,
      checks.filter((check) => check.pillar === pillar),
    );
    return [
      pillar,
      partial && found.state !== 'not-met' ? notShown('only a part of the checks ran (--only)') : found,
    ] as const;
  });
  return Object.fromEntries(states) as Record<Pillar, State>;
}

/** Areas that a pillar rests on: none of them may be without a check when it is called met. */
const RESTS_ON: Readonly<Record<Pillar, readonly string[]>> = {
  'client-registration': ['registration', 'client-documents'],
  'token-issuance': ['authorization', 'token-endpoint'],
  'audience-handling': ['access-tokens'],
  'signing-key-retrieval': ['issuer-metadata', 'access-tokens'],
  'server-side-validation': ['challenge', 'access-tokens'],
};

function stateOf(pillar: Pillar, checks: readonly ReportedCheck[]): State {
  const inScope = checks.filter(({ outcome }) => outcome !== 'out-of-scope');
  const musts = inScope.filter(({ keyword }) => keyword === 'MUST');
  const come = (...outcomes: readonly Outcome[]) => musts.filter(({ outcome }) => outcomes.includes(outcome));

  const failed = musts.filter(failedAsMust);
  if (failed.length > 0) return { state: 'not-met', because: `a MUST failed: ${names(failed)}` };
  if (checks.length === 0) return notShown('this version of the tool has no check of it');
  if (inScope.length === 0) return notShown('every check of this pillar needs more than this run was given');

  const beyond = checks.filter(({ outcome, keyword }) => outcome === 'out-of-scope' && keyword === 'MUST');
  for (const [outcomes, says] of GAPS) {
    const found = come(...outcomes).filter((check) => !isAdvice(check));
    if (found.length > 0) return notShown(`${says}: ${names(found)}`);
  }
  const missing = RESTS_ON[pillar].filter((area) => !checks.some(({ id }) => id.startsWith(`${area}/`)));
  if (missing.length > 0)
    return notShown(`what was tested holds; this version of the tool has no check of ${missing.join(', ')}`);
  const proofs = come('passed').filter(({ assurance }) => assurance !== 'anonymous');
  if (proofs.length === 0) return notShown('no MUST of this pillar was shown with a credential in hand');
  if (beyond.length > 0) {
    const says = beyond.length === 1 ? 'a MUST needs' : `${beyond.length} MUSTs need`;
    return notShown(`what was tested holds; ${says} more than this run was given: ${names(beyond)}`);
  }
  const shown = proofs.length === 1 ? 'one of them was shown' : `${proofs.length} of them were shown`;
  return { state: 'met', because: `every MUST holds, and ${shown} with a credential in hand` };
}

const GAPS: readonly (readonly [outcomes: readonly Outcome[], says: string])[] = [
  [['waived'], 'a MUST is waived'],
  [['untested', 'errored'], 'a MUST was not tested'],
  [['failed', 'warned', 'noted'], 'a MUST holds in part only'],
];

const notShown = (because: string): State => ({ state: 'not-shown', because });

const failedAsMust = (check: ReportedCheck) => check.outcome === 'failed' && weightOf(check) === 'MUST';

/** Nothing but advice was found, which takes nothing from a MUST. */
const isAdvice = ({ outcome, findings = [] }: ReportedCheck) =>
  outcome === 'noted' &&
  findings.length > 0 &&
  findings.every(({ keyword }) => keyword === 'ADVICE' || keyword === 'MAY');

function names(checks: readonly ReportedCheck[]): string {
  const shown = checks.slice(0, 3).map(({ id }) => id);
  return checks.length > shown.length
    ? `${shown.join(', ')} and ${checks.length - shown.length} more`
    : shown.join(', ');
}
