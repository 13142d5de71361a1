import { existsSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { HarnessError } from '../fixtures/errors.ts';
import { packageRoot } from '../fixtures/package.ts';
import { REPORT_FILE } from '../reports/validate.ts';

/**
 * The folder a run is written to: `out` where given, else one of its own for profile and time, in `reports/runs/` of a
 * clone and in `mcp-auth-report/` of the working directory for an installed package.
 *
 * @throws {HarnessError} `usage` when there is a report in it already.
 */
export function runFolder(profile: string, out: string | undefined, now = new Date()): string {
  const time = now.toISOString().replaceAll(':', '-').replace('.', '-');
  const folder = resolve(
    out ?? join(isClone() ? join(packageRoot(), 'reports', 'runs') : 'mcp-auth-report', profile, time),
  );
  if (existsSync(join(folder, REPORT_FILE))) {
    throw new HarnessError(
      'usage',
      `--out ${out}: there is a report in it already, and reports are never overwritten; name another folder`,
    );
  }
  return folder;
}

/** `path` from the working directory when it lies below it. */
export function shownPath(path: string): string {
  const near = relative(process.cwd(), path);
  return near === '' ? '.' : near.startsWith('..') ? path : near;
}

/** A package is published without the compiler's configuration. */
const isClone = () => existsSync(join(packageRoot(), 'tsconfig.build.json'));
