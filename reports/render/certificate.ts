import type { Statement } from '../certificate.ts';
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
    text === undefined || text === '' ? [] : page.field(label, text, { indent: 2, hang: 13 });
  const { mcpAuthConformance: certificate } = statement.predicate;
  const { implementation, result, because, outcomes, waivers, shownByBuild = [], build } = certificate;
  const [word, style] = RESULTS[result];
  const [subject] = statement.subject;
  const came = Object.values(outcomes);
  const count = (...wanted: readonly string[]) => came.filter((outcome) => wanted.includes(outcome)).length;
  return [
    ...page.text(`${word}: ${because}.`, { style }),
    '',
    ...field(
      'Subject',
      `${subject?.name} (${Object.entries(subject?.digest ?? {})
        .join()
        .replace(',', ':')})`,
    ),
    ...field('Server', certificate.server),
    ...field('Answered for', [implementation?.organization, implementation?.contact].filter((each) => each).join(', ')),
    ...field(
      'Against',
      `MCP authorization ${certificate.revision} (${certificate.revisionSource}), up to ${certificate.level}`,
    ),
    ...field('Counts', certificate.of === 'setup' ? 'the whole setup' : 'the findings of the MCP server alone'),
    ...field(
      'Checks',
      `${count('passed')} passed, ${count('warned', 'noted', 'waived')} in part, ${count('failed')} failed, ${count('not-applicable')} not applicable, ${count('untested', 'out-of-scope', 'errored', 'not-run')} not tested`,
    ),
    ...field(
      'From a build',
      build &&
        `${shownByBuild.length} checks were shown by a run of the same build, on ${build.testedAt}, at ${build.server}`,
    ),
    ...field(
      'Waived',
      waivers.map(({ check, reason, owner, until }) => `${check} (${reason}) by ${owner} until ${until}`).join('; '),
    ),
    ...field('Tested', `${certificate.testedAt} by ${certificate.tool.name} ${certificate.tool.version}`),
    ...field('Valid until', certificate.validUntil),
    ...field('Challenge', certificate.challenge),
    '',
  ].join('\n');
}
