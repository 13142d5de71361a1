import { decodeJwt } from 'jose';
import type { TenantContext } from '../../tenant/behaviour.ts';
import type { Fault } from '../fault.ts';

/** What the request object of a request says, signed or not. */
function objectIn({ request }: TenantContext): Readonly<Record<string, unknown>> {
  const object = new URLSearchParams(request.method === 'POST' ? request.body : request.query).get('request');
  try {
    return object === null ? {} : decodeJwt(object);
  } catch {
    return {};
  }
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : undefined);

/** The parameters with the object gone, and some of what it said in their place. */
function replacing(parameters: URLSearchParams, context: TenantContext, names: readonly string[]): URLSearchParams {
  const object = objectIn(context);
  const read = new URLSearchParams(parameters);
  read.delete('request');
  for (const name of names) {
    const value = textOf(object[name]);
    if (value !== undefined) read.set(name, value);
  }
  return read;
}

/** Requests that say something else in an object, or by reference, than in the URL. */
export const REQUEST_OBJECT_FAULTS: readonly Fault[] = [
  {
    id: 'reads-unsigned-request-objects',
    says: 'Scope and state of a request object that nobody signed go before the parameters.',
    tenant: ({ authorizationParameters }) => ({
      authorizationParameters: (context) => replacing(authorizationParameters(context), context, ['scope', 'state']),
    }),
    trips: ['authorization/believes-no-unsigned-request-objects:replaces-parameters'],
  },
  {
    id: 'redirects-where-unsigned-request-objects-say',
    says: 'The redirect URI of a request object that nobody signed is taken as it is.',
    tenant: ({ authorizationParameters, redirectUriOf }) => ({
      authorizationParameters: (context) => replacing(authorizationParameters(context), context, ['redirect_uri']),
      redirectUriOf: (parameters, client, context) =>
        textOf(objectIn(context).redirect_uri) ?? redirectUriOf(parameters, client, context),
    }),
    trips: ['authorization/believes-no-unsigned-request-objects:sent-where-it-says'],
  },
  {
    id: 'ignores-request-uris-that-nobody-pushed',
    says: 'Pushed authorization requests are advertised, and a request_uri that is none is left unread.',
    tenant: ({ metadata, refuseParameters }) => ({
      metadata: (context) => ({
        ...metadata(context),
        pushed_authorization_request_endpoint: new URL('/oauth/par', context.issuer).href,
      }),
      refuseParameters: (parameters, client, context) => {
        const others = new URLSearchParams([...parameters].filter(([name]) => name !== 'request_uri'));
        return refuseParameters(others, client, context);
      },
    }),
    trips: ['authorization/refuses-request-uris-that-nobody-pushed:guessed-served'],
  },
];
