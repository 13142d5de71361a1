import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { HarnessError } from '../fixtures/errors.ts';
import { packageRoot } from '../fixtures/package.ts';
import { REPORT_FILE } from '../reports/validate.ts';

/**
 * The folder a run is written to: `out` where given, else one of its own for profile and time, in `reports/runs/` of a
 * clone and in `mcp-auth-report/` of the working directory for an installed package.
 *
 * @throws {HarnessError} `usage` when there is a report in it already, `environment` when it cannot be made: known before
 *   anything is sent.
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
  requireWritable(folder);
  return folder;
}

function requireWritable(folder: string): void {
  let ground = folder;
  while (!existsSync(ground) && dirname(ground) !== ground) ground = dirname(ground);
  const says = (why: string) =>
    `cannot write to ${shownPath(folder)}: ${shownPath(ground)} ${why}; name another folder (--out)`;
  if (!statSync(ground).isDirectory()) throw new HarnessError('environment', says('is a file'));
  try {
    accessSync(ground, constants.W_OK);
  } catch (error) {
    throw new HarnessError('environment', says('may not be written by this user'), { cause: error });
  }
}

/** `path` from the working directory when it lies below it. */
export function shownPath(path: string): string {
  const near = relative(process.cwd(), path);
  return near === '' ? '.' : near.startsWith('..') ? path : near;
}

/** A package is published without the compiler's configuration. */
const isClone = () => existsSync(join(packageRoot(), 'tsconfig.build.json'));
