import { jsonReply } from '../../http.ts';
import type { Fault } from '../fault.ts';
import { dropParameters, editParameters, editRefusal, setParameter } from '../replace.ts';

/** What a token may do, and what a caller is told whose token may not. */
export const SCOPE_CHECK_FAULTS: readonly Fault[] = [
  {
    id: 'checks-no-scopes',
    says: 'A good token may do everything, whatever its scope.',
    server: () => ({ isAuthorized: () => true }),
    trips: [
      'access-tokens/refuses-tools-beyond-the-scope:tool-ran',
      'access-tokens/runs-no-tool-without-its-scope:without-scope',
    ],
  },
  {
    id: 'checks-no-scopes-of-tools',
    says: 'Every tool can be called with the scope that all operations need.',
    server: () => ({ neededScopes: ({ setup }) => setup.server.baseScopes }),
    trips: [
      'access-tokens/names-all-needed-scopes-at-once:not-all',
      'access-tokens/refuses-tools-beyond-the-scope:tool-ran',
      'access-tokens/runs-no-tool-without-its-scope:part',
    ],
  },
  {
    id: 'finds-scopes-inside-others',
    says: 'A scope counts as given when its letters stand somewhere in the scope claim.',
    server: () => ({
      isAuthorized: ({ scopes }, context) =>
        context.behaviour.neededScopes(context).every((scope) => scopes.join(' ').includes(scope)),
    }),
    trips: ['access-tokens/runs-no-tool-without-its-scope:look-alike'],
  },
  {
    id: 'takes-the-beginning-of-a-scope-for-it',
    says: 'A scope that is the beginning of the needed one is enough.',
    server: () => ({
      isAuthorized: ({ scopes }, context) =>
        context.behaviour.neededScopes(context).every((needed) => scopes.some((scope) => needed.startsWith(scope))),
    }),
    trips: ['access-tokens/runs-no-tool-without-its-scope:look-alike'],
  },
  {
    id: 'is-content-with-one-of-the-scopes',
    says: 'One of several needed scopes is enough.',
    server: () => ({
      isAuthorized: ({ scopes }, context) =>
        context.behaviour.neededScopes(context).some((scope) => scopes.includes(scope)),
    }),
    trips: [
      'access-tokens/refuses-tools-beyond-the-scope:tool-ran',
      'access-tokens/runs-no-tool-without-its-scope:part',
    ],
  },
  {
    id: 'is-content-with-any-scope-it-knows',
    says: 'One scope of the server is enough for everything.',
    server: () => ({
      isAuthorized: ({ scopes }, { setup }) => scopes.some((scope) => setup.server.scopes.includes(scope)),
    }),
    trips: [
      'access-tokens/refuses-tools-beyond-the-scope:tool-ran',
      'access-tokens/runs-no-tool-without-its-scope:other-scope',
      'access-tokens/runs-no-tool-without-its-scope:part',
    ],
  },
  {
    id: 'opens-a-tool-to-the-scope-of-another',
    says: 'What needs the scope of every operation alone is open to the scope of one of the tools as well.',
    server: (conforming) => ({
      isAuthorized: (principal, context) =>
        conforming.isAuthorized(principal, context) ||
        (context.behaviour.neededScopes(context).length === 1 && principal.scopes.includes('mcp:identity')),
    }),
    operator: { narrowScope: 'mcp:identity' },
    trips: [
      'access-tokens/refuses-tools-beyond-the-scope:ran-for-another-scope',
      'access-tokens/runs-no-tool-without-its-scope:other-scope',
    ],
  },
  {
    id: 'takes-permissions-for-scopes',
    says: 'What the user may do counts, and not what of it the client was given.',
    server: (conforming) => ({
      scopesOf: (claims, context) => {
        const { permissions } = claims as { readonly permissions?: unknown };
        const permitted = Array.isArray(permissions) ? permissions.filter((each) => typeof each === 'string') : [];
        return [...conforming.scopesOf(claims, context), ...permitted];
      },
    }),
    trips: ['access-tokens/runs-no-tool-without-its-scope:permissions'],
  },
  {
    id: 'answers-401-to-too-little-scope',
    says: 'A token with too little scope gets 401, so that the client fetches one just like it.',
    server: editRefusal(['insufficient-scope'], (reply) => ({ ...reply, status: 401 })),
    trips: [
      'access-tokens/answers-403-to-too-little-scope:unauthorized',
      'access-tokens/refuses-tools-beyond-the-scope:refused-as-unauthorized',
    ],
  },
  {
    id: 'answers-200-to-too-little-scope',
    says: 'A token with too little scope gets a JSON-RPC error with status 200.',
    server: editRefusal(['insufficient-scope'], () =>
      jsonReply(200, { jsonrpc: '2.0', id: null, error: { code: -32000, message: 'Forbidden' } }),
    ),
    trips: [
      'access-tokens/answers-403-to-too-little-scope:other-status',
      'access-tokens/refuses-tools-beyond-the-scope:refused-in-the-message',
    ],
  },
  {
    id: 'sends-no-challenge-to-too-little-scope',
    says: 'The 403 to too little scope has no WWW-Authenticate.',
    server: (conforming) => ({
      challenge: (kind, context) => (kind === 'insufficient-scope' ? [] : conforming.challenge(kind, context)),
    }),
    trips: ['access-tokens/tells-how-to-get-more-scope:no-challenge'],
  },
  {
    id: 'names-no-scope-to-step-up-to',
    says: 'The challenge to too little scope does not say which scopes would do.',
    server: dropParameters(['insufficient-scope'], ['scope']),
    trips: ['access-tokens/tells-how-to-get-more-scope:no-scope'],
  },
  {
    id: 'names-no-metadata-to-step-up-with',
    says: 'The challenge to too little scope has no resource_metadata.',
    server: dropParameters(['insufficient-scope'], ['resource_metadata']),
    trips: ['access-tokens/tells-how-to-get-more-scope:no-resource-metadata'],
  },
  {
    id: 'says-invalid-token-to-too-little-scope',
    says: 'The challenge to too little scope says error="invalid_token".',
    server: setParameter(['insufficient-scope'], 'error', () => 'invalid_token'),
    trips: ['access-tokens/tells-how-to-get-more-scope:other-error'],
  },
  {
    id: 'asks-for-scopes-bit-by-bit',
    says: 'The challenge to too little scope names one of the needed scopes at a time.',
    server: editParameters(['insufficient-scope'], (parameters) =>
      parameters.map(([name, value]) => [name, name === 'scope' ? value.split(' ').at(-1)! : value]),
    ),
    trips: ['access-tokens/names-all-needed-scopes-at-once:not-all'],
  },
  {
    id: 'asks-for-every-scope-there-is',
    says: 'The challenge to too little scope names scopes that the operation does not need.',
    server: setParameter(['insufficient-scope'], 'scope', ({ setup }) =>
      [...setup.server.scopes, 'mcp:admin'].join(' '),
    ),
    trips: [],
  },
];
