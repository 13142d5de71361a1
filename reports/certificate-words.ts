import { ASSURANCES, type Assurance } from '../suites/check.ts';
import type { Certificate, Statement } from './certificate.ts';
import {
  ASSURANCE_NAMES,
  OUTCOME_NAMES,
  OUTCOMES,
  PILLAR_NAMES,
  PILLAR_STATE_NAMES,
  PILLARS,
  REVISION_SOURCES,
} from './names.ts';
import type { PillarState, WaiverState } from './report.ts';

/** `2026-08-01 10:00 UTC`. */
export const moment = (iso: string): string => `${iso.slice(0, 16).replace('T', ' ')} UTC`;

export const serverSays = ({ server, embedded }: Certificate): string =>
  embedded ? `${server} (the mock server of this tool)` : server;

export const requirementsSay = ({ revision, revisionSource }: Certificate): string =>
  `MCP authorization ${revision} (${REVISION_SOURCES[revisionSource]}), the frozen set`;

/** What takes more than its level a certificate says nothing of. */
export const beyond = (level: Assurance): readonly string[] =>
  ASSURANCES.slice(ASSURANCES.indexOf(level) + 1).map(withArticle);

const withArticle = (level: Assurance): string =>
  level === 'anonymous' ? ASSURANCE_NAMES[level] : `a ${ASSURANCE_NAMES[level]}`;

/** "token: with anonymous requests and a good token; without a sign-in, a controlled issuer or a tenant audit". */
export function levelSays({ level }: Certificate): string {
  const given = ASSURANCES.slice(0, ASSURANCES.indexOf(level) + 1).map(withArticle);
  const without = beyond(level);
  return `${level}: with ${listed(given)}${without.length === 0 ? '' : `; without ${listed(without, 'or')}`}`;
}

export const listed = (names: readonly string[], word: 'and' | 'or' = 'and'): string =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} ${word} ${names.at(-1)}`;

export const scopeSays = ({ of }: Certificate): string => (of === 'setup' ? 'the whole setup' : 'the MCP server alone');

/** "157 passed, 1 waived, 52 not applicable, of 210". */
export function checksSay({ outcomes }: Certificate): string {
  const all = Object.values(outcomes);
  const counts = [...OUTCOMES.toSorted((a, b) => Number(b === 'passed') - Number(a === 'passed')), 'not-run' as const]
    .map((came) => [all.filter((each) => each === came).length, came] as const)
    .filter(([count]) => count > 0)
    .map(([count, came]) => `${count} ${came === 'not-run' ? 'not run' : OUTCOME_NAMES[came]}`);
  return `${counts.join(', ')}, of ${all.length}`;
}

/** "met: audience handling; not shown: token issuance". */
export function pillarsSay({ pillars }: Certificate): string {
  return (Object.keys(PILLAR_STATE_NAMES) as PillarState[])
    .map((state) => [state, PILLARS.filter((pillar) => pillars[pillar] === state)] as const)
    .filter(([, own]) => own.length > 0)
    .map(([state, own]) => {
      const names = own.map((pillar) => PILLAR_NAMES[pillar].toLowerCase());
      return `${PILLAR_STATE_NAMES[state]}: ${names.join(', ')}`;
    })
    .join('; ');
}

export const isUnshown = ({ pillars }: Certificate): boolean => Object.values(pillars).includes('not-shown');

/** What a reader of a certificate has to know of a pillar's state, where there is one that asks for it. */
export const NOT_SHOWN_SAYS = 'Not shown: too little of it was tested to call it met, or something of it is waived.';

/** A live server has no digest of its own: then its report stands for it, which is said. */
export function digestSays({ subject: [subject], predicate }: Statement): string {
  const digest = digestsIn(subject?.digest ?? {});
  return predicate.mcpAuthConformance.implementation?.digest === undefined
    ? `${digest}, of its report, as no digest of a build is given`
    : digest;
}

export const digestsIn = (digest: Readonly<Record<string, string>>): string =>
  Object.entries(digest)
    .map((each) => each.join(':'))
    .join(', ');

/** What became of a waiver, before its last day. */
export const WAIVER_WORDS: Readonly<Record<WaiverState, string>> = {
  applied: 'accepted until',
  untried: 'not tried, accepted until',
  stale: 'gone, and still accepted until',
  expired: 'accepted no more since',
};
