import { Command } from 'commander';
import { packageVersion } from '../fixtures/package.ts';
import { addCertify } from './certify.ts';
import { addCheck } from './check.ts';
import { addCompare } from './compare.ts';
import type { ExitCode } from './errors.ts';
import { addExplain } from './explain.ts';
import { addInventory } from './inventory.ts';
import { addLintDocument } from './lint-document.ts';
import { addList } from './list.ts';
import { addMock } from './mock.ts';
import { complain, PROGRAM } from './output.ts';
import { addReport } from './report.ts';
import { addRun } from './run.ts';
import { addVerify } from './verify.ts';

/** Wraps what a command does: its exit code is kept. */
export type Settle = <Args extends unknown[]>(
  action: (...args: Args) => Promise<ExitCode>,
) => (...args: Args) => Promise<void>;

export type AddCommand = (program: Command, settle: Settle) => void;

const COMMANDS: readonly AddCommand[] = [
  addCheck,
  addRun,
  addCompare,
  addReport,
  addCertify,
  addVerify,
  addList,
  addExplain,
  addLintDocument,
  addInventory,
  addMock,
];

/** @param finish told the exit code of the command that ran */
export function createProgram(finish: (code: ExitCode) => void): Command {
  const program = new Command(PROGRAM)
    .description(
      'Points checks at a live MCP authorization setup and says, requirement by requirement, what conforms, what does not, what could not be tested, and how to fix it.',
    )
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .exitOverride()
    .configureOutput({ outputError: (message) => complain(oneLine(message)) })
    .addHelpText('after', examples(['check https://mcp.example.com/mcp', 'run profiles/auth0.yaml --mode gate']))
    .addHelpText(
      'after',
      '\nExit codes: 0 all is well by the mode; 1 findings; 2 no verdict (the line on stderr says why).',
    );
  const settle: Settle =
    (action) =>
    async (...args) =>
      finish(await action(...args));
  for (const add of COMMANDS) add(program, settle);
  return program;
}

/** For the end of a command's help. */
export function examples(lines: readonly string[]): string {
  return ['', 'Examples:', ...lines.map((line) => `  $ ${PROGRAM} ${line}`)].join('\n');
}

/** "error: unknown option '--jso'\n(Did you mean --json?)" in one line. */
function oneLine(message: string): string {
  return message
    .replace(/^error: /, '')
    .trim()
    .replace(/\n\(Did you mean (.*)\?\)$/s, '; did you mean $1?')
    .replaceAll('\n', ' ');
}
