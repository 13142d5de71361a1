import type { PageOptions } from '../reports/render/page.ts';
import { clean } from '../reports/render/text.ts';

export const PROGRAM = 'mcp-auth-conformance';

const WIDTH = { least: 40, most: 100 } as const;

/**
 * Writes to standard output and waits until it is out. A reader who went away (`| head`) is no error.
 *
 * @throws {Error} when it cannot be written for another reason.
 */
export function print(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => {
      if (error && (error as NodeJS.ErrnoException).code !== 'EPIPE') reject(error);
      else resolve();
    });
  });
}

/** One line on standard error, in the name of the program. */
export function complain(line: string): void {
  process.stderr.write(`${PROGRAM}: ${clean(line)}\n`);
}

/** How a page looks on standard output: colour and the terminal's width on a terminal only (https://no-color.org). */
export function pageOptions(stdout: Partial<NodeJS.WriteStream> = process.stdout, env = process.env): PageOptions {
  if (!stdout.isTTY) return { color: false, width: WIDTH.most };
  const width = Math.min(Math.max(stdout.columns || 80, WIDTH.least), WIDTH.most);
  return { color: !env.NO_COLOR && env.TERM !== 'dumb', width };
}
