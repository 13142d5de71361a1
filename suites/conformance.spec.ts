import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PILLARS } from '../reports/names.ts';
import { conclude, isRed } from '../reports/policy.ts';
import { test } from './door.ts';
import { CHECKS } from './registry.ts';

for (const check of CHECKS) {
  const [area] = check.id.split('/');
  test(
    `${check.id} · ${check.title}`,
    { tag: [`@${area}`, `@${check.party}`] },
    async ({ report, conformance }, info) => {
      const entry = report.checks.find(({ id }) => id === check.id);
      if (entry === undefined) throw finding(`${check.id} is not in the report: it was not run`);
      const { outcome, keyword, findings = [], because, unlock, seen } = entry;
      info.annotations.push({ type: 'keyword', description: keyword }, { type: 'outcome', description: outcome });
      if (seen !== undefined) info.annotations.push({ type: 'seen', description: seen });
      for (const { url } of entry.requirements)
        if (url !== undefined) info.annotations.push({ type: 'source', description: url });

      for (const { says, evidence } of findings) {
        await test.step(`Evidence: ${says}`, async (step) => {
          const probes = new Set(evidence.map((id) => id.split('/')[0]!));
          for (const probe of probes) {
            const body = await readFile(join(conformance.folder, 'evidence', `${probe}.json`));
            await step.attach(`evidence of ${probe}`, { body, contentType: 'application/json' });
          }
        });
      }
      const said = findings.map(
        ({ says, expected, actual, fix }) =>
          `${says}\n  Expected: ${expected}\n  Actual:   ${actual}\n  Fix:      ${fix.general}`,
      );
      const why = [
        ...said,
        ...(because === undefined ? [] : [`${because}${unlock === undefined ? '' : `\n  Unlock:   ${unlock}`}`]),
      ].join('\n\n');
      if (isRed(entry, report)) throw finding(`${outcome} (${keyword}): ${why}`);
      if (findings.length > 0) info.annotations.push({ type: outcome, description: why });
      test.skip(['not-applicable', 'untested', 'out-of-scope', 'waived'].includes(outcome), `${outcome}: ${why}`);
    },
  );
}

test('verdict · what the command line would say of this report', ({ report }, info) => {
  for (const pillar of PILLARS) {
    const { state, because } = report.pillars[pillar];
    info.annotations.push({ type: `pillar ${pillar}`, description: `${state}: ${because}` });
  }
  const { exitCode, because } = conclude(report);
  if (exitCode !== 0) throw finding(because);
});

/** An error that shows the finding and not the line of this file. */
function finding(message: string): Error {
  return Object.assign(new Error(message), { stack: `Error: ${message}` });
}
