import type { Signer, Statement } from '../certificate.ts';
import { isUnshown, NOT_SHOWN_SAYS, pillarsSay, WAIVER_WORDS } from '../certificate-words.ts';
import { cameName, factsOf, listedOf, SHORT_OF_A_PASS, titleOf } from './certificate-facts.ts';
import { code, escapeMarkdown } from './markdown-text.ts';

/** A certificate to be read and handed on; what counts is the signed one. Pure. */
export function certificateMarkdown(statement: Statement, signer: Signer): string {
  const certificate = statement.predicate.mcpAuthConformance;
  const { waivers, evidence, reproduce } = certificate;
  return [
    `# Conformance of ${escapeMarkdown(titleOf(statement))}: ${certificate.result}`,
    '',
    `${escapeMarkdown(certificate.because)}.`,
    '',
    '| | |',
    '|---|---|',
    ...factsOf(statement, signer).map(([label, text]) => `| ${label} | ${escapeMarkdown(text)} |`),
    `| Pillars | ${pillarsSay(certificate)} |`,
    '',
    ...(isUnshown(certificate) ? [NOT_SHOWN_SAYS, ''] : []),
    ...SHORT_OF_A_PASS.flatMap((came) => {
      const ids = listedOf(certificate, came);
      return ids.length === 0
        ? []
        : [`## Required and ${cameName(came)}: ${ids.length}`, '', ...ids.map((id) => `- ${code(id)}`), ''];
    }),
    ...(waivers.length === 0 ? [] : [`## Waivers: ${waivers.length}`, '']),
    ...waivers.map(
      ({ check, reason, owner, until, why, state }) =>
        `- ${code(check)} (${code(reason)}): ${WAIVER_WORDS[state]} ${until} by ${escapeMarkdown(owner)}: ${escapeMarkdown(why)}`,
    ),
    ...(waivers.length === 0 ? [] : ['']),
    `It rests on ${evidence.length} files, whose digests are in the signed certificate.`,
    '',
    '## How to verify it, and to do it again',
    '',
    ...reproduce.map((line) => `    ${line}`),
    '',
    'This page shows what was signed, and is not signed itself: what counts is the certificate (.jws) that it was written with.',
    '',
  ].join('\n');
}
