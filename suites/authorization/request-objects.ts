import { parameter } from '../../fixtures/journey.ts';
import { STATE_OF_OBJECT } from '../../fixtures/trials/authorization/request-objects.ts';
import { checks } from '../check.ts';
import { redirect, withCode } from '../golden-authorization.ts';
import { codeIn, judgesRequests } from './requests.ts';

export const believesNoUnsignedRequestObjects = judgesRequests({
  id: 'authorization/believes-no-unsigned-request-objects',
  title: 'Does not let an unsigned request object replace what the request says',
  keyword: 'MUST',
  severity: 'high',
  requirements: ['B60', 'RFC9700-2.1-exact-redirect'],
  done: 'refused, or answered as if the object were not there',
  reasons: {
    'sent-where-it-says': {
      says: 'The redirect URI in an unsigned request object decides where the browser is sent, registered or not.',
      fix: {
        general:
          'Hold the redirect_uri of a request object to the registered ones like any other, and refuse objects that nobody signed (RFC 9101 4, 6.1; RFC 9700 2.1).',
      },
      trials: ['unsigned-object-with-a-redirect'],
      expected: 'an error, or an answer at the registered redirect URI',
      wrong: ({ journey: { end } }) =>
        end.kind === 'left' && end.to.startsWith('https://canary.example/')
          ? `the browser is sent to ${end.to}`
          : undefined,
      example: { end: redirect({ code: '«code»' }, 'https://canary.example/callback') },
    },
    'replaces-parameters': {
      says: 'What an unsigned request object says goes before the parameters, and anybody can write one.',
      fix: {
        general: 'Refuse request objects without a signature of the client, or do not read them at all (RFC 9101 4).',
      },
      // OpenID Connect Core 6.1 lets clients that are registered for it send them unsigned.
      keyword: 'SHOULD',
      trials: ['unsigned-object'],
      expected: 'an error, or the state of the parameter',
      // Who refuses the object may have read its state before, and nothing forbids to send it back with the refusal.
      wrong: ({ journey: { end } }) =>
        end.kind === 'left' &&
        parameter(end, 'state') === STATE_OF_OBJECT &&
        !REFUSALS.includes(parameter(end, 'error') ?? '')
          ? 'the answer has the state of the object'
          : undefined,
      example: { end: redirect({ code: '«code»', state: STATE_OF_OBJECT }) },
    },
  },
});

/** By which a request object is refused (OpenID Connect Core 3.1.2.6, RFC 6749 4.1.2.1). */
const REFUSALS: readonly string[] = ['invalid_request_object', 'request_not_supported', 'invalid_request'];

export const refusesRequestUrisThatNobodyPushed = judgesRequests({
  id: 'authorization/refuses-request-uris-that-nobody-pushed',
  title: 'Refuses a request_uri that no client has pushed',
  keyword: 'MUST',
  severity: 'medium',
  requirements: ['B59', 'RFC9126-2.2-request-uri-client-bound', 'RFC9126-4-expired-request-uri'],
  done: 'refused',
  reasons: {
    'guessed-served': {
      says: 'A request_uri that nobody pushed is answered with a code, as if it were not there.',
      fix: {
        general:
          'Answer invalid_request_uri where no pushed request of this client has this request_uri, and never fall back to the other parameters (RFC 9126 2.2, 4).',
      },
      trials: ['guessed-request-uri'],
      expected: 'an error',
      wrong: (asked) => codeIn(asked) && 'a code',
      example: { end: withCode('authorizations/guessed-request-uri') },
    },
  },
});

export const requestObjectChecks = checks(believesNoUnsignedRequestObjects, refusesRequestUrisThatNobodyPushed);
