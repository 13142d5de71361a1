import { isDeepStrictEqual } from 'node:util';
import { isObject } from '../fixtures/protocol/answers.ts';
import type { Keyword } from '../suites/check.ts';
import { type Certificate, resultOf, type Statement, testsOf } from './certificate.ts';
import type { CertificationResult } from './policy.ts';
import { frozenFor, requiredFor, setDigest } from './requirement-set.ts';

/** What no certificate can do without, to be judged again. */
const RESTS_ON = ['report.json', 'evidence/grounds.json'];

/** Worst first. */
const RESULTS: readonly CertificationResult[] = ['not-certified', 'partial', 'certified'];

const PARTIAL: ReadonlySet<Certificate['outcomes'][string]> = new Set(['untested', 'out-of-scope', 'not-run']);

/**
 * What a certificate says against itself, or against the frozen set that it names: sentences. It asks for nothing but
 * the certificate, and says nothing of a set that this version does not have.
 */
export function contradictionsIn({ predicate }: Statement): readonly string[] {
  const { mcpAuthConformance: certificate } = predicate;
  const { outcomes, result, evidence, build, shownByBuild = [], pillars, embedded, implementation } = certificate;
  if (setDigest(certificate.revision) === undefined) return [];
  const asked = certificationOf(certificate);
  const keywords = requiredFor(asked);
  const frozen = frozenFor(asked);
  const unasked = Object.keys(outcomes).filter((id) => !keywords.has(id));
  const missing = [...keywords.keys()].filter((id) => outcomes[id] === undefined);
  const best = bestOf(certificate, keywords, new Set(frozen.keys()));
  const tests = testsOf(outcomes, keywords);
  const untrue = (['passedTests', 'warnedTests', 'failedTests'] as const).filter(
    (list) => !isDeepStrictEqual([...tests[list]].toSorted(), [...predicate[list]].toSorted()),
  );
  const unlendable = shownByBuild.filter((id) => frozen.get(id)?.assurance !== 'controlled-issuer');
  const isTwice = [evidence, build?.evidence ?? []].some(
    (files) => new Set(files.map(({ name }) => name)).size < files.length,
  );
  return [
    ...(missing.length === 0 ? [] : [`It leaves out what its set asks for: ${few(missing)}`]),
    ...(unasked.length === 0 ? [] : [`It names what its set does not ask for: ${few(unasked)}`]),
    ...(RESULTS.indexOf(result) <= RESULTS.indexOf(best) ? [] : [`It says ${result}, and its outcomes are ${best}`]),
    ...(predicate.result === resultOf(result, tests.warnedTests)
      ? []
      : [`Its result is ${predicate.result}, which does not follow from ${result} and its lists`]),
    ...untrue.map((list) => `Its ${list} are not those of its outcomes`),
    ...(unlendable.length === 0 ? [] : [`A build cannot show what takes no key of the issuer: ${few(unlendable)}`]),
    ...RESTS_ON.filter((name) => !evidence.some((each) => each.name === name)).map(
      (name) => `It rests on no ${name}: it cannot be judged again`,
    ),
    ...(isTwice ? ['It names a file of its evidence twice'] : []),
    ...(embedded && implementation !== undefined
      ? ['It names an implementation, and the mock server of this tool was tested in its place']
      : []),
    ...(Object.keys(pillars).length === 0 ? ['It says nothing of the pillars'] : []),
  ];
}

const certificationOf = ({ revision, level, of }: Certificate) => ({
  certification: { set: revision, level, ...(of === 'mcp-server' && { subject: of }) },
});

/** More than its outcomes and waivers a certificate cannot say. */
function bestOf(
  { outcomes, waivers }: Certificate,
  keywords: ReadonlyMap<string, Keyword>,
  frozen: ReadonlySet<string>,
): CertificationResult {
  const came = Object.entries(outcomes);
  if (came.some(([, outcome]) => outcome === 'failed')) return 'not-certified';
  const isPartial = came.some(
    ([id, outcome]) =>
      outcome === 'waived' || outcome === 'errored' || (PARTIAL.has(outcome) && keywords.get(id) === 'MUST'),
  );
  return isPartial || waivers.some(({ check, state }) => state !== 'untried' && frozen.has(check))
    ? 'partial'
    : 'certified';
}

/** Names that are told. */
const FEW = 3;

function few(ids: readonly string[]): string {
  const more = ids.length - FEW;
  return `${ids.slice(0, FEW).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

export interface Differing {
  /** "predicate.mcpAuthConformance.server". */
  readonly where: string;
  readonly signed: string;
  readonly follows: string;
}

/** Where what was signed differs from what follows from its report. */
export function differencesOf(signed: unknown, follows: unknown, where = ''): readonly Differing[] {
  if (isDeepStrictEqual(signed, follows)) return [];
  if (!isObject(signed) || !isObject(follows)) return [{ where, signed: shortly(signed), follows: shortly(follows) }];
  return [...new Set([...Object.keys(signed), ...Object.keys(follows)])].flatMap((name) =>
    differencesOf(signed[name], follows[name], where === '' ? name : `${where}.${name}`),
  );
}

/** Characters that are told of a value. */
const TOLD = 80;

function shortly(value: unknown): string {
  const text = value === undefined ? 'nothing' : typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > TOLD ? `${text.slice(0, TOLD)}…` : text;
}
