import { type ExitCode, explainError } from './errors.ts';
import { createProgram } from './program.ts';

/**
 * Runs one command line.
 *
 * @param args what stands behind the name of the program
 */
export async function execute(args: readonly string[]): Promise<ExitCode> {
  // What is written fails in the callback of the write; without a listener the same error would end the process.
  process.stdout.on('error', () => {});
  process.stderr.on('error', () => {});
  process.on('uncaughtException', (error) => process.exit(explainError(error)));
  let code: ExitCode = 0;
  const program = createProgram((found) => {
    code = found;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    return explainError(error);
  }
}
