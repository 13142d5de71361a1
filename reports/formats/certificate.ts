import type { Statement } from '../certificate.ts';
import { OUTCOME_NAMES } from '../names.ts';
import type { Outcome } from '../report.ts';
import { code, escapeMarkdown } from './markdown-text.ts';

/** What stands in a certificate besides a pass, worst first. */
const TOLD: readonly (Outcome | 'not-run')[] = [
  'failed',
  'waived',
  'warned',
  'errored',
  'untested',
  'out-of-scope',
  'not-run',
];

/** A certificate to be read and handed on; what counts is the signed one. Pure. */
export function certificateMarkdown({ subject: [subject], predicate }: Statement): string {
  const { mcpAuthConformance: certificate, passedTests } = predicate;
  const { implementation, outcomes, waivers, evidence, reproduce } = certificate;
  const rows: readonly (readonly [label: string, text: string | undefined])[] = [
    ['Subject', subject?.name],
    [
      'Digest',
      Object.entries(subject?.digest ?? {})
        .map((each) => each.join(':'))
        .join(', '),
    ],
    ['Server', certificate.server],
    ['Organization', implementation?.organization],
    ['Contact', implementation?.contact],
    ['Requirements', `MCP authorization ${certificate.revision}, frozen, up to ${certificate.level}`],
    ['Whose findings count', certificate.of === 'setup' ? 'the whole setup' : 'the MCP server alone'],
    ['Passed', `${passedTests.length} of ${Object.keys(outcomes).length} required checks`],
    ['Tested', certificate.testedAt],
    ['Tool', `${certificate.tool.name} ${certificate.tool.version}`],
    ['Valid until', certificate.validUntil],
    ['Challenge', certificate.challenge],
  ];
  const came = (wanted: string) => Object.keys(outcomes).filter((id) => outcomes[id] === wanted);
  return [
    `# Conformance of ${escapeMarkdown(subject?.name ?? certificate.server)}: ${certificate.result}`,
    '',
    `${escapeMarkdown(certificate.because)}.`,
    '',
    '| | |',
    '|---|---|',
    ...rows.flatMap(([label, text]) => (text ? [`| ${label} | ${escapeMarkdown(text)} |`] : [])),
    '',
    ...TOLD.flatMap((outcome) => {
      const ids = came(outcome);
      const name = outcome === 'not-run' ? 'not run' : OUTCOME_NAMES[outcome];
      return ids.length === 0
        ? []
        : [`## Required and ${name}: ${ids.length}`, '', ...ids.map((id) => `- ${code(id)}`), ''];
    }),
    ...(waivers.length === 0 ? [] : ['## Waivers', '']),
    ...waivers.map(
      ({ check, reason, owner, until, why, state }) =>
        `- ${code(check)} (${code(reason)}), ${state}, until ${until}, by ${escapeMarkdown(owner)}: ${escapeMarkdown(why)}`,
    ),
    ...(waivers.length === 0 ? [] : ['']),
    `It rests on ${evidence.length} files, whose digests are in the signed certificate.`,
    '',
    '## How to do it again',
    '',
    ...reproduce.map((line) => `    ${line}`),
    '',
  ].join('\n');
}
