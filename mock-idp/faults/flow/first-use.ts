import { jsonReply, type Reply } from '../../http.ts';
import type { ServerContext } from '../../server/behaviour.ts';
import type { Fault } from '../fault.ts';
import { answerFirst, editParameters, type Replacement, together, UNAUTHORIZED } from '../replace.ts';

const CHECK = 'flow/leads-from-a-401-to-a-tool-call';

/** A scope that no API of the tenant has. */
const UNNAMED = 'mcp:session';

/** Scopes of the token that calls a tool; none: it is no such call, or brings no token. */
function scopesOfCaller(context: ServerContext): readonly string[] {
  const { behaviour, operations } = context;
  const credential = behaviour.readCredential(context);
  if (credential.kind !== 'token' || operations.every(({ tool }) => tool === undefined)) return [];
  const jwt = behaviour.readJwt(credential.token, context);
  return jwt === undefined ? [] : behaviour.scopesOf(jwt.claims, context);
}

const answerTools = (test: (scopes: readonly string[]) => boolean, reply: () => Reply): Replacement =>
  answerFirst((context) => test(scopesOfCaller(context)), reply);

/** Where the way from a 401 ends: what a server makes of the token that its own issuer gave a user. */
export const FIRST_USE_FAULTS: readonly Fault[] = [
  {
    id: 'reads-scopes-from-a-claim-that-is-not-there',
    says: 'The server looks for scopes in scp, where the tenant writes none.',
    server: () => ({ scopesOf: ({ scp }) => (Array.isArray(scp) ? scp.map(String) : []) }),
    trips: [`${CHECK}:scope-not-read`],
  },
  {
    id: 'needs-a-scope-that-it-does-not-name',
    says: 'Every operation needs a scope that the server names only to those who come without it.',
    server: together(
      (conforming) => ({ neededScopes: (context) => [...conforming.neededScopes(context), UNNAMED] }),
      editParameters(UNAUTHORIZED, (parameters) =>
        parameters.map(([name, value]) => [name, name === 'scope' ? value.replace(` ${UNNAMED}`, '') : value]),
      ),
    ),
    trips: [`${CHECK}:scope-not-named`],
  },
  {
    id: 'leaves-out-the-scope-that-every-operation-needs',
    says: 'The tenant grants every scope but the one that all operations need.',
    tenant: (conforming) => ({
      grantScope: (transaction, user, context) => {
        const granted = conforming.grantScope(transaction, user, context);
        return Array.isArray(granted) ? granted.filter((scope) => scope !== 'mcp:tools') : granted;
      },
    }),
    trips: [`${CHECK}:scope-not-granted`],
  },
  {
    id: 'runs-no-tools-with-offline-access',
    says: 'A tool takes a token with offline_access for a refresh token, and ends with an error.',
    server: answerTools(
      (scopes) => scopes.includes('offline_access'),
      () =>
        jsonReply(200, { jsonrpc: '2.0', id: null, error: { code: -32001, message: 'This token is not for tools' } }),
    ),
    trips: [`${CHECK}:tool-refused`],
  },
  {
    id: 'fails-in-its-tools',
    says: 'Tools answer that what they need is not there, as their result.',
    server: answerTools(
      (scopes) => scopes.includes('mcp:tools') && scopes.includes('mcp:identity'),
      () =>
        jsonReply(200, {
          jsonrpc: '2.0',
          id: null,
          result: { content: [{ type: 'text', text: 'The database is not there' }], isError: true },
        }),
    ),
    trips: [`${CHECK}:tool-failed`],
  },
];
