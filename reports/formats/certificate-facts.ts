import type { Certificate, Signer, Statement } from '../certificate.ts';
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

function doNotApply({ predicate }: Statement): string {
  const { length } = idsOf(predicate.mcpAuthConformance, 'not-applicable');
  return length === 0 ? '' : `, ${length} ${length === 1 ? 'does' : 'do'} not apply`;
}

/** What a reader of a certificate looks for, each with its label; what it does not say is left out. */
export function factsOf(
  statement: Statement,
  { algorithm, thumbprint }: Signer,
): readonly (readonly [label: string, text: string])[] {
  const { subject, predicate } = statement;
  const { mcpAuthConformance: certificate, passedTests, configuration } = predicate;
  const { implementation, outcomes, tool, counts, shownByBuild = [], build } = certificate;
  const digestOf = (name: string) => configuration.find((each) => each.name === name)?.digest ?? {};
  const rows: readonly (readonly [label: string, text: string | undefined])[] = [
    ['Subject', titleOf(statement)],
    ['Server', certificate.server],
    ['Organization', implementation?.organization],
    ['Contact', implementation?.contact],
    [
      'Requirements',
      `MCP authorization ${certificate.revision} (${certificate.revisionSource}), frozen, up to ${certificate.level}`,
    ],
    ['Whose findings count', certificate.of === 'setup' ? 'the whole setup' : 'the MCP server alone'],
    ['Required checks', `${passedTests.length} passed${doNotApply(statement)}, of ${Object.keys(outcomes).length}`],
    ['Shown by a build', build && `${shownByBuild.length} of them, on ${moment(build.testedAt)}, at ${build.server}`],
    ['The whole run', OUTCOMES.flatMap((outcome) => countOf(counts, outcome)).join(', ')],
    ['Tested', `${moment(certificate.testedAt)}, by ${tool.name} ${tool.version}`],
    ['Issued', moment(certificate.issuedAt)],
    ['Valid until', moment(certificate.validUntil)],
    ['Challenge', certificate.challenge],
    ['Signed by the key', `${thumbprint} (${algorithm}; thumbprint of RFC 7638)`],
    ['Digest of the subject', digestsIn(subject[0]?.digest ?? {})],
    ['Digest of the requirements', digestsIn(digestOf(`requirement-set/${certificate.revision}`))],
    ['Digest of the profile', digestsIn(digestOf('profile'))],
  ];
  return rows.flatMap(([label, text]) => (text ? [[label, text] as const] : []));
}

const countOf = (counts: Certificate['counts'], outcome: Outcome): readonly string[] =>
  counts[outcome] > 0 ? [`${counts[outcome]} ${OUTCOME_NAMES[outcome]}`] : [];

const digestsIn = (digest: Readonly<Record<string, string>>): string =>
  Object.entries(digest)
    .map((each) => each.join(':'))
    .join(', ');

const moment = (iso: string) => `${iso.slice(0, 16).replace('T', ' ')} UTC`;
