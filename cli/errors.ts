import { CommanderError } from 'commander';
import { HarnessError } from '../fixtures/errors.ts';
import { Interruption } from './interruption.ts';
import { complain } from './output.ts';

/** 0 and 1 by the policy of the mode; 2: no verdict; 130 and 143: a signal ended it. */
export type ExitCode = 0 | 1 | 2 | Interruption['exitCode'];

/** One clear line on stderr for whatever ended a command without a verdict. */
export function explainError(error: unknown): ExitCode {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0;
    // Its own message is out already, by way of `outputError`; bare help has none.
    if (error.code === 'commander.help') complain('name one of the commands above');
    return 2;
  }
  if (error instanceof Interruption) {
    complain(error.message);
    return error.exitCode;
  }
  if (error instanceof HarnessError) {
    for (const line of error.message.split('\n')) complain(line);
  } else {
    const says = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    complain(`a fault of this tool: ${says}; run with DEBUG=mcp-auth-conformance for the trace`);
  }
  if (process.env.DEBUG?.includes('mcp-auth-conformance')) console.error(error);
  return 2;
}
