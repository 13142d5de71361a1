import { HarnessError } from '../fixtures/errors.ts';
import type { Profile } from '../fixtures/profile/profile.ts';
import type { Mode } from '../reports/report.ts';

/** What a part of the checks comes to. */
export const OF_THE_WHOLE_SET = 'a certificate is of the whole set of requirements';

/** What is known of an implementation from a run of the embedded world. */
export const NOTHING_OF_IT =
  'the embedded world is the mock server of this tool, so nothing of the implementation that is named was tested';

/** What to write instead of `embedded`, to test the build that is named. */
export const NAME_THE_SERVER =
  'write `server` with the URL of the implementation in place of `embedded` (docs/mock.md: a build that trusts the mock tenant), or leave `implementation` out';

/**
 * Refuses a run in mode certify of which no certificate may come, before anything is sent.
 *
 * @throws {HarnessError} `usage`: where it is written, and what to write instead.
 */
export function requireCertifiable(
  { embedded, implementation, file, name }: Pick<Profile, 'embedded' | 'implementation' | 'file' | 'name'>,
  { mode, only }: { readonly mode: Mode; readonly only?: readonly string[] | undefined },
): void {
  if (mode !== 'certify') return;
  if (only !== undefined) {
    throw new HarnessError(
      'usage',
      `--only ${only.join(',')}: ${OF_THE_WHOLE_SET}; leave --only out, or try a part with --mode gate`,
    );
  }
  if (embedded === undefined || implementation === undefined) return;
  throw new HarnessError('usage', `${file ?? name} implementation: ${NOTHING_OF_IT}; ${NAME_THE_SERVER}`);
}
