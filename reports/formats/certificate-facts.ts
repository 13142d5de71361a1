import type { Certificate, Signer, Statement } from '../certificate.ts';
import {
  checksSay,
  digestSays,
  digestsIn,
  levelSays,
  moment,
  requirementsSay,
  scopeSays,
  serverSays,
} from '../certificate-words.ts';
import { OUTCOME_NAMES, OUTCOMES } from '../names.ts';
import type { Outcome } from '../report.ts';

/** What a required check came to. */
export type Came = Certificate['outcomes'][string];

/** What stands in a certificate besides a pass, worst first. */
export const SHORT_OF_A_PASS = [
  'failed',
  'waived',
  'warned',
  'errored',
  'untested',
  'out-of-scope',
  'not-run',
] as const satisfies readonly Came[];

/** What holds, or asks for nothing. */
export const HELD = ['passed', 'noted', 'not-applicable'] as const satisfies readonly Came[];

export const cameName = (came: Came): string => (came === 'not-run' ? 'not run' : OUTCOME_NAMES[came]);

/** The required checks that came to this. */
export const idsOf = ({ outcomes }: Certificate, came: Came): readonly string[] =>
  Object.keys(outcomes).filter((id) => outcomes[id] === came);

/** Of those that are short of a pass the ones to list: what a waiver accepts stands among the waivers. */
export const listedOf = (certificate: Certificate, came: Came): readonly string[] =>
  idsOf(certificate, came).filter(
    (id) => came !== 'waived' || !certificate.waivers.some(({ check, state }) => check === id && state === 'applied'),
  );

export const titleOf = ({ subject: [subject], predicate }: Statement): string =>
  subject?.name ?? predicate.mcpAuthConformance.server;

/** What a reader of a certificate looks for, each with its label; what it does not say is left out. */
export function factsOf(
  statement: Statement,
  { algorithm, thumbprint }: Signer,
): readonly (readonly [label: string, text: string])[] {
  const { predicate } = statement;
  const { mcpAuthConformance: certificate, configuration } = predicate;
  const { implementation, tool, counts, shownByBuild = [], build } = certificate;
  const digestOf = (name: string) => configuration.find((each) => each.name === name)?.digest ?? {};
  const rows: readonly (readonly [label: string, text: string | undefined])[] = [
    ['Subject', titleOf(statement)],
    ['Server', serverSays(certificate)],
    ['Organization', implementation?.organization],
    ['Contact', implementation?.contact],
    ['Requirements', requirementsSay(certificate)],
    ['Level', levelSays(certificate)],
    ['Whose findings count', scopeSays(certificate)],
    ['Required checks', checksSay(certificate)],
    ['Shown by a build', build && `${shownByBuild.length} of them, on ${moment(build.testedAt)}, at ${build.server}`],
    ['The whole run', OUTCOMES.flatMap((outcome) => countOf(counts, outcome)).join(', ')],
    ['Tested', `${moment(certificate.testedAt)}, by ${tool.name} ${tool.version}`],
    ['Issued', moment(certificate.issuedAt)],
    ['Valid until', moment(certificate.validUntil)],
    ['Challenge', certificate.challenge],
    ['Signed by the key', `${thumbprint} (${algorithm}; thumbprint of RFC 7638)`],
    ['Digest of the subject', digestSays(statement)],
    ['Digest of the requirements', digestsIn(digestOf(`requirement-set/${certificate.revision}`))],
    ['Digest of the profile', digestsIn(digestOf('profile'))],
  ];
  return rows.flatMap(([label, text]) => (text ? [[label, text] as const] : []));
}

const countOf = (counts: Certificate['counts'], outcome: Outcome): readonly string[] =>
  counts[outcome] > 0 ? [`${counts[outcome]} ${OUTCOME_NAMES[outcome]}`] : [];
