/** Why a good authorization request led to no code, and what of the profile or of the server has to change. */
import { expect, test } from '@playwright/test';
import type { JourneyEnd, Left } from '../fixtures/journey.ts';
import { whyNoCode } from '../fixtures/probes/authorization/no-code.ts';

const REDIRECT_URI = 'https://app.example/callback';
const STATE = '-iyIB4qEtRp1Pkrsoz2tIQ';

const page = (status: number, says: string, title = ''): JourneyEnd => ({ kind: 'page', status, title, says });
const left = (query: Left['query'], to = REDIRECT_URI): JourneyEnd => ({
  kind: 'left',
  to,
  query,
  fragment: [],
  body: [],
});

const told = (end: JourneyEnd) => {
  const { because, unlock } = whyNoCode(
    {
      client: 'confidential',
      redirectUri: REDIRECT_URI,
      parameters: [['state', STATE]],
      journey: { id: 'signIn/control', asks: 'a request', hops: [], steps: [], end },
      grants: [],
    },
    { metadata: {}, origins: ['https://login.example'] },
  );
  return `${because} → ${unlock}`;
};

const CASES: Readonly<Record<string, { readonly end: JourneyEnd; readonly says: RegExp }>> = {
  'a redirect URI that is not registered': {
    end: page(400, 'oops! error: invalid_redirect_uri error_description: redirect_uri did not match any'),
    says: /^.* of clients\.confidential with an error page \(status 400\) “oops!.*→ clients\.confidential\.redirectUri: exactly as registered .*https:\/\/app\.example\/callback$/,
  },
  'a client that is not known': {
    end: page(400, 'error: invalid_client error_description: client is invalid'),
    says: /→ clients\.confidential\.id: exactly as registered$/,
  },
  'a client without leave for the API': {
    end: left([
      ['error', 'unauthorized_client'],
      ['error_description', 'Client "a" is not authorized to access resource server "b".'],
    ]),
    says: /ended with unauthorized_client \(Client "a".*→ leave for the client of clients\.confidential to ask for this resource.*Auth0/,
  },
  'a user who is not assigned': {
    end: page(200, 'You are not assigned to this application. Ask your administrator.'),
    says: /→ leave for users\.first to use the application of clients\.confidential/,
  },
  'a client without a connection': {
    end: left([
      ['error', 'invalid_request'],
      ['error_description', 'no connections enabled for the client'],
    ]),
    says: /→ a connection in which users\.first is, enabled for/,
  },
  'an error of which nothing is known': {
    end: left([['error', 'temporarily_unavailable']]),
    says: /ended with temporarily_unavailable → clients\.confidential and users\.first: /,
  },
  'a place that nobody named': {
    end: left([], 'https://elsewhere.example/'),
    says: /^the sign-in leads to https:\/\/elsewhere\.example\/, .*→ network\.browserHosts/,
  },
  'a page of which nothing is known': {
    end: page(200, 'Terms of use', 'Terms of use'),
    says: /page that is not known \(status 200\) “Terms of use” → what the page says: .*users\.signIn\.selectors/,
  },
};

for (const [name, { end, says }] of Object.entries(CASES)) {
  test(`says what has to change: ${name}`, () => {
    expect(told(end)).toMatch(says);
  });
}

test('repeats neither the state of the run nor half a word', () => {
  const words = 'words-of-a-page '.repeat(40);
  const text = told(page(400, `state: ${STATE} ${words}`));
  expect(text).not.toContain(STATE);
  expect(text).toMatch(/words-of-a-page …”/);
});
