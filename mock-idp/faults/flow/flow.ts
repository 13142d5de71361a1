import { emptyReply, htmlReply, jsonReply, type Reply } from '../../http.ts';
import type { TenantContext } from '../../tenant/behaviour.ts';
import { hasBranches, namesBranches } from '../branches.ts';
import type { Fault } from '../fault.ts';
import { alsoOverHttp, type TenantReplacement } from '../replace.ts';

const authorize =
  (reply: (context: TenantContext) => Reply): TenantReplacement =>
  () => ({ authorize: reply });

const token =
  (reply: (context: TenantContext) => Reply): TenantReplacement =>
  () => ({ token: reply });

const hangUp = ({ request }: TenantContext): Reply => {
  request.hangUp();
  return emptyReply(204);
};

const signIn = () => htmlReply(200, '<!doctype html><title>Sign in</title>');

const NO_STORE = [['Cache-Control', 'no-store']] as const;

const AUTHORIZE = 'flow/leads-to-an-authorization-endpoint-that-answers';
const TOKEN = 'flow/leads-to-a-token-endpoint-that-answers';

/** The way from a 401 to a token. */
export const FLOW_FAULTS: readonly Fault[] = [
  {
    id: 'names-six-issuers',
    says: 'The resource metadata names six authorization servers, all of which are there.',
    server: namesBranches(5),
    tenant: hasBranches(),
    trips: ['flow/leads-from-resource-metadata-to-an-issuer:too-many'],
  },
  {
    id: 'names-a-dead-issuer-first',
    says: 'Before the tenant the resource metadata names an issuer that has no metadata.',
    server: (conforming) => ({
      resourceMetadata: (context) => ({
        ...conforming.resourceMetadata(context),
        authorization_servers: [new URL('/retired', context.setup.issuer).href, context.setup.issuer],
      }),
    }),
    trips: [
      'flow/leads-from-an-issuer-to-its-metadata:dead-issuer-first',
      'issuer-metadata/publishes-metadata:no-document',
    ],
  },
  {
    id: 'publishes-keys-for-encryption-only',
    says: 'The one published key is labelled for encryption.',
    tenant: (conforming) => ({
      keys: async (context) => {
        const set = await conforming.keys(context);
        // The server of this world keeps what it can use.
        if (context.request.internal === true) return set;
        return { keys: set.keys.map((key) => ({ ...key, use: 'enc', alg: 'RSA-OAEP' })) };
      },
    }),
    trips: ['flow/leads-from-metadata-to-keys-that-verify:none-to-verify-with'],
  },
  {
    id: 'hangs-up-at-its-authorization-endpoint',
    says: 'The connection is cut at the authorization endpoint.',
    tenant: authorize(hangUp),
    trips: [`${AUTHORIZE}:no-answer`],
  },
  {
    id: 'refuses-get-at-its-authorization-endpoint',
    says: 'The authorization endpoint answers GET with 405.',
    tenant: authorize(() => jsonReply(405, { error: 'method_not_allowed' }, [['Allow', 'POST']])),
    trips: [`${AUTHORIZE}:get-refused`],
  },
  {
    id: 'sends-browsers-in-circles',
    says: 'The authorization endpoint redirects to itself.',
    tenant: authorize(({ request }) => emptyReply(302, [['Location', request.path]])),
    trips: [`${AUTHORIZE}:sends-back-to-itself`],
  },
  {
    id: 'fails-at-its-authorization-endpoint',
    says: 'The authorization endpoint answers 500 where parameters are missing.',
    tenant: authorize(() => htmlReply(500, '<!doctype html><title>Error</title>')),
    trips: [`${AUTHORIZE}:server-error`],
  },
  {
    id: 'has-no-authorization-page',
    says: 'The authorization endpoint answers 404.',
    tenant: authorize(() => htmlReply(404, '<!doctype html><title>Not found</title>')),
    trips: [`${AUTHORIZE}:not-found`],
  },
  {
    id: 'hangs-up-at-its-token-endpoint',
    says: 'The connection is cut at the token endpoint.',
    tenant: token(hangUp),
    trips: [`${TOKEN}:no-answer`],
  },
  {
    id: 'refuses-post-at-its-token-endpoint',
    says: 'The token endpoint answers POST with 405.',
    tenant: token(() => jsonReply(405, { error: 'method_not_allowed' }, [['Allow', 'GET']])),
    trips: [`${TOKEN}:post-refused`],
  },
  {
    id: 'redirects-token-requests',
    says: 'The token endpoint redirects to a sign-in page.',
    tenant: token(() => emptyReply(302, [['Location', '/u/login']])),
    trips: [`${TOKEN}:redirected`],
  },
  {
    id: 'serves-a-sign-in-page-as-token-endpoint',
    says: 'The token endpoint answers 200 with a sign-in page.',
    tenant: token(() => htmlReply(200, '<!doctype html><title>Sign in</title>')),
    trips: [`${TOKEN}:web-page`],
  },
  {
    id: 'fails-at-its-token-endpoint',
    says: 'The token endpoint answers 500 where parameters are missing.',
    tenant: token(() => jsonReply(500, { error: 'server_error' })),
    trips: [`${TOKEN}:server-error`],
  },
  {
    id: 'has-no-token-endpoint-where-it-says',
    says: 'The token endpoint answers 404.',
    tenant: token(() => jsonReply(404, { error: 'not_found' })),
    trips: [`${TOKEN}:not-found`],
  },
  {
    id: 'gives-tokens-for-nothing',
    says: 'The token endpoint answers a request without parameters with an access token.',
    tenant: (conforming) => ({
      token: (context) =>
        context.request.method === 'POST' && context.request.query === '' && context.request.body === ''
          ? jsonReply(200, { access_token: 'for-nothing', token_type: 'Bearer' }, NO_STORE)
          : conforming.token(context),
    }),
    trips: [`${TOKEN}:token-for-nothing`],
  },
  {
    id: 'refuses-token-requests-in-plain-text',
    says: 'Errors of the token endpoint are plain text.',
    tenant: token(() => ({
      ...emptyReply(400, [['Content-Type', 'text/plain'], ...NO_STORE]),
      body: 'grant_type is missing',
    })),
    trips: [
      'token-endpoint/challenges-clients-that-fail-by-http-basic:other-status',
      'token-endpoint/refuses-odd-token-requests-in-the-words-of-oauth:other-error',
      'flow/refuses-an-empty-token-request-in-json:not-json',
    ],
  },
  {
    id: 'refuses-token-requests-without-a-code',
    says: 'Errors of the token endpoint have no error member.',
    tenant: token(() => jsonReply(400, { message: 'grant_type is missing' }, NO_STORE)),
    trips: [
      'token-endpoint/challenges-clients-that-fail-by-http-basic:other-status',
      'token-endpoint/refuses-odd-token-requests-in-the-words-of-oauth:other-error',
      'flow/refuses-an-empty-token-request-in-json:no-error-code',
    ],
  },
  {
    id: 'answers-200-to-bad-token-requests',
    says: 'Errors of the token endpoint come with status 200.',
    tenant: token(() => jsonReply(200, { error: 'invalid_request' }, NO_STORE)),
    trips: [
      'token-endpoint/challenges-clients-that-fail-by-http-basic:other-status',
      'token-endpoint/refuses-odd-token-requests-in-the-words-of-oauth:other-error',
      'flow/refuses-an-empty-token-request-in-json:other-status',
    ],
  },
  {
    id: 'takes-token-requests-over-plain-http',
    says: 'A public tenant answers token requests over plain http as over https; every other path leads to https.',
    tenant: alsoOverHttp(['/oauth/token']),
    publicName: true,
    plainHttp: 'tenant',
    trips: ['flow/serves-its-endpoints-over-https-only:answers-as-over-https'],
  },
  {
    id: 'signs-users-in-over-plain-http',
    says: 'A public tenant shows its sign-in page over plain http as over https; every other path leads to https.',
    tenant: (conforming) => ({ ...authorize(signIn)(conforming), ...alsoOverHttp(['/authorize'], signIn)(conforming) }),
    publicName: true,
    plainHttp: 'tenant',
    trips: ['flow/serves-its-endpoints-over-https-only:served-over-http'],
  },
];
