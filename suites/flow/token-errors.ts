import { isObject, jsonBody, mediaType } from '../../fixtures/protocol/answers.ts';
import { defineCheck, untested } from '../check.ts';
import { answering, golden } from '../golden.ts';
import { at, isNoTokenEndpoint, NEEDS, TOKEN, TOKEN_LEG } from './endpoint-answers.ts';
import { COMMON, judgeEndpoint } from './legs.ts';

export const refusesAnEmptyTokenRequestInJson = defineCheck({
  ...COMMON,
  id: 'flow/refuses-an-empty-token-request-in-json',
  title: 'Refuses an empty token request in the words of OAuth',
  keyword: 'SHOULD',
  severity: 'medium',
  requirements: ['RFC6749-5.2-token-error-400-json'],
  needs: NEEDS,
  reasons: {
    'not-json': {
      says: 'The error of the token endpoint is no JSON object, so a client cannot tell what went wrong.',
      fix: {
        general: 'Answer errors with Content-Type: application/json and {"error":"invalid_request"} (RFC 6749 5.2).',
      },
    },
    'no-error-code': {
      says: 'The error of the token endpoint has no error member, so a client cannot tell a wrong code from a wrong client.',
      fix: {
        general: 'Add error with a code of RFC 6749 5.2, such as invalid_request, invalid_client or invalid_grant.',
      },
    },
    'other-status': {
      says: 'The token endpoint answers an empty request with another status than 400 or 401.',
      // 5.2 says 400 "unless specified otherwise"; a gateway in front may refuse in its own way.
      keyword: 'ADVICE',
      fix: { general: 'Answer errors with 400, and with 401 where client authentication failed; never with 200.' },
    },
  },
  judge(evidence) {
    return judgeEndpoint(evidence, 'token_endpoint', {
      expected: '400 or 401 with a JSON object that has error',
      breaches(exchange) {
        const { answer } = exchange;
        if (answer === undefined || isNoTokenEndpoint(exchange)) return [];
        const body = jsonBody(answer);
        if (!isObject(body)) {
          const type = mediaType(answer) || 'no content type';
          return [{ reason: 'not-json' as const, actual: `${exchange.request.url}: ${type}` }];
        }
        if (typeof body.error !== 'string') {
          const members = Object.keys(body).join(', ') || 'none';
          return [{ reason: 'no-error-code' as const, actual: `members: ${members}` }];
        }
        return answer.status === 400 || answer.status === 401
          ? []
          : [{ reason: 'other-status' as const, actual: at(exchange) }];
      },
      unsaid: (exchange) =>
        isNoTokenEndpoint(exchange)
          ? untested('the token endpoint is out of order', 'a token endpoint that answers', TOKEN_LEG)
          : undefined,
      seen: at,
    });
  },
  examples: {
    pass: [{ says: 'invalid_request', evidence: golden }],
    fail: {
      'not-json': {
        says: 'text',
        evidence: answering(TOKEN, { status: 400, headers: { 'Content-Type': 'text/plain' }, body: 'Bad request' }),
      },
      'no-error-code': {
        says: 'a message',
        evidence: answering(TOKEN, { status: 400, body: '{"message":"Bad request"}' }),
      },
      'other-status': { says: '200', evidence: answering(TOKEN, { body: '{"error":"invalid_request"}' }) },
    },
  },
});
