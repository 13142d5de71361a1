import { field, type HeaderLine, jsonReply, type Reply } from '../../http.ts';
import type { TenantContext } from '../behaviour.ts';
import { authenticateClient, usesBasic } from './clients.ts';
import { mintAccessToken } from './mint.ts';

const NO_STORE: readonly HeaderLine[] = [['Cache-Control', 'no-store']];

type Grant = (context: TenantContext, form: URLSearchParams) => Reply | Promise<Reply>;

/** Nobody has signed in here, so there is no code and no refresh token that could be good. */
const GRANTS: Readonly<Record<string, Grant>> = {
  authorization_code: () => tokenError(400, 'invalid_grant', 'The authorization code is not valid.'),
  refresh_token: () => tokenError(400, 'invalid_grant', 'The refresh token is not valid.'),
  client_credentials: grantClientCredentials,
};

/** The token endpoint (RFC 6749 3.2). */
export function answerTokenRequest(context: TenantContext): Reply | Promise<Reply> {
  const { request } = context;
  if (request.method !== 'POST') return jsonReply(405, { error: 'method_not_allowed' }, [['Allow', 'POST']]);
  const type = (field(request, 'content-type') ?? '').split(';')[0]!.trim().toLowerCase();
  if (type !== 'application/x-www-form-urlencoded') {
    return tokenError(400, 'invalid_request', 'The body must be application/x-www-form-urlencoded.');
  }
  const form = new URLSearchParams(request.body);
  const name = form.get('grant_type');
  if (name === null) return tokenError(400, 'invalid_request', 'The parameter grant_type is missing.');
  const grant = Object.hasOwn(GRANTS, name) ? GRANTS[name] : undefined;
  return grant === undefined
    ? tokenError(400, 'unsupported_grant_type', 'This grant type is not supported.')
    : grant(context, form);
}

/** RFC 6749 4.4, with `resource` (RFC 8707) or Auth0's `audience`, which wins. */
async function grantClientCredentials(context: TenantContext, form: URLSearchParams): Promise<Reply> {
  const { request, setup } = context;
  const client = authenticateClient(request, form, setup);
  if (client === undefined) {
    // RFC 6749 5.2: who came with the Authorization field is answered with a challenge of its scheme.
    const challenge: readonly HeaderLine[] = usesBasic(request) ? [['WWW-Authenticate', 'Basic realm="tenant"']] : [];
    return tokenError(401, 'invalid_client', 'The client could not be authenticated.', challenge);
  }
  const audience = form.get('audience');
  const resource = form.get('resource');
  if (audience === null && resource === null) {
    const text = 'No audience parameter was provided, and no default audience has been configured';
    return tokenError(403, 'access_denied', text);
  }
  if ((audience ?? resource) !== setup.server.url) {
    return audience === null
      ? tokenError(400, 'invalid_target', 'The resource is not known.')
      : tokenError(403, 'access_denied', 'The audience is not known.');
  }
  const scopes = form.get('scope')?.split(' ').filter(Boolean) ?? setup.server.scopes;
  if (scopes.some((scope) => !setup.server.scopes.includes(scope))) {
    return tokenError(400, 'invalid_scope', 'A requested scope is not granted to this client.');
  }
  const scope = scopes.join(' ');
  const token = await mintAccessToken(setup, context.keyRing, {
    claims: { sub: `${client.id}@clients`, client_id: client.id, scope },
  });
  return jsonReply(200, { access_token: token, token_type: 'Bearer', expires_in: 3600, scope }, NO_STORE);
}

function tokenError(status: number, error: string, text: string, headers: readonly HeaderLine[] = []): Reply {
  return jsonReply(status, { error, error_description: text }, [...NO_STORE, ...headers]);
}
