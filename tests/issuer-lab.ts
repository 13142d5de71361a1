/** An issuer and an MCP server in one, for forms of keys and tokens that the embedded tenant, which is Auth0's, does not have. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLocalJWKSet, decodeProtectedHeader, type JWK, type JWTPayload, jwtVerify } from 'jose';
import { type Alg, signed } from '../fixtures/trials/access-tokens/jws.ts';
import { issuerKeyOf } from '../fixtures/trials/access-tokens/keys.ts';

export interface IssuerLabOptions {
  /** Private; whether `alg` stands in it is the trial's choice. */
  readonly signingKey: JWK;
  readonly alg: Alg;
  /** What stands at jwks_uri; absent: the public signing key. */
  readonly published?: readonly object[];
  /** Status of jwks_uri for others than this server. */
  readonly keysStatus?: number;
  /** Claims of its good tokens besides `iss`, `sub`, `iat` and `exp`; absent: `aud` and `scope`. */
  readonly claims?: (url: string) => JWTPayload;
  /** Tokens that the server believes without verifying them. */
  readonly believes?: (token: string) => boolean;
  /** Whether the claims allow the one tool. */
  readonly allows?: (claims: JWTPayload) => boolean;
}

export interface IssuerLab {
  /** MCP endpoint. */
  readonly url: string;
  readonly good: string;
  close(): Promise<void>;
}

const PUBLIC = ['kty', 'crv', 'n', 'e', 'x', 'y', 'kid', 'alg', 'use', 'x5c'];

export const publicHalf = (key: JWK): JWK =>
  Object.fromEntries(Object.entries(key).filter(([name]) => PUBLIC.includes(name))) as unknown as JWK;

export async function startIssuerLab(options: IssuerLabOptions): Promise<IssuerLab> {
  const http = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const url = `${origin}/mcp`;
  const challenge = `Bearer resource_metadata="${origin}/.well-known/oauth-protected-resource/mcp"`;
  const own = publicHalf(options.signingKey);
  const keys = createLocalJWKSet({ keys: [own] });

  const documents: Readonly<Record<string, object>> = {
    '/.well-known/oauth-protected-resource/mcp': { resource: url, authorization_servers: [origin] },
    '/.well-known/oauth-authorization-server': {
      issuer: origin,
      authorization_endpoint: `${origin}/authorize`,
      token_endpoint: `${origin}/token`,
      jwks_uri: `${origin}/jwks`,
      response_types_supported: ['code'],
      code_challenge_methods_supported: ['S256'],
    },
  };

  const verified = async (token: string): Promise<JWTPayload | undefined> => {
    if (options.believes?.(token)) return { scp: [], permissions: [] };
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer: origin,
        algorithms: [options.alg],
        ...(options.claims === undefined ? { audience: url } : {}),
      });
      return payload;
    } catch {
      return undefined;
    }
  };

  const send = (
    response: ServerResponse,
    status: number,
    body: object,
    fields: Readonly<Record<string, string>> = {},
  ) => response.writeHead(status, { 'Content-Type': 'application/json', ...fields }).end(JSON.stringify(body));

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<unknown> => {
    const { pathname } = new URL(request.url ?? '/', origin);
    if (pathname === '/jwks') return send(response, options.keysStatus ?? 200, { keys: options.published ?? [own] });
    if (documents[pathname] !== undefined) return send(response, 200, documents[pathname]);
    if (pathname !== '/mcp') return send(response, 404, {});
    if (request.method !== 'POST') return send(response, 405, {}, { Allow: 'POST' });
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const token = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (token === undefined) return send(response, 401, {}, { 'WWW-Authenticate': challenge });
    const claims = await verified(token);
    if (claims === undefined) {
      return send(response, 401, {}, { 'WWW-Authenticate': `${challenge}, error="invalid_token"` });
    }
    const { id, method } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { id?: unknown; method: string };
    if (id === undefined) return response.writeHead(202).end();
    if (method === 'tools/call' && options.allows?.(claims) === false) {
      return send(response, 403, {}, { 'WWW-Authenticate': `${challenge}, error="insufficient_scope"` });
    }
    const result =
      method === 'initialize'
        ? { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'lab', version: '1' } }
        : method === 'tools/call'
          ? { content: [] }
          : { tools: [] };
    return send(response, 200, { jsonrpc: '2.0', id, result });
  };

  const now = Math.floor(Date.now() / 1000);
  const { kid } = options.signingKey;
  const good = signed(
    { alg: options.alg, typ: 'JWT', ...(kid === undefined ? {} : { kid }) },
    {
      iss: origin,
      sub: 'one',
      iat: now,
      exp: now + 3600,
      ...(options.claims?.(url) ?? { aud: url, client_id: 'lab', scope: 'notes:write' }),
    },
    { key: issuerKeyOf(options.signingKey, options.alg).privateKey, alg: options.alg },
  );
  return {
    url,
    good,
    close: () => new Promise((resolve) => http.close(() => resolve())),
  };
}

/** Header of a token, or nothing of what is none. */
export function headerOf(token: string): Readonly<Record<string, unknown>> {
  try {
    return decodeProtectedHeader(token);
  } catch {
    return {};
  }
}
