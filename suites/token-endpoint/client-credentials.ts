import { checks } from '../check.ts';
import { golden } from '../golden.ts';
import { ACCESS_TOKEN } from '../golden-authorization.ts';
import { type Answers, answeringTrials, tokenOf } from '../golden-tokens.ts';
import { audiencesOf, judgesTokenTrials, scopesOf, tokenCameOut, withoutSight } from './trials.ts';

const answering = (answers: Answers<'machineToken'>) => answeringTrials(golden, 'machineToken', answers);

const MACHINE = { key: 'machineToken', assurance: 'anonymous', controls: ['good'] } as const;

export const limitsMachineTokensToTheResource = judgesTokenTrials({
  ...MACHINE,
  id: 'token-endpoint/limits-machine-tokens-to-the-resource',
  title: 'Gives a client that acts for itself tokens for the API that it asks for',
  keyword: 'SHOULD',
  severity: 'high',
  requirements: ['B36', 'B38', 'RFC8707-2-audience-restricted', 'MCP-ext-cc-grant'],
  unsaid: ({ asked }) => {
    const hidden = asked.find(
      (each) =>
        (each.trial === 'good' || each.trial === 'unknown-resource') &&
        tokenCameOut(each) !== undefined &&
        audiencesOf(each) === undefined,
    );
    return hidden && withoutSight(hidden);
  },
  done: 'answered with a token for it, or refused',
  reasons: {
    'other-audience': {
      says: 'The token of a client that acts for itself is for something else than the server it was asked for.',
      fix: {
        general: 'Put the requested resource into the aud claim (RFC 8707 2).',
        auth0: {
          text: 'Auth0 reads audience, and not resource, in the client credentials grant: grant the client the API whose identifier is the URL of the MCP server.',
          dashboard: 'Applications > APIs > YOUR_API > Machine to Machine Applications',
        },
      },
      trials: ['good'],
      expected: 'the resource among the audiences',
      wrong: (asked, { accepted }) => {
        const audiences = audiencesOf(asked);
        return audiences === undefined || audiences.some((each) => accepted.includes(String(each)))
          ? undefined
          : `an access token for ${audiences.length === 0 ? 'nobody in particular' : audiences.join(', ')}`;
      },
      example: answering({ good: tokenOf({ aud: 'https://other-api.example' }) }),
    },
    'unknown-resource': {
      says: 'A client that acts for itself gets tokens for whatever API it names, whether there is such an API or not.',
      keyword: 'MUST',
      fix: { general: 'Refuse resources that you do not know with invalid_target (RFC 8707 2).' },
      trials: ['unknown-resource'],
      expected: 'invalid_target, or a token that does not name it',
      wrong: (asked, { unknownResource }) =>
        audiencesOf(asked)?.includes(unknownResource) ? `an access token for ${unknownResource}` : undefined,
      example: answering({ 'unknown-resource': tokenOf({ aud: 'https://canary.example/mcp' }) }),
    },
  },
});

export const limitsMachineTokensToTheScope = judgesTokenTrials({
  ...MACHINE,
  id: 'token-endpoint/limits-machine-tokens-to-the-scope',
  title: 'Gives a client that acts for itself no more scopes than it asks for, and none that do not exist',
  keyword: 'SHOULD',
  severity: 'medium',
  requirements: ['RFC6749-3.3-scope-echo-when-changed'],
  unsaid: (evidence) => {
    const hidden = evidence.asked.find(
      (each) =>
        (each.trial === 'one-scope' || each.trial === 'invented-scope') &&
        tokenCameOut(each) !== undefined &&
        scopesOf(each, each.trial === 'one-scope' ? evidence.oneScope : evidence.inventedScope) === undefined,
    );
    return hidden && withoutSight(hidden);
  },
  done: 'refused, or answered with no more',
  reasons: {
    wider: {
      says: 'A client that asks for one scope gets others with it.',
      // RFC 6749 3.3 lets a server ignore what was asked for.
      keyword: 'ADVICE',
      fix: {
        general: 'Give the scopes that the request names, as far as they are granted to the client (RFC 6749 3.3).',
      },
      trials: ['one-scope'],
      expected: 'the one scope that was asked for',
      wrong: (asked, { oneScope }) => {
        const more = (scopesOf(asked, oneScope) ?? []).filter((scope) => scope !== oneScope);
        return asked.tokens.access_token === undefined || more.length === 0
          ? undefined
          : `an access token that also holds ${more.join(' ')}`;
      },
      example: answering({ 'one-scope': tokenOf({ scope: 'mcp:tools mcp:identity' }) }),
    },
    'any-scope': {
      says: 'A client that acts for itself gets whatever scope it names.',
      fix: {
        general:
          'Compare the requested scope with what the client was granted; refuse the rest with invalid_scope (RFC 6749 5.2).',
      },
      trials: ['invented-scope'],
      expected: 'invalid_scope, or a token without it',
      wrong: (asked, { inventedScope }) =>
        asked.tokens.access_token !== undefined && scopesOf(asked, inventedScope)?.includes(inventedScope)
          ? `an access token that holds ${inventedScope}`
          : undefined,
      example: answering({ 'invented-scope': tokenOf({ scope: 'conformance:invented' }) }),
    },
  },
});

export const givesMachineClientsNoRefreshToken = judgesTokenTrials({
  ...MACHINE,
  id: 'token-endpoint/gives-machine-clients-no-refresh-token',
  title: 'Gives a client that acts for itself no refresh token',
  keyword: 'SHOULD',
  severity: 'low',
  requirements: ['RFC6749-4.4.3-cc-no-refresh-token'],
  done: 'answered with an access token alone',
  reasons: {
    'refresh-token': {
      says: 'A client that acts for itself gets a refresh token, which outlives its secret.',
      fix: { general: 'Leave refresh_token out of the answer to the client credentials grant (RFC 6749 4.4.3).' },
      trials: ['good'],
      expected: 'no refresh token',
      wrong: ({ tokens }) => (tokens.refresh_token === undefined ? undefined : 'a refresh token'),
      example: answering({ good: { tokens: { access_token: ACCESS_TOKEN, refresh_token: ACCESS_TOKEN } } }),
    },
  },
});

export const clientCredentialChecks = checks(
  limitsMachineTokensToTheResource,
  limitsMachineTokensToTheScope,
  givesMachineClientsNoRefreshToken,
);
