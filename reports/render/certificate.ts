import type { Statement } from '../certificate.ts';
import {
  checksSay,
  digestSays,
  levelSays,
  moment,
  pillarsSay,
  requirementsSay,
  scopeSays,
  serverSays,
  WAIVER_WORDS,
} from '../certificate-words.ts';
import type { CertificationResult } from '../policy.ts';
import { createPage, type PageOptions } from './page.ts';
import type { Style } from './text.ts';

const RESULTS: Readonly<Record<CertificationResult, readonly [word: string, style: Style]>> = {
  certified: ['CERTIFIED', 'green'],
  partial: ['PARTIAL', 'yellow'],
  'not-certified': ['NOT CERTIFIED', 'red'],
};

/** A certificate as a person reads it. Pure. */
export function renderCertificate(statement: Statement, options: PageOptions): string {
  const page = createPage(options);
  const field = (label: string, text: string | undefined) =>
    text === undefined || text === '' ? [] : page.field(label, text, { indent: 2, hang: 14 });
  const { mcpAuthConformance: certificate } = statement.predicate;
  const { implementation, result, because, waivers, shownByBuild = [], build, tool } = certificate;
  const [word, style] = RESULTS[result];
  const byBuild = shownByBuild.length === 1 ? '1 of them was shown' : `${shownByBuild.length} of them were shown`;
  return [
    ...page.text(`${word}: ${because}.`, { style }),
    '',
    ...field('Subject', statement.subject[0]?.name),
    ...field('Digest', digestSays(statement)),
    ...field('Server', serverSays(certificate)),
    ...field('Answered for', [implementation?.organization, implementation?.contact].filter((each) => each).join(', ')),
    ...field('Against', requirementsSay(certificate)),
    ...field('Level', levelSays(certificate)),
    ...field('Findings of', scopeSays(certificate)),
    ...field('Checks', checksSay(certificate)),
    ...field('Pillars', pillarsSay(certificate)),
    ...field(
      'From a build',
      build && `${byBuild} by a run of the same build, on ${moment(build.testedAt)}, at ${build.server}`,
    ),
    ...waivers.flatMap(({ check, reason, owner, until, why, state }) =>
      field('Waiver', `${check} (${reason}): ${WAIVER_WORDS[state]} ${until} by ${owner}: ${why}`),
    ),
    ...field('Tested', `${moment(certificate.testedAt)}, by ${tool.name} ${tool.version}`),
    ...field('Valid until', moment(certificate.validUntil)),
    ...field('Challenge', certificate.challenge),
    '',
  ].join('\n');
}
