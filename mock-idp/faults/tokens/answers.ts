import { htmlReply, type Reply } from '../../http.ts';
import { NO_STORE } from '../../tenant/tokens/refusals.ts';
import type { Fault } from '../fault.ts';

/** How the token endpoint and /userinfo are asked, and what they answer. */
export const ANSWER_FAULTS: readonly Fault[] = [
  {
    id: 'lets-token-responses-be-stored',
    says: 'Token responses may be kept by caches.',
    tenant: (conforming) => ({
      tokenReply: (response, context) => withoutNoStore(conforming.tokenReply(response, context)),
    }),
    trips: ['token-endpoint/forbids-storing-token-responses:storable'],
  },
  {
    id: 'answers-token-errors-with-200',
    says: 'The token endpoint reports errors with status 200.',
    tenant: (conforming) => ({
      tokenError: (refusal, context) => ({ ...conforming.tokenError(refusal, context), status: 200 }),
    }),
    trips: [
      'flow/refuses-an-empty-token-request-in-json:other-status',
      'token-endpoint/refuses-codes-in-the-words-of-oauth:success-status',
      'token-endpoint/challenges-clients-that-fail-by-http-basic:other-status',
      'token-endpoint/refuses-odd-token-requests-in-the-words-of-oauth:other-error',
    ],
  },
  {
    id: 'answers-token-errors-with-500',
    says: 'The token endpoint reports errors of the client as its own, but for a request without anything in it.',
    tenant: (conforming) => ({
      tokenError: (refusal, context) => {
        const answered = conforming.tokenError(refusal, context);
        return context.request.body === '' ? answered : { ...answered, status: 500 };
      },
    }),
    trips: [
      'token-endpoint/refuses-codes-in-the-words-of-oauth:server-error',
      'token-endpoint/challenges-clients-that-fail-by-http-basic:other-status',
      'token-endpoint/refuses-odd-token-requests-in-the-words-of-oauth:server-error',
    ],
  },
  {
    id: 'answers-token-errors-with-a-web-page',
    says: 'The token endpoint reports errors on a page for people, but for a request without anything in it.',
    tenant: (conforming) => ({
      tokenError: (refusal, context) => {
        const answered = conforming.tokenError(refusal, context);
        if (context.request.body === '') return answered;
        return htmlReply(answered.status, '<!doctype html><title>Error</title><p>Something went wrong.</p>');
      },
    }),
    trips: [
      'token-endpoint/refuses-codes-in-the-words-of-oauth:not-json',
      'token-endpoint/challenges-clients-that-fail-by-http-basic:no-challenge',
      'token-endpoint/refuses-odd-token-requests-in-the-words-of-oauth:other-error',
    ],
  },
  {
    id: 'names-token-errors-its-own-way',
    says: 'The token endpoint reports errors by names that no document of OAuth knows.',
    tenant: (conforming) => ({
      tokenError: (refusal, context) => ({
        ...conforming.tokenError(refusal, context),
        body: JSON.stringify({ error: refusal.refusal.replaceAll('-', '_').toUpperCase() }),
      }),
    }),
    trips: [
      'token-endpoint/refuses-codes-in-the-words-of-oauth:no-invalid-grant',
      'token-endpoint/refuses-codes-in-the-words-of-oauth:unknown-error-code',
      'token-endpoint/refuses-odd-token-requests-in-the-words-of-oauth:other-error',
    ],
  },
  {
    id: 'leaves-the-token-type-out',
    says: 'Token responses do not say what kind of token they hold.',
    tenant: (conforming) => ({
      tokenReply: ({ token_type: _, ...response }, context) =>
        edited(conforming.tokenReply({ ...response, token_type: '' }, context), response),
    }),
    trips: ['token-endpoint/answers-in-the-form-of-a-token-response:no-token-type'],
  },
  {
    id: 'says-nothing-of-a-narrowed-scope',
    says: 'Token responses leave the scope out, also where less was granted than asked for.',
    tenant: (conforming) => ({
      tokenReply: ({ scope: _, ...response }, context) => conforming.tokenReply(response, context),
    }),
    trips: [],
  },
  {
    id: 'takes-token-requests-from-the-query',
    says: 'The token endpoint takes parameters from the URL, where they are logged.',
    tenant: (conforming) => ({
      readParameters: (context) =>
        context.request.query === ''
          ? conforming.readParameters(context)
          : new URLSearchParams(`${context.request.query.slice(1)}&${context.request.body}`),
    }),
    trips: ['token-endpoint/takes-token-requests-by-post-alone:url'],
  },
  {
    id: 'takes-repeated-token-parameters',
    says: 'Of a parameter that is sent twice the token endpoint takes the last.',
    tenant: (conforming) => ({
      readParameters: (context) =>
        conforming.readParameters({
          ...context,
          request: {
            ...context.request,
            body: new URLSearchParams(Object.fromEntries(new URLSearchParams(context.request.body))).toString(),
          },
        }),
    }),
    trips: ['token-endpoint/refuses-odd-token-requests-in-the-words-of-oauth:repeated-parameter'],
  },
  {
    id: 'takes-api-tokens-at-userinfo',
    says: 'The userinfo endpoint takes access tokens that were issued for an API.',
    state: 'own-clients',
    tenant: () => ({ isUserinfoAudience: () => true }),
    trips: [],
  },
  {
    id: 'serves-userinfo-without-openid',
    says: 'The userinfo endpoint does not ask for the scope openid.',
    state: 'own-clients',
    tenant: () => ({ isScopeForUserinfo: () => true }),
    trips: [],
  },
];

function withoutNoStore(reply: Reply): Reply {
  const names = NO_STORE.map(([name]) => name);
  return { ...reply, headers: reply.headers.filter(([name]) => !names.includes(name)) };
}

function edited(reply: Reply, value: unknown): Reply {
  return { ...reply, body: JSON.stringify(value) };
}
