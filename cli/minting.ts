import { field, type Incoming, jsonReply, openPort, type Reply } from '../mock-idp/http.ts';
import type { World } from '../mock-idp/world.ts';

export interface MintingDesk {
  /** GET gives a token that the server accepts; POST with `{ claims, header }` one that differs in these. */
  readonly url: string;
  close(): Promise<void>;
}

const LOOPBACK = '127.0.0.1';

/** Mints tokens of the world for whoever sits at this machine: on loopback, wherever the world itself listens. */
export async function openMintingDesk(world: World): Promise<MintingDesk> {
  const port = await openPort(LOOPBACK);
  const host = `${LOOPBACK}:${port.number}`;
  port.serve({
    // A page whose name was rebound to loopback comes with its own Host; a page elsewhere, with an Origin.
    answer: (request) =>
      field(request, 'host') === host && field(request, 'origin') === undefined ? mint(world, request) : forbidden(),
    answerUnreadable: forbidden,
  });
  return { url: `http://${host}/token`, close: () => port.close() };
}

async function mint(world: World, { method, path, body }: Incoming): Promise<Reply> {
  if (path !== '/token') return jsonReply(404, { error: 'ask for /token' });
  if (method !== 'GET' && method !== 'POST') return jsonReply(405, { error: 'GET or POST' }, [['Allow', 'GET, POST']]);
  const overrides = body === '' ? {} : parsed(body);
  if (overrides === undefined)
    return jsonReply(400, { error: 'the body is a JSON object: { "claims": {}, "header": {} }' });
  const token = await world.mint(overrides).catch((error: Error) => error);
  if (token instanceof Error) return jsonReply(400, { error: token.message });
  return {
    status: 200,
    headers: [
      ['Content-Type', 'text/plain'],
      ['Cache-Control', 'no-store'],
    ],
    body: `${token}\n`,
  };
}

const forbidden = () => jsonReply(403, { error: 'tokens are minted for this machine only' });

interface Overrides {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
}

function parsed(body: string): Overrides | undefined {
  try {
    const value: unknown = JSON.parse(body);
    if (!isObject(value)) return undefined;
    const { claims = {}, header = {} } = value;
    return isObject(claims) && isObject(header) ? { claims, header } : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
