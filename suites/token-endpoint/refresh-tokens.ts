import type { AskedGrant, Parameters } from '../../fixtures/authorization-evidence.ts';
import type { EvidenceMap } from '../../fixtures/evidence.ts';
import { isUnsaid } from '../../fixtures/protocol/firewalls.ts';
import { checks, outOfScope, untested, type Verdict } from '../check.ts';
import { golden } from '../golden.ts';
import { type Answers, answeringTrials, refused, tokenOf } from '../golden-tokens.ts';
import { audiencesOf, judgesTokenTrials, NO_TOKEN, noWord, scopesOf, tokenCameOut, withoutSight } from './trials.ts';

const answering = (answers: Answers<'refreshTokens'>) => answeringTrials(golden, 'refreshTokens', answers);

type RefreshTokens = EvidenceMap['refreshTokens'];

const ROTATION = {
  text: 'Switch rotation on for the application; the first refresh after that gives a rotating token.',
  dashboard: 'Applications > YOUR_APPLICATION > Settings > Refresh Token Rotation > Allow Refresh Token Rotation',
};

export const rotatesRefreshTokensOfPublicClients = judgesTokenTrials({
  key: 'refreshTokens',
  id: 'token-endpoint/rotates-refresh-tokens-of-public-clients',
  title: 'Gives public clients a new refresh token with each access token',
  keyword: { '2025-03-26': 'SHOULD', '2025-06-18': 'MUST' },
  severity: 'high',
  requirements: [
    'B44',
    'MCP-as-rotate-refresh-public',
    'MCP-march-token-expiry-rotation',
    'RFC9700-2.2.2-refresh-rotation',
    'AUTH0-refresh-rotation',
  ],
  assurance: 'sign-in',
  controls: ['rotation'],
  unsaid: ofPublicClients,
  done: 'answered with another refresh token',
  reasons: {
    'same-token': {
      says: 'A public client keeps its refresh token for good: who steals it shares the access until somebody notices.',
      fix: {
        general:
          'Answer each refresh of a public client with a new refresh token, and refuse the old one (OAuth 2.1 4.3.1); or bind refresh tokens to a key of the client (RFC 9449).',
        auth0: ROTATION,
      },
      trials: ['rotation'],
      expected: 'another refresh token',
      // A token bound to a key would not have been taken without a proof of it.
      wrong: (asked, evidence) => (evidence.client === 'public' ? keptToken(asked, evidence) : undefined),
      example: answering({ rotation: tokenOf({ scope: 'mcp:tools' }) }),
    },
  },
});

export const refusesRotatedRefreshTokens = judgesTokenTrials({
  key: 'refreshTokens',
  id: 'token-endpoint/refuses-rotated-refresh-tokens',
  title: 'Refuses refresh tokens that were replaced',
  keyword: { '2025-03-26': 'SHOULD', '2025-06-18': 'MUST' },
  severity: 'high',
  requirements: ['B44', 'MCP-as-rotate-refresh-public', 'RFC9700-4.14.2-refresh-reuse-detect'],
  assurance: 'sign-in',
  controls: ['rotation', 'successor'],
  unsaid: (evidence) => ofRotatedTokens(evidence) ?? ofLeeways(evidence),
  done: 'refused',
  reasons: {
    'served-for-good': {
      says: 'A refresh token goes on giving tokens after it was replaced: rotation shows no theft.',
      fix: {
        general: 'Refuse a refresh token that was replaced with invalid_grant, and end its family (RFC 9700 4.14.2).',
        auth0: ROTATION,
      },
      trials: ['late-replay'],
      ...NO_TOKEN,
      example: answering({ replay: refused('invalid_grant'), 'late-replay': {} }),
    },
    'served-soon-after': {
      says: 'A refresh token that was replaced, and whose successor was used, still gives tokens some seconds later.',
      // A leeway for clients that lost an answer is common, and no document advises against it, or sets its end.
      keyword: 'ADVICE',
      fix: {
        general:
          'Let the leeway for lost answers end when the successor is used, and keep it to a few seconds: within it a thief is not noticed.',
        auth0: {
          text: 'Set the overlap period of rotation to zero, or to the few seconds that your clients need.',
          dashboard: 'Applications > YOUR_APPLICATION > Settings > Refresh Token Rotation > Rotation Overlap Period',
        },
      },
      trials: ['replay'],
      expected: NO_TOKEN.expected,
      wrong: (asked, { asked: all }) => {
        // What goes on for good is one finding, and not two; whether it does shows only when a leeway is over.
        const later = all.find(({ trial }) => trial === 'late-replay');
        const isOver = later !== undefined && !isUnsaid(later.exchange) && tokenCameOut(later) === undefined;
        return isOver ? tokenCameOut(asked) : undefined;
      },
      example: answering({ replay: {}, 'late-replay': refused('invalid_grant') }),
    },
  },
});

export const endsTheFamilyOfAReusedRefreshToken = judgesTokenTrials({
  key: 'refreshTokens',
  id: 'token-endpoint/ends-the-family-of-a-reused-refresh-token',
  title: 'Ends what came of a refresh token that is used again after it was replaced',
  keyword: 'SHOULD',
  severity: 'medium',
  requirements: ['B44b', 'RFC9700-4.14.2-refresh-reuse-detect'],
  assurance: 'sign-in',
  controls: ['rotation', 'successor'],
  unsaid: (evidence) => ofRotatedTokens(evidence) ?? ofLeeways(evidence) ?? ofUnnoticedReuse(evidence),
  done: 'refused',
  reasons: {
    'successor-lives': {
      says: 'After a replaced refresh token came again, its successor still gives tokens: if that is the stolen one, the thief keeps the access.',
      fix: {
        general:
          'When a replaced refresh token comes again, revoke the newest of its family too, since nobody can tell which of the two is the thief’s (RFC 9700 4.14.2).',
        auth0: ROTATION,
      },
      trials: ['newest'],
      expected: NO_TOKEN.expected,
      // Where the reuse went unnoticed that is the finding, and this follows from it.
      wrong: (asked, evidence) => (isReuseServed(evidence) === false ? tokenCameOut(asked) : undefined),
      example: answering({ newest: {} }),
    },
  },
});

export const refreshesForTheClientOfTheTokenAlone = judgesTokenTrials({
  key: 'refreshTokens',
  id: 'token-endpoint/refreshes-for-the-client-of-the-token-alone',
  title: 'Takes a refresh token from the client that it was issued to, and from no other',
  keyword: 'MUST',
  severity: 'high',
  requirements: ['B45', 'RFC6749-6-refresh-bound-to-client'],
  assurance: 'sign-in',
  controls: ['first', 'before-revocation'],
  done: 'refused',
  reasons: {
    'other-client': {
      says: 'A refresh token gives tokens to another client than the one that it was issued to.',
      fix: {
        general: 'Keep the client with each refresh token, and refuse others with invalid_grant (RFC 6749 6, 10.4).',
      },
      trials: ['other-client'],
      ...NO_TOKEN,
      example: answering({ 'other-client': {} }),
    },
    'no-client': {
      says: 'A refresh token gives tokens to who does not say which client it is.',
      // RFC 6749 10.4: what cannot be authenticated is bound as well as may be; the id is no secret.
      keyword: 'ADVICE',
      fix: { general: 'Ask public clients for client_id at each refresh, and compare it with that of the token.' },
      trials: ['no-client-id'],
      ...NO_TOKEN,
      example: answering({ 'no-client-id': {} }),
    },
  },
});

export const widensNothingAtARefresh = judgesTokenTrials({
  key: 'refreshTokens',
  id: 'token-endpoint/widens-nothing-at-a-refresh',
  title: 'Gives no more at a refresh than the user agreed to',
  keyword: 'MUST',
  severity: 'high',
  requirements: [
    'B42',
    'RFC6749-6-refresh-no-scope-growth',
    'RFC8707-2.2-refresh-resource',
    'RFC8707-2.2-token-request-subset',
  ],
  assurance: 'sign-in',
  controls: ['first', 'before-revocation'],
  unsaid: ofTokensThatDoNotShow,
  done: 'refused, or gave no more than before',
  reasons: {
    scope: {
      says: 'A refresh gives scopes that the user did not agree to.',
      fix: {
        general:
          'Keep the granted scope with the refresh token; refuse what is not part of it with invalid_scope, or leave it out (RFC 6749 6).',
      },
      trials: ['wider-scope'],
      expected: 'invalid_scope, or the scope of before',
      wrong: (asked, { asked: all, signIns, narrowScope, widerScope }) => {
        const first = all.find(({ trial }) => trial === 'first');
        const agreed = signIns.find(({ parameters }) => parameters.some(isScope(narrowScope)))?.grants.at(-1);
        const before = (first && scopesOf(first)) ?? (agreed && scopesOf(agreed, narrowScope));
        const after = scopesOf(asked, widerScope);
        if (before === undefined || after === undefined || tokenCameOut(asked) === undefined) return undefined;
        const added = after.filter((scope) => !before.includes(scope) && scope !== 'offline_access');
        return added.length === 0 ? undefined : `an access token that also holds ${added.join(' ')}`;
      },
      example: answering({ 'wider-scope': tokenOf({ scope: 'mcp:tools mcp:identity' }) }),
    },
    'unknown-resource': {
      says: 'A refresh decides the audience by its text alone: the token names a resource that nobody knows.',
      fix: { general: 'Issue tokens for registered resources only, and answer invalid_target otherwise (RFC 8707 2).' },
      trials: ['unknown-resource'],
      expected: 'invalid_target, or a token that does not name it',
      wrong: (asked, { unknownResource }) =>
        audiencesOf(asked)?.includes(unknownResource) ? `an access token for ${unknownResource}` : undefined,
      example: answering({ 'unknown-resource': tokenOf({ aud: 'https://canary.example/mcp' }) }),
    },
    resource: {
      says: 'A refresh gives a token for another API than the one that the user agreed to.',
      // RFC 8707 2.2 leaves the resources that are acceptable here to the authorization server.
      keyword: 'ADVICE',
      fix: {
        general:
          'Keep the resources of the authorization request with the refresh token; refuse others with invalid_target, or ignore the parameter (RFC 8707 2.2).',
      },
      trials: ['other-resource'],
      expected: 'invalid_target, or a token for the resource of before',
      wrong: (asked, { otherResource }) =>
        otherResource !== undefined && audiencesOf(asked)?.includes(otherResource)
          ? `an access token for ${otherResource}`
          : undefined,
      example: answering({ 'other-resource': tokenOf({ aud: 'https://other-api.example' }) }),
    },
  },
});

const isScope =
  (wanted: string) =>
  ([name, value]: Parameters[number]): boolean =>
    name === 'scope' && value === wanted;

/** A token came out, and nothing tells whether it is for more. */
function ofTokensThatDoNotShow({ asked, widerScope }: RefreshTokens): Verdict<never> | undefined {
  const served = asked.filter((each) => tokenCameOut(each) !== undefined);
  const hidden = served.find(
    (each) =>
      (each.trial === 'wider-scope' && scopesOf(each, widerScope) === undefined) ||
      ((each.trial === 'unknown-resource' || each.trial === 'other-resource') && audiencesOf(each) === undefined),
  );
  return hidden && withoutSight(hidden);
}

/** Confidential clients authenticate at each refresh, so that theirs need no rotation (RFC 9700 2.2.2). */
function ofPublicClients({ client }: RefreshTokens): Verdict<never> | undefined {
  return client === 'public'
    ? undefined
    : outOfScope('it takes a public client', 'clients.public: a public client registered for the tests');
}

/** There is an old token only where there is a new one. */
function ofRotatedTokens(evidence: RefreshTokens): Verdict<never> | undefined {
  const rotation = evidence.asked.find(({ trial }) => trial === 'rotation');
  return (
    ofPublicClients(evidence) ??
    (rotation !== undefined && keptToken(rotation, evidence) !== undefined
      ? untested(
          'refresh tokens are not replaced',
          'rotation of refresh tokens',
          rotatesRefreshTokensOfPublicClients.id,
        )
      : undefined)
  );
}

/** What came of a refresh after which the client has the refresh token of before. */
function keptToken({ tokens }: AskedGrant, { signIns }: RefreshTokens): string | undefined {
  if (tokens.access_token === undefined) return undefined;
  if (tokens.refresh_token === undefined) return 'an access token, and no refresh token';
  const before = signIns.at(-1)?.grants.at(-1)?.tokens.refresh_token;
  return tokens.refresh_token.fingerprint === before?.fingerprint
    ? 'an access token, and the same refresh token'
    : undefined;
}

const reuseIn = ({ asked }: RefreshTokens) =>
  asked.findLast(({ trial }) => trial === 'replay' || trial === 'late-replay');

/** Whether a replaced token still gave tokens when it came last; `undefined`: it was not sent. */
function isReuseServed(evidence: RefreshTokens): boolean | undefined {
  const reuse = reuseIn(evidence);
  return reuse && tokenCameOut(reuse) !== undefined;
}

/** A replaced token that is served may be so for a while, or for good: only time tells. */
function ofLeeways({ asked }: RefreshTokens): Verdict<never> | undefined {
  const replay = asked.find(({ trial }) => trial === 'replay');
  const isServed = replay !== undefined && tokenCameOut(replay) !== undefined;
  return isServed && !asked.some(({ trial }) => trial === 'late-replay')
    ? untested(
        'a refresh token that was replaced, and whose successor was used, still gives tokens some seconds later; no time could pass to see whether it does for good',
        'run --slow, which waits for two minutes; or a test client without a leeway for replaced refresh tokens, which shows it at once',
      )
    : undefined;
}

/** Nothing can end because of a reuse that nobody notices. */
function ofUnnoticedReuse(evidence: RefreshTokens): Verdict<never> | undefined {
  const reuse = reuseIn(evidence);
  if (reuse !== undefined && tokenCameOut(reuse) === undefined && isUnsaid(reuse.exchange)) {
    return noWord(reuse.exchange);
  }
  return isReuseServed(evidence) === true
    ? untested(
        'a refresh token that was replaced is served, so that its reuse is not noticed',
        'refresh tokens that are refused once they were replaced, at the latest when a leeway is over',
        refusesRotatedRefreshTokens.id,
      )
    : undefined;
}

export const refreshTokenChecks = checks(
  rotatesRefreshTokensOfPublicClients,
  refusesRotatedRefreshTokens,
  endsTheFamilyOfAReusedRefreshToken,
  refreshesForTheClientOfTheTokenAlone,
  widensNothingAtARefresh,
);
