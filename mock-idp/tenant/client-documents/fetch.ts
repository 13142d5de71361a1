import { request as requestByHttp } from 'node:http';
import { request as requestByHttps } from 'node:https';
import { isIP } from 'node:net';
import { pipeline, type Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import type { HeaderLine } from '../../http.ts';
import type { TenantContext } from '../behaviour.ts';
import { isLoopbackAddress, isPublicAddress } from './addresses.ts';

export interface FetchLimits {
  /** Bytes of the body, after its content coding is undone. */
  readonly bytes: number;
  /** From the first connection to the last byte. */
  readonly seconds: number;
}

/** Limits of a metadata document: 5 KB, and a patience that is ours: Auth0 says none. */
export const DOCUMENT_LIMITS: FetchLimits = { bytes: 5120, seconds: 5 };
/** Limits of a key set: 12 KB. */
export const JWKS_LIMITS: FetchLimits = { bytes: 12288, seconds: 5 };

export interface FetchedDocument {
  readonly status: number;
  readonly headers: readonly HeaderLine[];
  readonly body: string;
}

/** Why nothing was had. */
export interface FetchFailure {
  readonly failure: string;
}

export function isFailure<Value>(value: Value | FetchFailure): value is FetchFailure {
  return typeof value === 'object' && value !== null && 'failure' in value;
}

/**
 * GETs the URL from the tenant's side. Redirects are answers like others. Names are those of the world, and whatever
 * they say, no connection leaves this machine.
 */
export async function fetchDocument(
  url: string,
  limits: FetchLimits,
  context: TenantContext,
): Promise<FetchedDocument | FetchFailure> {
  const { network } = context.setup;
  const { hostname } = new URL(url);
  const addresses = await network.resolve(hostname);
  const address = addresses[0];
  if (address === undefined) return { failure: `the host ${hostname} does not exist` };
  if (!addresses.every((each) => context.behaviour.mayFetchFrom(each, context))) {
    return { failure: `the host ${hostname} is not public` };
  }
  const route = network.route(address);
  if (!isLoopbackAddress(route)) return { failure: `the host ${hostname} is unreachable` };
  return receive(url, route, limits, network.ca);
}

/** Addresses of everybody's internet; in a laboratory the loopback addresses too, which its documents have. */
export function mayFetchFrom(address: string, { setup }: TenantContext): boolean {
  return isPublicAddress(address) || (setup.isLaboratory && isLoopbackAddress(address));
}

function receive(
  url: string,
  host: string,
  limits: FetchLimits,
  ca: string | undefined,
): Promise<FetchedDocument | FetchFailure> {
  const { protocol, port, hostname, host: authority, pathname, search } = new URL(url);
  const isSecure = protocol === 'https:';
  const name = hostname.replace(/^\[(.*)\]$/, '$1');
  return new Promise((resolve) => {
    const request = (isSecure ? requestByHttps : requestByHttp)({
      host,
      port: port === '' ? (isSecure ? 443 : 80) : Number(port),
      method: 'GET',
      path: `${pathname}${search}`,
      headers: { Host: authority, Accept: 'application/json', 'User-Agent': 'reference-tenant' },
      // Each fetch is a connection of its own, which ends with it.
      agent: false,
      ...(isSecure && isIP(name) === 0 && { servername: name }),
      ...(isSecure && ca !== undefined && { ca }),
    });
    const end = (result: FetchedDocument | FetchFailure) => {
      clearTimeout(timer);
      request.destroy();
      resolve(result);
    };
    const timer = setTimeout(
      () => end({ failure: `no answer was complete after ${limits.seconds} s` }),
      limits.seconds * 1000,
    );
    request.on('error', (error) => end({ failure: `the request failed: ${error.message}` }));
    request.on('response', (response) => {
      const headers = response.rawHeaders.flatMap((line, index, all) =>
        index % 2 === 0 ? [[line, all[index + 1] ?? ''] as const] : [],
      );
      readBody(response, response.headers['content-encoding'], limits.bytes).then(
        (body) => end({ status: response.statusCode ?? 0, headers, body }),
        (error: Error) => end({ failure: error.message }),
      );
    });
    request.end();
  });
}

async function readBody(response: Readable, coding: string | undefined, maxBytes: number): Promise<string> {
  const decoder = DECODERS.get(coding?.toLowerCase() ?? '');
  // The pipeline hands an error of the response to the decoder, from which it is read.
  const decoded = decoder === undefined ? response : pipeline(response, decoder(), () => {});
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of decoded as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new Error(`the answer is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

const DECODERS: ReadonlyMap<string, () => ReturnType<typeof createGunzip>> = new Map([
  ['gzip', createGunzip],
  ['x-gzip', createGunzip],
  ['deflate', createInflate],
  ['br', createBrotliDecompress],
]);
