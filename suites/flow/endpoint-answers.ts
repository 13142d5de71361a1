import type { Answer, Exchange } from '../../fixtures/evidence.ts';
import { describe, isObject, isServerError, isSuccess, jsonBody, mediaType } from '../../fixtures/protocol/answers.ts';

export const NEEDS = ['resourceMetadata', 'issuerMetadata', 'endpoints'] as const;
export const TOKEN = /endpoints\/issuer-1\/token_endpoint$/;
export const TOKEN_LEG = 'flow/leads-to-a-token-endpoint-that-answers';

export const isRedirect = ({ status }: Answer) => status >= 300 && status < 400 && status !== 304;
export const isMissing = ({ status }: Answer) => status === 404 || status === 410;
export const isPage = (answer: Answer) => /^(text\/html|application\/xhtml\+xml)$/.test(mediaType(answer));
/** To a request in which nothing was. */
export function givesAToken(answer: Answer): boolean {
  const body = jsonBody(answer);
  return isSuccess(answer) && isObject(body) && Object.hasOwn(body, 'access_token');
}

export const refusesMethod = ({ status }: Answer) => status === 405 || status === 501;
export const at = (exchange: Exchange) => `${exchange.request.url}: ${describe(exchange)}`;

/** An answer that `leadsToATokenEndpointThatAnswers` finds fault with. */
export const isNoTokenEndpoint = ({ answer }: Exchange) =>
  answer === undefined ||
  givesAToken(answer) ||
  isServerError(answer) ||
  refusesMethod(answer) ||
  isRedirect(answer) ||
  isMissing(answer) ||
  isPage(answer);
