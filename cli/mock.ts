import { HarnessError } from '../fixtures/errors.ts';
import { FAULTS, type Fault, replacedBehaviours } from '../mock-idp/faults/index.ts';
import { startWorld, type World, type WorldOptions } from '../mock-idp/world.ts';
import { createPage } from '../reports/render/page.ts';
import { requireFaults } from './faults.ts';
import { JSON_FLAG, jsonFile, writeJson } from './json.ts';
import { type MintingDesk, openMintingDesk } from './minting.ts';
import { pageOptions, print } from './output.ts';
import { type AddCommand, examples } from './program.ts';

interface MockOptions {
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
    .option('--fault <id>', 'put a deliberate deviation into it; may be given again', faultOf)
    .option('--list-faults', 'list the deviations there are')
    .option(JSON_FLAG, 'with --list-faults: write the list there; - prints it in place of the text', jsonFile)
    .option('--listen <address>', 'address to listen on (default 127.0.0.1); tokens are minted on loopback only')
    .option('--public-url <url>', "URL that leads to the MCP server from outside, a tunnel's for one", publicUrlOf)
    .addHelpText('after', examples(['mock', 'mock --list-faults --json -']))
    .action(
      settle(async (options: MockOptions) => {
        if (options.listFaults) return listFaults(options.json);
        if (options.json !== undefined)
          throw new HarnessError('usage', '--json goes with --list-faults; mock alone has nothing to write');
        return runWorld(options);
      }),
    );
};

async function runWorld({ fault: faults, listen, publicUrl }: MockOptions): Promise<0> {
  const interrupted = new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
  const world = await open({ ...(faults && { faults }), ...(listen && { listen }), ...(publicUrl && { publicUrl }) });
  const desk = await openMintingDesk(world);
  try {
    await print(renderWorld(world, desk, faults ?? []));
    await interrupted;
  } finally {
    await Promise.all([desk.close(), world.close()]);
  }
  return 0;
}

/** @throws {HarnessError} in place of every error of the world: what it cannot do was asked for on the command line. */
async function open(options: WorldOptions): Promise<World> {
  try {
    return await startWorld(options);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw new HarnessError('usage', message, { cause: error });
    throw new HarnessError('environment', `cannot listen on ${options.listen ?? '127.0.0.1'}: ${message}`, {
      cause: error,
    });
  }
}

function renderWorld({ server, issuer, revisions }: World, desk: MintingDesk, faults: readonly string[]): string {
  const page = createPage({ ...pageOptions(), width: Number.POSITIVE_INFINITY });
  const field = (label: string, text: string) => page.field(label, text, { indent: 2, hang: 12 });
  return `${[
    ...page.text('Mock tenant and reference MCP server', { style: 'bold' }),
    '',
    ...field('MCP server', server.url),
    ...field('Issuer', issuer),
    ...field('Revisions', revisions.join(', ')),
    ...field('Faults', faults.join(', ') || 'none: it conforms'),
    ...(isNamedPublicly(faults)
      ? field('Names', 'they lead here within a run only (embedded.faults in a profile); else give --public-url')
      : []),
    '',
    ...field('A token', `curl -s ${desk.url}`),
    ...field('Another', `curl -s ${desk.url} -d '{"claims":{"aud":"https://other.example"},"header":{"typ":"JWT"}}'`),
    '',
    ...page.text('Ctrl-C ends it.'),
  ].join('\n')}\n`;
}

/** Some faults need names that look public, and nobody but the embedded world resolves them. */
function isNamedPublicly(faults: readonly string[]): boolean {
  return FAULTS.some(({ id, publicName }) => publicName === true && faults.includes(id));
}

async function listFaults(json: string | undefined): Promise<0> {
  if (json !== undefined) await writeJson(json, FAULTS.map(declarationOf));
  if (json === '-') return 0;
  const page = createPage(pageOptions());
  const lines = FAULTS.flatMap(({ id, says, trips }) => [
    ...page.text(id, { style: 'bold' }),
    ...page.text(says, { indent: 2 }),
    ...page.field('Trips', trips.join(', ') || 'nothing', { indent: 2, hang: 7 }),
    '',
  ]);
  await print(`${[...lines, `${FAULTS.length} faults. mock --fault <id> runs the world with one.`].join('\n')}\n`);
  return 0;
}

function declarationOf(fault: Fault) {
  const { id, says, trips } = fault;
  return { id, says, behaviour: replacedBehaviours(fault), trips };
}

function faultOf(value: string, before: readonly string[] = []): readonly string[] {
  requireFaults([value], '--fault');
  return [...before, value];
}

function publicUrlOf(value: string): string {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url?.protocol === 'https:' || url?.protocol === 'http:') return value;
  throw new HarnessError('usage', `--public-url ${value}: write a URL such as https://mcp.example.com`);
}
