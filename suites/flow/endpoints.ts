import type { Answer, Exchange } from '../../fixtures/evidence.ts';
import { header, isServerError } from '../../fixtures/protocol/answers.ts';
import { urlOf } from '../../fixtures/protocol/urls.ts';
import type { Breach } from '../challenge/refusals.ts';
import { defineCheck } from '../check.ts';
import { answering, golden } from '../golden.ts';
import {
  at,
  givesAToken,
  isMissing,
  isPage,
  isRedirect,
  NEEDS,
  refusesMethod,
  TOKEN,
  TOKEN_LEG,
} from './endpoint-answers.ts';
import { COMMON, judgeEndpoint } from './legs.ts';

const AUTHORIZE = /endpoints\/issuer-1\/authorization_endpoint$/;

/** Whether the answer sends the browser back to where it was. */
function circles({ answer, request }: Exchange): boolean {
  if (answer === undefined || !isRedirect(answer)) return false;
  return urlOf(header(answer, 'location') ?? '', request.url)?.href === request.url;
}

/** The first reason that holds, as a table tells. */
function first<R extends string>(
  exchange: Exchange,
  table: readonly (readonly [reason: R, holds: (answer: Answer) => boolean])[],
  silent: R,
): readonly Breach<R>[] {
  const { answer } = exchange;
  const reason = answer === undefined ? silent : table.find(([, holds]) => holds(answer))?.[0];
  return reason === undefined ? [] : [{ reason, actual: at(exchange) }];
}

export const leadsToAnAuthorizationEndpointThatAnswers = defineCheck({
  ...COMMON,
  id: 'flow/leads-to-an-authorization-endpoint-that-answers',
  title: 'Leads a browser to an authorization endpoint that answers',
  keyword: 'MUST',
  severity: 'critical',
  pillar: 'token-issuance',
  requirements: ['RFC6749-3.1-authz-get-supported', 'RFC8414-2-core-endpoints', 'RFC6749-3.1.1-missing-response-type'],
  needs: NEEDS,
  reasons: {
    'no-answer': {
      says: 'Nothing answers at the authorization endpoint, so no user can sign in.',
      fix: {
        general:
          'Write into authorization_endpoint the URL that browsers of your users reach: public host, valid certificate, open port.',
      },
    },
    'get-refused': {
      says: 'The authorization endpoint does not take GET, the method with which a browser comes.',
      fix: {
        general: 'Let the endpoint answer GET (RFC 6749 3.1); look for a proxy or gateway that lets only POST through.',
      },
    },
    'sends-back-to-itself': {
      says: 'The authorization endpoint redirects to itself, so a browser goes round in circles.',
      keyword: 'SHOULD',
      fix: {
        general:
          'Look for two redirects that undo each other, such as a proxy to https in front of an application that builds http URLs.',
      },
    },
    'server-error': {
      says: 'The authorization endpoint fails with a server error when parameters are missing.',
      keyword: 'SHOULD',
      fix: {
        general:
          'Answer an incomplete request with 400 and a page that says what is missing; look into the log for the error.',
      },
    },
    'not-found': {
      says: 'The authorization endpoint answers 404, so it may stand elsewhere than the metadata says.',
      // Some servers answer 404 to a client they do not know, and here was none.
      keyword: 'ADVICE',
      fix: {
        general: 'Compare authorization_endpoint with the path under which the server has its authorization page.',
      },
    },
  },
  judge: (evidence) =>
    judgeEndpoint(evidence, 'authorization_endpoint', {
      expected: 'an answer to GET without parameters: a page, 400, or a redirect',
      breaches: (exchange) =>
        first(
          exchange,
          [
            ['get-refused', refusesMethod],
            ['server-error', isServerError],
            ['sends-back-to-itself', () => circles(exchange)],
            ['not-found', isMissing],
          ],
          'no-answer',
        ),
      seen: at,
    }),
  examples: {
    pass: [{ says: '400', evidence: golden }],
    fail: {
      'no-answer': {
        says: 'nobody listens',
        evidence: answering(AUTHORIZE, { failure: { kind: 'refused', message: 'connection refused' } }),
      },
      'get-refused': { says: '405', evidence: answering(AUTHORIZE, { status: 405 }) },
      'sends-back-to-itself': {
        says: 'a circle',
        evidence: answering(AUTHORIZE, { status: 302, headers: { Location: '/authorize' } }),
      },
      'server-error': { says: '500', evidence: answering(AUTHORIZE, { status: 500 }) },
      'not-found': { says: '404', evidence: answering(AUTHORIZE, { status: 404 }) },
    },
  },
});

export const leadsToATokenEndpointThatAnswers = defineCheck({
  ...COMMON,
  id: TOKEN_LEG,
  title: 'Leads a client to a token endpoint that answers',
  keyword: 'MUST',
  severity: 'critical',
  pillar: 'token-issuance',
  requirements: ['RFC8414-2-core-endpoints', 'RFC6749-3.2-token-post-only', 'RFC6749-5.2-token-error-400-json'],
  needs: NEEDS,
  reasons: {
    'token-for-nothing': {
      says: 'The token endpoint gives an access token to a request without grant, code or client.',
      fix: {
        general:
          'Take the endpoint off the network, revoke what it gave, and let it refuse requests without grant_type with 400 and {"error":"invalid_request"}: a mock or a test mode may have been deployed.',
      },
    },
    'no-answer': {
      says: 'Nothing answers at the token endpoint, so no code becomes a token.',
      fix: {
        general: 'Write into token_endpoint the public URL of the endpoint: public host, valid certificate, open port.',
      },
    },
    'post-refused': {
      says: 'The token endpoint does not take POST, the only method of token requests.',
      fix: {
        general:
          'Let the endpoint answer POST (RFC 6749 3.2); look for a static file server or a gateway in its place.',
      },
    },
    redirected: {
      says: 'The token endpoint answers with a redirect, on which clients drop the request or give it to another party.',
      keyword: 'SHOULD',
      fix: {
        general: 'Write the URL that the redirect leads to into token_endpoint, and keep sign-in gates away from it.',
      },
    },
    'web-page': {
      says: 'The token endpoint answers with a web page, so something else stands in its place.',
      keyword: 'SHOULD',
      fix: {
        general:
          'Take the sign-in page, bot protection or web application off this path: the clients here are not browsers.',
      },
    },
    'server-error': {
      says: 'The token endpoint fails with a server error when parameters are missing.',
      keyword: 'SHOULD',
      fix: {
        general:
          'Answer an incomplete request with 400 and {"error":"invalid_request"}; look into the log for the error.',
      },
    },
    'not-found': {
      says: 'The token endpoint answers 404, so it may stand elsewhere than the metadata says.',
      // Some servers answer 404 to a client they do not know, and here was none.
      keyword: 'ADVICE',
      fix: { general: 'Compare token_endpoint with the path under which the server takes token requests.' },
    },
  },
  judge: (evidence) =>
    judgeEndpoint(evidence, 'token_endpoint', {
      expected: 'an answer to POST without parameters: 400 or 401 with JSON',
      breaches: (exchange) =>
        first(
          exchange,
          [
            ['token-for-nothing', givesAToken],
            ['post-refused', refusesMethod],
            ['server-error', isServerError],
            ['redirected', isRedirect],
            ['not-found', isMissing],
            ['web-page', isPage],
          ],
          'no-answer',
        ),
      seen: at,
    }),
  examples: {
    pass: [{ says: '400', evidence: golden }],
    fail: {
      'no-answer': {
        says: 'nobody listens',
        evidence: answering(TOKEN, { failure: { kind: 'refused', message: 'connection refused' } }),
      },
      'token-for-nothing': {
        says: 'a token',
        evidence: answering(TOKEN, { body: '{"access_token":"a","token_type":"Bearer"}' }),
      },
      'post-refused': { says: '405', evidence: answering(TOKEN, { status: 405 }) },
      redirected: {
        says: 'to a sign-in',
        evidence: answering(TOKEN, { status: 302, headers: { Location: '/login' } }),
      },
      'web-page': {
        says: 'a sign-in',
        evidence: answering(TOKEN, { headers: { 'Content-Type': 'text/html' }, body: '<!doctype html>' }),
      },
      'server-error': { says: '500', evidence: answering(TOKEN, { status: 500 }) },
      'not-found': { says: '404', evidence: answering(TOKEN, { status: 404 }) },
    },
  },
});
