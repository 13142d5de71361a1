import { HarnessError } from '../fixtures/errors.ts';
import { JSON_FLAG, jsonFile } from './json.ts';
import { type AddCommand, examples } from './program.ts';

export interface MockOptions {
  readonly fault?: readonly string[];
  readonly listFaults?: boolean;
  readonly json?: string;
  readonly listen?: string;
  readonly publicUrl?: string;
}

export const addMock: AddCommand = (program, settle) => {
  program
    .command('mock')
    .summary('run the mock tenant and the reference server')
    .description('Runs the embedded world, a mock tenant and a reference MCP server, until it is interrupted.')
    .option('--fault <id>', 'put a deliberate deviation into it; may be given again', collected)
    .option('--list-faults', 'list the deviations there are')
    .option(JSON_FLAG, 'with --list-faults: write the list there; - prints it in place of the text', jsonFile)
    .option('--listen <address>', 'address to listen on (default 127.0.0.1); tokens are minted on loopback only')
    .option('--public-url <url>', "URL that leads to the MCP server from outside, a tunnel's for one", publicUrlOf)
    .addHelpText('after', examples(['mock', 'mock --list-faults --json -']))
    .action(
      settle(async (options: MockOptions) => {
        // Loaded only here: the world brings the MCP SDK along, the largest thing any command would read.
        const { listFaults, runWorld } = await import('./mock-world.ts');
        if (options.listFaults) return listFaults(options.json);
        if (options.json !== undefined)
          throw new HarnessError('usage', '--json goes with --list-faults; mock alone has nothing to write');
        return runWorld(options);
      }),
    );
};

function collected(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

function publicUrlOf(value: string): string {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url?.protocol === 'https:' || url?.protocol === 'http:') return value;
  throw new HarnessError('usage', `--public-url ${value}: write a URL such as https://mcp.example.com`);
}
