import type { EvidenceMap, Exchange } from '../../fixtures/evidence.ts';
import { NO_CONTROL, protectedOperation } from '../../fixtures/protected-operation.ts';
import { describe, headerValues, isServed, isSettled } from '../../fixtures/protocol/answers.ts';
import {
  type Challenge,
  isScheme,
  type ParsedChallenges,
  parseChallenges,
} from '../../fixtures/protocol/challenges.ts';
import { CREDENTIAL_TRIALS, credentialRow } from '../../fixtures/trials/credentials.ts';
import { type Finding, fail, pass, untested, type Verdict } from '../check.ts';

/** Evidence that holds 401 answers. */
export type Refusing = Partial<Pick<EvidenceMap, 'anonymous' | 'challenge' | 'credentials'>>;

/** A 401 of the endpoint, with what its `WWW-Authenticate` fields say. */
export interface Refusal {
  readonly exchange: Exchange;
  /** Field values, one a line. */
  readonly fields: readonly string[];
  readonly parsed: ParsedChallenges;
  readonly bearer: readonly Challenge[];
}

/** 401 answers to requests without credentials. */
export function refusalsWithoutToken({ anonymous, challenge }: Refusing): readonly Refusal[] {
  const asked = anonymous?.operations.map(({ exchange }) => exchange) ?? [];
  return toRefusals([...asked, ...(challenge === undefined ? [] : [...challenge.again, challenge.fromBrowser])]);
}

/** 401 answers to tokens that nobody issued. */
export function refusalsOfInvalidTokens({ credentials }: Refusing): readonly Refusal[] {
  if (credentials === undefined) return [];
  const invalid = CREDENTIAL_TRIALS.filter((trial) => credentialRow(trial).kind === 'invalid');
  return toRefusals(invalid.map((trial) => credentials[trial]));
}

export function allRefusals(evidence: Refusing): readonly Refusal[] {
  return [...refusalsWithoutToken(evidence), ...refusalsOfInvalidTokens(evidence)];
}

function toRefusals(exchanges: readonly Exchange[]): readonly Refusal[] {
  return exchanges
    .filter(({ answer }) => answer?.status === 401)
    .map((exchange) => {
      const fields = headerValues(exchange.answer, 'www-authenticate');
      const parsed = parseChallenges(fields);
      return { exchange, fields, parsed, bearer: parsed.challenges.filter((each) => isScheme(each, 'Bearer')) };
    });
}

/** No 401 was seen, so nothing can be said of its challenge. */
export function noRefusal(): Verdict<never> {
  return untested(
    'no answer was a 401',
    'an operation that answers 401 without a token',
    'challenge/answers-401-without-a-token',
  );
}

/** How a rule about challenges is broken: in which words, and by which reason. */
export interface Breach<R extends string> {
  readonly reason: R;
  readonly actual: string;
}

/** Refusals that a rule about Bearer challenges speaks of. */
export const withBearer = ({ bearer }: Refusal) => bearer.length > 0;

/**
 * Judges every refusal by one rule. Equal breaches become one finding that points at all their exchanges. Refusals
 * without a challenge are `challenge/sends-a-challenge-with-401`'s business.
 */
export function judgeRefusals<R extends string>(
  refusals: readonly Refusal[],
  expected: string,
  breaches: (refusal: Refusal) => readonly Breach<R>[],
  seen: string,
  only: (refusal: Refusal) => boolean = () => true,
): Verdict<R> {
  if (refusals.length === 0) return noRefusal();
  const challenging = refusals.filter(({ fields }) => fields.some((field) => field.trim() !== ''));
  if (challenging.length === 0) {
    return untested(
      'no 401 carried a challenge',
      'a 401 with WWW-Authenticate',
      'challenge/sends-a-challenge-with-401',
    );
  }
  const judged = challenging.filter(only);
  if (judged.length === 0) {
    return untested('no challenge offers Bearer', 'a Bearer challenge', 'challenge/offers-the-bearer-scheme');
  }
  const findings = gather(
    judged.flatMap((refusal) => breaches(refusal).map((breach) => ({ ...breach, at: refusal.exchange.id }))),
    expected,
  );
  return findings.length === 0 ? pass(seen) : fail(findings);
}

/** Equal breaches as one finding; a breach may say itself what was expected. */
export function gather<R extends string>(
  breaches: readonly (Breach<R> & { readonly at: string; readonly expected?: string })[],
  expected: string,
): readonly Finding<R>[] {
  const findings = new Map<string, Finding<R> & { at: string[] }>();
  for (const { reason, actual, at, expected: wanted = expected } of breaches) {
    const key = JSON.stringify([reason, actual, wanted]);
    const known = findings.get(key);
    if (known === undefined) findings.set(key, { reason, expected: wanted, actual, at: [at] });
    else known.at.push(at);
  }
  return [...findings.values()];
}

/** Why a refusal proves nothing: the operation was not served with a good token either. */
export function withoutControl(
  evidence: Partial<Pick<EvidenceMap, 'anonymous' | 'control'>>,
): Verdict<never> | undefined {
  const { anonymous, control } = evidence;
  if (anonymous !== undefined && control !== undefined && protectedOperation(anonymous, control) !== undefined) {
    return undefined;
  }
  return untested(...NO_CONTROL);
}

/** Trials of which some were not answered prove nothing when none of the answered ones failed. */
export function unsettled(trials: readonly Exchange[]): Verdict<never> | undefined {
  const silent = trials.filter((exchange) => !isSettled(exchange));
  if (silent.length === 0) return undefined;
  return untested(
    `${silent.length} of ${trials.length} requests got no word of the server: ${silent[0]!.asks}: ${describe(silent[0]!)}`,
    silent.some(({ answer }) => answer !== undefined)
      ? 'an answer of the server itself: a proxy or firewall before it answers so, or the server fails where it should refuse (401)'
      : 'a run in which the server answers each request',
  );
}

/** Same for trials that had controls of their own, before and after. */
export function brokenControl(before: Exchange, after: Exchange): Verdict<never> | undefined {
  if (isServed(before) && isServed(after)) return undefined;
  return untested(
    `the token that has to be served was not served ${isServed(before) ? 'after' : 'before'} the trials`,
    'a good token that the server keeps accepting for the whole run',
  );
}

/** The value as a reader may see it: quoted, and cut when it is long. */
export function quote(value: string): string {
  return `\`${value.length > 200 ? `${value.slice(0, 200)}…` : value}\``;
}
