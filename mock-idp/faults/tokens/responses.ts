import type { Reply } from '../../http.ts';
import { isProblem } from '../../tenant/access.ts';
import type { Fault } from '../fault.ts';

const withoutType = ({ headers, ...reply }: Reply): Reply => ({
  ...reply,
  headers: headers.map(([name, value]) => [name, name.toLowerCase() === 'content-type' ? 'text/plain' : value]),
});

const saying = (reply: Reply, value: unknown): Reply => ({ ...reply, body: JSON.stringify(value) });

/** What the token endpoint says of the tokens that it gives, and of those that it refuses. */
export const RESPONSE_FAULTS: readonly Fault[] = [
  {
    id: 'calls-token-responses-plain-text',
    says: 'Token responses are JSON, and declared as text.',
    tenant: (conforming) => ({
      tokenReply: (response, context) => withoutType(conforming.tokenReply(response, context)),
    }),
    trips: ['token-endpoint/answers-in-the-form-of-a-token-response:other-type'],
  },
  {
    id: 'leaves-the-lifetime-out',
    says: 'Token responses do not say how long the token is good.',
    tenant: (conforming) => ({
      tokenReply: (response, context) => {
        const { expires_in: _, ...rest } = response;
        return saying(conforming.tokenReply(response, context), rest);
      },
    }),
    trips: ['token-endpoint/answers-in-the-form-of-a-token-response:no-lifetime'],
  },
  {
    id: 'writes-the-lifetime-as-text',
    says: 'Token responses say how long the token is good in a string.',
    tenant: (conforming) => ({
      tokenReply: (response, context) =>
        saying(conforming.tokenReply(response, context), { ...response, expires_in: String(response.expires_in) }),
    }),
    trips: ['token-endpoint/answers-in-the-form-of-a-token-response:lifetime-in-another-form'],
  },
  {
    id: 'widens-the-scope-in-silence',
    says: 'The token of a user has a scope that nobody asked for, and the answer does not name it.',
    tenant: (conforming) => ({
      accessTokenClaims: (issue, context) => {
        const claims = conforming.accessTokenClaims(issue, context);
        const isOfCode = issue.authorization.grantType === 'authorization_code';
        return isOfCode ? { ...claims, scope: `${claims.scope} admin:all` } : claims;
      },
    }),
    trips: [
      'registration/gives-registered-clients-their-scopes-alone:wider',
      'tenant/keeps-tokens-within-their-grants:beyond-the-default',
      'token-endpoint/tells-every-scope-of-its-tokens:untold',
    ],
  },
  {
    id: 'narrows-the-scope-in-silence',
    says: 'Who asks for several scopes gets all but one, and is not told.',
    tenant: (conforming) => ({
      grantScope: (transaction, user, context) => {
        const granted = conforming.grantScope(transaction, user, context);
        return isProblem(granted) ? granted : granted.filter((scope) => scope !== 'mcp:identity');
      },
      tokenReply: ({ scope: _, ...response }, context) => conforming.tokenReply(response, context),
    }),
    trips: ['token-endpoint/answers-in-the-form-of-a-token-response:narrowed-scope-unsaid'],
  },
  {
    id: 'describes-token-errors-in-words-alone',
    says: 'Errors of the token endpoint have a message and no code.',
    tenant: (conforming) => ({
      tokenError: (refusal, context) =>
        saying(conforming.tokenError(refusal, context), { message: refusal.refusal.replaceAll('-', ' ') }),
    }),
    trips: [
      'flow/refuses-an-empty-token-request-in-json:no-error-code',
      'token-endpoint/refuses-codes-in-the-words-of-oauth:no-error-code',
      'token-endpoint/refuses-odd-token-requests-in-the-words-of-oauth:other-error',
    ],
  },
  {
    id: 'calls-a-wrong-verifier-an-invalid-request',
    says: 'A code verifier that does not fit is refused with invalid_request.',
    tenant: (conforming) => ({
      tokenError: (refusal, context) => {
        const reply = conforming.tokenError(refusal, context);
        return refusal.refusal === 'verifier-not-valid' ? saying(reply, { error: 'invalid_request' }) : reply;
      },
    }),
    trips: ['token-endpoint/refuses-codes-in-the-words-of-oauth:no-invalid-grant'],
  },
  {
    id: 'answers-bad-codes-with-403',
    says: 'Token requests that are not granted are refused with status 403.',
    tenant: (conforming) => ({
      tokenError: (refusal, context) => {
        const reply = conforming.tokenError(refusal, context);
        return refusal.refusal === 'code-not-valid' ? { ...reply, status: 403 } : reply;
      },
    }),
    trips: ['token-endpoint/refuses-codes-in-the-words-of-oauth:other-status'],
  },
  {
    id: 'names-itself-without-the-slash-in-plain-tokens',
    says: 'Access tokens are no RFC 9068 tokens, and their iss lacks the slash of the issuer identifier.',
    tenant: (conforming) => ({
      accessTokenHeader: async (api, context) => ({
        ...(await conforming.accessTokenHeader(api, context)),
        typ: 'JWT',
      }),
      accessTokenClaims: (issue, context) => {
        const claims = conforming.accessTokenClaims(issue, context);
        return { ...claims, iss: String(claims.iss).replace(/\/$/, '') };
      },
    }),
    trips: [
      'flow/leads-from-a-401-to-a-tool-call:token-refused',
      'token-endpoint/names-itself-in-tokens-as-in-its-metadata:other-issuer-of-a-plain-token',
      'token-endpoint/types-its-access-tokens:plain-type',
    ],
  },
];
