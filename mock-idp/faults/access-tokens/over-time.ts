import { field, jsonReply } from '../../http.ts';
import type { ServerContext } from '../../server/behaviour.ts';
import { KeySetUnavailable } from '../../server/key-set.ts';
import { jsonRpcError } from '../../server/refusals.ts';
import type { Fault } from '../fault.ts';
import { acceptTokens, answerFirst, editRefusal, type Replacement } from '../replace.ts';

/** A good token's shape, in a session that was never opened or is over. */
function isInUnknownSession({ request, isLiveSession }: ServerContext): boolean {
  const session = field(request, 'mcp-session-id');
  const credential = field(request, 'authorization') ?? '';
  return session !== undefined && !isLiveSession(session) && /^Bearer [\w-]+\.[\w-]+\.[\w-]+$/.test(credential);
}

const PATIENCE = 15;

/** After so many tokens of unknown keys in a row, all that come are refused. */
const shutsAfterUnknownKeys: Replacement = (conforming) => {
  let inARow = 0;
  return {
    verifyToken: async (token, context) => {
      const { kid } = context.behaviour.readJwt(token, context)?.header ?? {};
      const isUnknown = typeof kid === 'string' && context.keys.known()?.published.every((key) => key.kid !== kid);
      if (inARow <= PATIENCE) inARow = isUnknown === true ? inARow + 1 : 0;
      return inARow > PATIENCE
        ? { valid: false, problem: 'Too many tokens were refused' }
        : conforming.verifyToken(token, context);
    },
  };
};

/** What shows only later: in sessions, after revocation, when keys change, and once much was asked. */
export const OVER_TIME_FAULTS: readonly Fault[] = [
  {
    id: 'keeps-revoked-tokens',
    says: 'An opaque token is accepted after its issuer has revoked it: what introspection said once is kept for ever.',
    server: acceptTokens((token) => /^[\da-f]{32}$/.test(token)),
    trips: ['access-tokens/stops-accepting-revoked-tokens:served'],
  },
  {
    id: 'counts-its-sessions',
    says: 'Sessions are numbered.',
    server: () => {
      let sessions = 0;
      return {
        newSessionId: () => {
          sessions += 1;
          return `session-${sessions}`;
        },
      };
    },
    trips: ['access-tokens/opens-sessions-that-cannot-be-guessed:guessable'],
  },
  {
    id: 'serves-unknown-sessions',
    says: 'A good token is served in a session that does not exist.',
    server: answerFirst(isInUnknownSession, () => jsonReply(200, { jsonrpc: '2.0', id: 1, result: { tools: [] } })),
    trips: ['access-tokens/answers-404-to-unknown-sessions:served'],
  },
  {
    id: 'forbids-unknown-sessions',
    says: 'A good token in a session that does not exist gets 403.',
    server: answerFirst(isInUnknownSession, () => jsonRpcError(403, 'Forbidden')),
    trips: ['access-tokens/answers-404-to-unknown-sessions:other-status'],
  },
  {
    id: 'binds-sessions-to-one-token',
    says: 'A session is served to the token that was first used in it only: once the token is refreshed it is lost.',
    server: (conforming) => {
      const first = new Map<string, string>();
      return {
        mayUseSession: (session, principal, context) => {
          const bound = first.get(session.id) ?? principal?.token ?? '';
          first.set(session.id, bound);
          return bound === principal?.token && conforming.mayUseSession(session, principal, context);
        },
      };
    },
    trips: [],
  },
  {
    id: 'knows-one-key-of-its-issuer',
    says: 'Of the key set that was fetched only the first key is known.',
    server: (conforming) => ({
      keyFor: async (header, context) => {
        const key = await conforming.keyFor(header, context);
        return context.keys.known()?.published[0]?.kid === header.kid ? key : undefined;
      },
    }),
    trips: ['access-tokens/follows-its-issuer-to-new-keys:published-key-refused'],
  },
  {
    id: 'gives-up-on-keys-after-a-failure',
    says: 'Once the key set could not be fetched it is not asked for again.',
    server: (conforming) => {
      let failure: KeySetUnavailable | undefined;
      return {
        keyFor: async (header, context) => {
          if (failure !== undefined) throw failure;
          try {
            return await conforming.keyFor(header, context);
          } catch (error) {
            if (error instanceof KeySetUnavailable) failure = error;
            throw error;
          }
        },
      };
    },
    trips: ['access-tokens/fails-closed-without-keys:not-recovered'],
  },
  {
    id: 'locks-everybody-out-after-unknown-keys',
    says: 'After some tokens of unknown keys in a row every token is refused.',
    server: shutsAfterUnknownKeys,
    trips: ['access-tokens/keeps-serving-good-tokens:refused-afterwards'],
  },
  {
    id: 'fails-after-unknown-keys',
    says: 'After some tokens of unknown keys in a row the server answers 500 to every token.',
    server: (conforming) => {
      const shut = shutsAfterUnknownKeys(conforming);
      const failing = editRefusal(['invalid-token'], (reply, { problem }) =>
        problem === 'Too many tokens were refused' ? { ...reply, status: 500 } : reply,
      );
      return { ...shut, ...failing(conforming) };
    },
    trips: ['access-tokens/keeps-serving-good-tokens:down-afterwards'],
  },
  {
    id: 'issues-opaque-tokens',
    says: 'Clients get opaque tokens, which nobody but the issuer can read, because it knows no API to issue for.',
    accessTokens: 'opaque',
    trips: ['access-tokens/gets-tokens-that-can-be-validated:opaque'],
  },
  {
    id: 'issues-encrypted-tokens',
    says: 'Clients get JWEs with alg dir, which nobody but the issuer can read, because it knows no API to issue for.',
    accessTokens: 'encrypted',
    trips: ['access-tokens/gets-tokens-that-can-be-validated:encrypted'],
  },
];
