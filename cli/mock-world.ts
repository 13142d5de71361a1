import { HarnessError } from '../fixtures/errors.ts';
import { FAULTS, type Fault, replacedBehaviours } from '../mock-idp/faults/index.ts';
import { startWorld, type World, type WorldOptions } from '../mock-idp/world.ts';
import { createPage } from '../reports/render/page.ts';
import { requireFaults } from './faults.ts';
import { writeJson } from './json.ts';
import { type MintingDesk, openMintingDesk } from './minting.ts';
import type { MockOptions } from './mock.ts';
import { pageOptions, print } from './output.ts';

/** The embedded world in the foreground, until it is interrupted. */
export async function runWorld({ fault: faults, listen, publicUrl }: MockOptions): Promise<0> {
  requireFaults(faults ?? [], '--fault');
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

/** The deviations there are. */
export async function listFaults(json: string | undefined): Promise<0> {
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
