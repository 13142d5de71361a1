import { HarnessError } from '../fixtures/errors.ts';
import { STATES, type State } from '../mock-idp/setup.ts';
import { JSON_FLAG, jsonFile } from './json.ts';
import { didYouMean } from './nearest.ts';
import { type AddCommand, examples } from './program.ts';

export interface MockOptions {
  readonly fault?: readonly string[];
  readonly listFaults?: boolean;
  readonly json?: string;
  readonly state?: State;
  readonly audience?: string;
  readonly scope?: readonly string[];
  readonly listen?: string;
  readonly port?: number;
  readonly tenantPort?: number;
  readonly controlPort?: number;
  readonly publicUrl?: string;
  readonly issuerUrl?: string;
}

export const addMock: AddCommand = (program, settle) => {
  program
    .command('mock')
    .summary('run the mock tenant and the reference server')
    .description(
      'Runs the embedded world, a mock tenant and a reference MCP server, until it is interrupted. docs/mock.md shows how to test a server of your own with it.',
    )
    .option('--fault <id>', 'put a deliberate deviation into it; may be given again', eachOnce('--fault'))
    .option('--list-faults', 'list the deviations there are')
    .option(JSON_FLAG, 'write URLs, users and clients, or the list, there; - prints it in place of the text', jsonFile)
    .option('--state <state>', `how the tenant is configured: ${STATES.join(', ')}`, givenOnce('--state', stateOf))
    .option(
      '--audience <url>',
      'issue tokens for your own MCP server as well: an API with that identifier',
      givenOnce('--audience', audienceOf),
    )
    .option('--scope <scope>', 'a scope of that API; may be given again', eachOnce('--scope', scopeOf))
    .option(
      '--listen <address>',
      'address to listen on (default 127.0.0.1); tokens are minted on loopback only',
      givenOnce('--listen', String),
    )
    .option('--port <number>', 'port of the MCP server (default: a free one)', portOf('--port'))
    .option('--tenant-port <number>', 'port of the tenant (default: a free one)', portOf('--tenant-port'))
    .option(
      '--control-port <number>',
      'port of control page and tokens (default: a free one)',
      portOf('--control-port'),
    )
    .option(
      '--public-url <url>',
      "URL that leads to the MCP server from outside, a tunnel's for one",
      givenOnce('--public-url', originOf('--public-url', 'https://mcp.example.com')),
    )
    .option(
      '--issuer-url <url>',
      'URL that leads to the tenant from outside, and is the issuer then',
      givenOnce('--issuer-url', originOf('--issuer-url', 'https://tenant.example.com/')),
    )
    .addHelpText(
      'after',
      examples(['mock --audience https://mcp.example.com/mcp --scope files:read', 'mock --list-faults --json -']),
    )
    .action(
      settle(async (options: MockOptions) => {
        // Loaded only here: the world brings the MCP SDK along, the largest thing any command would read.
        const { listFaults, runWorld } = await import('./mock-world.ts');
        if (!options.listFaults) return runWorld(options);
        const { listFaults: _, json, ...others } = options;
        if (Object.keys(others).length === 0) return listFaults(json);
        throw new HarnessError('usage', '--list-faults is of all faults: leave all but --json out');
      }),
    );
};

/** For options that may be given again, with another value. */
function eachOnce(flag: string, read: (value: string) => string = (value) => value) {
  return (value: string, before: readonly string[] = []): readonly string[] => {
    if (before.includes(value)) throw new HarnessError('usage', `${flag} ${value} is given twice`);
    return [...before, read(value)];
  };
}

function givenOnce<Value>(flag: string, read: (value: string) => Value) {
  return (value: string, before?: Value): Value => {
    if (before === undefined) return read(value);
    throw new HarnessError('usage', `${flag} is given twice, with ${before} and ${value}: there is one only`);
  };
}

function stateOf(value: string): State {
  const state = STATES.find((each) => each === value);
  if (state !== undefined) return state;
  const hint = didYouMean(value, STATES, `choose from ${STATES.join(', ')}`);
  throw new HarnessError('usage', `--state: there is no state ${value}${hint}`);
}

function audienceOf(value: string): string {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined) {
    throw new HarnessError(
      'usage',
      `--audience ${value}: write the URL of your MCP endpoint, as your server expects it`,
    );
  }
  // RFC 8707 2.
  if (value.includes('#')) throw new HarnessError('usage', `--audience ${value}: leave the fragment (#) out`);
  return value;
}

/** RFC 6749 3.3. */
const SCOPE_TOKEN = /^[\x21\x23-\x5B\x5D-\x7E]+$/;

/** They mean something to the tenant (OpenID Connect Core 3.1.2.1, 5.4, 11). */
const SCOPES_OF_THE_TENANT = ['openid', 'profile', 'email', 'address', 'phone', 'offline_access'];

function scopeOf(value: string): string {
  if (!SCOPE_TOKEN.test(value)) {
    throw new HarnessError('usage', `--scope "${value}": write one scope, such as files:read; again for another`);
  }
  if (SCOPES_OF_THE_TENANT.includes(value)) {
    throw new HarnessError('usage', `--scope ${value}: that scope is the tenant's; write one of your server`);
  }
  return value;
}

function portOf(flag: string) {
  return givenOnce(flag, (value) => {
    const port = /^\d{1,5}$/.test(value) ? Number(value) : 0;
    if (port >= 1 && port <= 65_535) return port;
    throw new HarnessError('usage', `${flag} ${value}: write a port number from 1 to 65535`);
  });
}

function originOf(flag: string, example: string): (value: string) => string {
  const refuse = (value: string, why: string): never => {
    throw new HarnessError('usage', `${flag}${value === '' ? '' : ` ${value}`}: ${why}, as ${example}`);
  };
  return (value) => {
    const url = URL.canParse(value) ? new URL(value) : undefined;
    if (url?.protocol !== 'https:' && url?.protocol !== 'http:') {
      throw new HarnessError('usage', `${flag} ${value}: write a URL such as ${example}`);
    }
    // The password goes nowhere, not into an error message either.
    if (url.username !== '' || url.password !== '') return refuse('', 'leave user name and password out');
    if (url.pathname !== '/' || value.includes('?') || value.includes('#')) {
      return refuse(value, 'write scheme and host only');
    }
    return value;
  };
}
