import { redirect } from '../../tenant/authorization/answer.ts';
import { apiOf } from '../../tenant/authorization/consent.ts';
import type { Fault } from '../fault.ts';

const isImplicit = (parameters: URLSearchParams) => parameters.get('response_type') === 'token';

const withoutSlash = (issuer: string) => issuer.replace(/\/$/, '');

/** What goes back to the client: code, state, issuer, errors. */
export const RESPONSE_FAULTS: readonly Fault[] = [
  {
    id: 'drops-the-state',
    says: 'No answer carries the state of the request.',
    tenant: () => ({ responseState: () => undefined }),
    trips: [
      'authorization/sends-the-state-back-unchanged:lost',
      'authorization/sends-the-state-back-unchanged:lost-in-errors',
    ],
  },
  {
    id: 'leaves-the-state-out-of-errors',
    says: 'Error answers carry no state.',
    tenant: ({ responseState }) => ({
      responseState: (parameters, outcome, context) =>
        outcome === 'error' ? undefined : responseState(parameters, outcome, context),
    }),
    trips: ['authorization/sends-the-state-back-unchanged:lost-in-errors'],
  },
  {
    id: 'changes-the-state',
    says: 'The state comes back with its reserved characters encoded once more.',
    tenant: ({ responseState }) => ({
      responseState: (...given) => {
        const state = responseState(...given);
        return state === undefined ? undefined : encodeURIComponent(state);
      },
    }),
    trips: ['authorization/sends-the-state-back-unchanged:changed'],
  },
  {
    id: 'names-no-issuer-in-responses',
    says: 'The metadata promises iss in authorization responses, and there is none.',
    tenant: () => ({ responseIssuer: () => undefined }),
    trips: [
      'authorization/names-its-issuer-in-responses:missing',
      'authorization/names-its-issuer-in-responses:missing-in-errors',
    ],
  },
  {
    id: 'names-another-issuer-in-responses',
    says: 'The iss of authorization responses differs from the issuer of the metadata by a slash.',
    tenant: ({ responseIssuer }) => ({
      responseIssuer: (...given) => {
        const issuer = responseIssuer(...given);
        return issuer === undefined ? undefined : withoutSlash(issuer);
      },
    }),
    trips: ['authorization/names-its-issuer-in-responses:other-issuer'],
  },
  {
    id: 'names-the-issuer-on-success-only',
    says: 'Error answers carry no iss, though the metadata promises it.',
    tenant: ({ responseIssuer }) => ({
      responseIssuer: (outcome, context) => (outcome === 'error' ? undefined : responseIssuer(outcome, context)),
    }),
    trips: ['authorization/names-its-issuer-in-responses:missing-in-errors'],
  },
  {
    id: 'answers-in-the-fragment-on-request',
    says: 'response_mode=fragment moves the code to where scripts and onward redirects get at it.',
    tenant: ({ refuseResponse, responseUrl }) => ({
      refuseResponse: (parameters, client, context) => {
        const others = new URLSearchParams([...parameters].filter(([name]) => name !== 'response_mode'));
        return refuseResponse(others, client, context);
      },
      responseUrl: (redirectUri, members, parameters, context) => {
        const url = responseUrl(redirectUri, members, parameters, context);
        return parameters.get('response_mode') === 'fragment' ? url.replace('?', '#') : url;
      },
    }),
    trips: ['authorization/answers-at-the-redirect-uri-only:code-in-the-fragment'],
  },
  {
    id: 'issues-tokens-from-the-authorization-endpoint',
    says: 'response_type=token is answered with an access token in the URL, without PKCE.',
    tenant: ({ refuseResponse, codeChallengeOf, grant }) => ({
      refuseResponse: (parameters, client, context) =>
        isImplicit(parameters) ? undefined : refuseResponse(parameters, client, context),
      codeChallengeOf: (parameters, client, context) =>
        isImplicit(parameters) ? undefined : codeChallengeOf(parameters, client, context),
      grant: async (transaction, user, scope, context) => {
        const { client, parameters, redirectUri } = transaction;
        const api = apiOf(transaction, context);
        if (!isImplicit(parameters) || api === undefined) return grant(transaction, user, scope, context);
        const { authorization } = context.behaviour.issueCode(transaction, user, scope, context);
        const token = await context.behaviour.issueAccessToken({ client, authorization, api }, context);
        const state = context.behaviour.responseState(parameters, 'success', context);
        const issuer = context.behaviour.responseIssuer('success', context);
        // RFC 6749 4.2.2.
        const members = new URLSearchParams({
          access_token: token.value,
          token_type: 'Bearer',
          expires_in: String(token.lifetime),
          scope: scope.join(' '),
          ...(state !== undefined && { state }),
          ...(issuer !== undefined && { iss: issuer }),
        });
        return redirect(`${redirectUri}#${members}`, context);
      },
    }),
    trips: ['authorization/issues-no-tokens-from-the-authorization-endpoint:token-in-the-url'],
  },
  {
    id: 'redirects-forms-with-307',
    says: 'After the password browsers are sent on with 307, and carry the form along.',
    tenant: ({ interact }) => ({
      interact: async (context) => {
        const reply = await interact(context);
        // Elsewhere it leads to pages that want a form of their own, and nobody would get through.
        const isLast = reply.headers.some(([, value]) => value.startsWith('/authorize/resume'));
        return reply.status === 303 && isLast ? { ...reply, status: 307 } : reply;
      },
    }),
    trips: ['authorization/passes-no-passwords-on:password-sent-on'],
  },
  {
    id: 'issues-codes-that-live-for-hours',
    says: 'An authorization code is good for six hours.',
    tenant: ({ issueCode }) => ({
      issueCode: (transaction, user, scope, context) => ({
        ...issueCode(transaction, user, scope, context),
        expiresAt: context.now() + 21_600,
      }),
    }),
    trips: ['token-endpoint/lets-codes-expire:lives-on'],
  },
  {
    id: 'issues-codes-that-can-be-guessed',
    says: 'Authorization codes are counted up.',
    tenant: ({ issueCode }) => ({
      issueCode: (transaction, user, scope, context) => ({
        ...issueCode(transaction, user, scope, context),
        code: String(context.store.codes.size + 1).padStart(6, '0'),
      }),
    }),
    trips: ['token-endpoint/issues-codes-that-cannot-be-guessed:short'],
  },
  {
    id: 'issues-codes-not-bound-to-a-redirect-uri',
    says: 'The code does not remember the redirect URI it was sent to.',
    tenant: ({ issueCode }) => ({
      issueCode: (...given) => {
        const { redirectUri: _, ...code } = issueCode(...given);
        return code;
      },
    }),
    trips: [
      'token-endpoint/compares-the-redirect-uri-again:nearly-the-same',
      'token-endpoint/compares-the-redirect-uri-again:other',
    ],
  },
];
