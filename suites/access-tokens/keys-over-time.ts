import type { EvidenceMap, Exchange, TokenView } from '../../fixtures/evidence.ts';
import { describe, isServed, isServerError, isSettled } from '../../fixtures/protocol/answers.ts';
import { unsettled } from '../challenge/refusals.ts';
import { defineCheck, type Finding, fail, pass, untested, type Verdict } from '../check.ts';
import { answering, golden, INVALID_TOKEN, result, unauthorized } from '../golden.ts';
import { afterExpiry, expiredBefore, isOutOfSession, unheard } from './interruptions.ts';

/** The server while the keys of its issuer change. */

type Rotation = EvidenceMap['keyRotation'];

const COMMON = {
  party: 'mcp-server',
  pillar: 'signing-key-retrieval',
  assurance: 'controlled-issuer',
  needs: ['keyRotation'],
} as const;

const LIBRARIES =
  'jose: createRemoteJWKSet does it (cacheMaxAge, cooldownDuration); jwks-rsa: cache and rateLimit; PyJWT: PyJWKClient with a lifespan.';

/** What only time would tell, and the run had none: so long is waited with that patience. */
const tooSoon = (because: string, seconds: number) =>
  untested(`${because}, and the run did not wait ${seconds} seconds`, `issuer.patience: ${seconds}`);

/** Nothing can be said of keys once a good token is refused for another reason. */
function lockedOut({ afterUnknown, waited }: Rotation): Verdict<never> | undefined {
  if (isServed(afterUnknown)) return undefined;
  // A library that limits how often it asks for keys (jwks-rsa: 10 times a minute) refuses all without a copy meanwhile.
  if (!waited.cooldown) return tooSoon('a good token was refused right after tokens of unknown keys', 60);
  return untested(
    'a good token was no longer served after tokens of unknown keys',
    'a server that keeps serving good tokens',
    'access-tokens/keeps-serving-good-tokens',
  );
}

/** Who serves tokens of unknown keys at any time says nothing of keys by serving them now. */
function unverified({ unknown }: Rotation): Verdict<never> | undefined {
  if (!unknown.exchanges.some(isServed)) return undefined;
  return untested(
    'tokens of keys that nobody published are served at any time',
    'a server that verifies signatures',
    'access-tokens/refuses-tokens-of-other-keys',
  );
}

const isRefused = (exchange: Exchange) => isSettled(exchange) && !isServed(exchange) && !isOutOfSession(exchange);

const finding = <const R extends string>(reason: R, expected: string, exchange: Exchange): Finding<R> => ({
  reason,
  expected,
  actual: `${exchange.asks}: ${describe(exchange)}`,
  at: [exchange.id],
});

export const followsItsIssuerToNewKeys = defineCheck({
  ...COMMON,
  id: 'access-tokens/follows-its-issuer-to-new-keys',
  title: 'Serves tokens of new keys of its issuer',
  keyword: 'SHOULD',
  severity: 'high',
  requirements: ['AUTH0-jwks-multi-key', 'AUTH0-jwks-unknown-kid-refetch'],
  trials: ['keyRotation/next-key', 'keyRotation/later-key'],
  reasons: {
    'published-key-refused': {
      says: 'A token of the next key is refused, though it was published beside the current one: when the issuer rotates its keys, every user is locked out until a cache ends.',
      fix: {
        general: `Keep the whole JWK set and choose the key by kid, not the first of the set. ${LIBRARIES}`,
        auth0: {
          text: 'The tenant publishes the current, the next and (until it is revoked) the previous key: all of them have to be known. Try it with Rotate Signing Key in a development tenant.',
          dashboard: 'Settings > Signing Keys > Rotate Signing Key',
        },
      },
    },
    'new-key-refused': {
      says: 'A token of a key that was published later is refused even a minute after: the server does not ask for keys again, and needs a restart after each rotation.',
      fix: {
        general: `Fetch the JWK set again when a kid is not known, at most about once in half a minute, and when its Cache-Control is over. Never pin a key or a kid. ${LIBRARIES}`,
        auth0: {
          text: 'express-oauth2-jwt-bearer does it by itself with issuerBaseURL; do not give it a secret or a fixed key.',
          dashboard: 'Settings > Signing Keys > Rotate Signing Key',
        },
      },
    },
  },
  judge({ keyRotation }): Verdict<'published-key-refused' | 'new-key-refused'> {
    const blocked = lockedOut(keyRotation);
    if (blocked !== undefined) return blocked;
    const { nextKey, laterKey, waited } = keyRotation;
    const findings = [
      ...(isRefused(nextKey) ? [finding('published-key-refused', 'the result', nextKey)] : []),
      ...(isRefused(laterKey) && waited.cooldown ? [finding('new-key-refused', 'the result', laterKey)] : []),
    ];
    if (findings.length > 0) return fail(findings);
    if (isRefused(laterKey)) return tooSoon('a token of a key that was published a moment ago was refused', 60);
    return unheard([nextKey, laterKey]) ?? pass('tokens of the next key and of the one after it were served');
  },
  examples: {
    pass: [{ says: 'served', evidence: golden }],
    fail: {
      'published-key-refused': {
        says: '401',
        evidence: answering(/^keyRotation\/next-key$/, unauthorized(INVALID_TOKEN)),
      },
      'new-key-refused': { says: '401', evidence: answering(/^keyRotation\/later-key$/, unauthorized(INVALID_TOKEN)) },
    },
  },
});

/** Who refuses tokens before any key is looked for, or has just looked, shows nothing of how often it would ask. */
function neverAsked({ waited, laterKey }: Rotation): Verdict<never> {
  const because = 'the server did not ask for keys when it got tokens of unknown ones, so nothing was put to the test';
  if (!waited.cooldown) return tooSoon(because, 60);
  const unlock = 'a server that asks its issuer for keys which it does not know';
  return isServed(laterKey)
    ? untested(because, unlock)
    : untested(because, unlock, 'access-tokens/follows-its-issuer-to-new-keys');
}

/** Half as many as there were tokens: what libraries allow in a minute (jwks-rsa: 10) stays below. */
const MANY_FETCHES = 10;

export const asksRarelyForUnknownKeys = defineCheck({
  ...COMMON,
  id: 'access-tokens/asks-rarely-for-unknown-keys',
  title: 'Does not ask its issuer for keys at each token of an unknown key',
  keyword: 'ADVICE',
  severity: 'medium',
  requirements: ['A23', 'AUTH0-jwks-unknown-kid-refetch', 'AUTH0-jwks-cache'],
  trials: ['keyRotation/unknown'],
  reasons: {
    'a-fetch-for-each-token': {
      says: 'Strangers can make the server fetch the key set as often as they send tokens: the issuer then limits it, and good tokens fail with them.',
      fix: {
        general: `Keep the key set for some minutes, and fetch it at most once in half a minute for kids that are not known. ${LIBRARIES}`,
        auth0: {
          text: 'express-oauth2-jwt-bearer: cacheMaxAge (10 minutes) and cooldownDuration (30 seconds) do it; do not set them to 0.',
        },
      },
    },
  },
  judge({ keyRotation }) {
    const { unknown } = keyRotation;
    const seen = `${unknown.fetches} requests for the key set during ${unknown.exchanges.length} tokens of unknown keys`;
    if (unknown.fetches > MANY_FETCHES) {
      return fail([
        {
          reason: 'a-fetch-for-each-token' as const,
          expected: `at most ${MANY_FETCHES} requests for the key set`,
          actual: seen,
          at: unknown.exchanges.map(({ id }) => id),
        },
      ]);
    }
    return (
      unverified(keyRotation) ??
      lockedOut(keyRotation) ??
      unsettled(unknown.exchanges) ??
      (unknown.fetches === 0 ? neverAsked(keyRotation) : pass(seen))
    );
  },
  examples: {
    pass: [{ says: 'one request', evidence: golden }],
    fail: {
      'a-fetch-for-each-token': {
        says: 'twenty requests',
        evidence: {
          keyRotation: { ...golden.keyRotation, unknown: { ...golden.keyRotation.unknown, fetches: 20 } },
        },
      },
    },
  },
});

const NOT_ASKED = 'the server did not ask for keys while there were none, so nothing was put to the test';

const notAsked = ({ waited }: Rotation) =>
  waited.cache
    ? untested(
        NOT_ASKED,
        'a server that fetches the keys of its issuer',
        'access-tokens/follows-its-issuer-to-new-keys',
      )
    : tooSoon(NOT_ASKED, 900);

export const failsClosedWithoutKeys = defineCheck({
  ...COMMON,
  id: 'access-tokens/fails-closed-without-keys',
  title: 'Serves nobody unverified while the keys of its issuer cannot be had, and recovers',
  keyword: 'MUST',
  severity: 'critical',
  requirements: ['MCP-token-validate-before-processing', 'A66'],
  trials: [
    'keyRotation/broken-error',
    'keyRotation/broken-empty',
    'keyRotation/broken-html',
    'keyRotation/broken-hang',
    'keyRotation/mended',
  ],
  reasons: {
    served: {
      says: 'While the key set of the issuer cannot be had, tokens that anybody can make are accepted.',
      fix: {
        general:
          'Where the key is not found, for whatever reason, refuse: 401, or 503 when the key set could not be fetched. No catch around verification may end in "accepted".',
        auth0: {
          text: 'express-oauth2-jwt-bearer refuses by itself: an error handler behind auth() must not call next() without the error.',
        },
      },
    },
    'not-recovered': {
      says: 'Good tokens are still refused ten minutes after the key set of the issuer was back: a short outage there lasts until a restart here.',
      keyword: 'SHOULD',
      fix: {
        general: `Do not keep a failure to fetch keys, or an empty set, for longer than half a minute, and let the process live through it. ${LIBRARIES}`,
      },
    },
  },
  judge({ keyRotation }): Verdict<'served' | 'not-recovered'> {
    const open = unverified(keyRotation);
    if (open !== undefined) return open;
    const { broken, mended, waited } = keyRotation;
    const strangers = broken.exchanges.map((each) => each.strangers);
    const served = strangers.filter(isServed);
    if (served.length > 0) return fail(served.map((each) => finding('served', 'status 401 or 503', each)));
    const blocked = lockedOut(keyRotation);
    if (blocked !== undefined) return blocked;
    if (!isServed(mended)) {
      if (waited.recovery) return fail([finding('not-recovered', 'the result', mended)]);
      return tooSoon('good tokens were still refused right after the key set was back', 600);
    }
    // 503 is the right word here, and no gateway's.
    const silent = unsettled(strangers.filter(({ answer }) => answer === undefined));
    if (silent !== undefined) return silent;
    return broken.fetches === 0
      ? notAsked(keyRotation)
      : pass(`${strangers.map((each) => `${each.asks}: ${describe(each)}`).join('; ')}; served again afterwards`);
  },
  examples: {
    pass: [{ says: '503', evidence: golden }],
    fail: {
      served: { says: 'served', evidence: answering(/^keyRotation\/broken-error$/, result({ tools: [] })) },
      'not-recovered': {
        says: '401 afterwards',
        evidence: answering(/^keyRotation\/mended$/, unauthorized(INVALID_TOKEN)),
      },
    },
  },
});

export const blamesNoTokenForMissingKeys = defineCheck({
  ...COMMON,
  id: 'access-tokens/blames-no-token-for-missing-keys',
  title: 'Does not call a good token invalid while the keys of its issuer cannot be had',
  keyword: 'ADVICE',
  severity: 'low',
  requirements: ['A66'],
  trials: [
    'keyRotation/broken-error-good',
    'keyRotation/broken-empty-good',
    'keyRotation/broken-html-good',
    'keyRotation/broken-hang-good',
  ],
  reasons: {
    'good-token-refused-as-invalid': {
      says: 'While the key set of the issuer cannot be had, good tokens get 401: clients throw them away and send their users to sign in.',
      fix: {
        general:
          'Go on with the keys of the last good copy for some minutes, or answer 503 with Retry-After; keep 401 for tokens that were verified and found wrong.',
        auth0: {
          text: 'express-oauth2-jwt-bearer throws another error than InvalidTokenError when keys cannot be fetched: let the error handler answer 503 to it.',
        },
      },
    },
  },
  judge({ keyRotation }): Verdict<'good-token-refused-as-invalid'> {
    const blocked = lockedOut(keyRotation);
    if (blocked !== undefined) return blocked;
    const { broken } = keyRotation;
    if (broken.fetches === 0) return notAsked(keyRotation);
    // An empty set that is well-formed says that the issuer has no keys.
    const good = broken.exchanges.filter(({ mode }) => mode !== 'empty').map((each) => each.good);
    const blamed = good.filter(({ answer }) => answer?.status === 401);
    if (blamed.length > 0) {
      return fail(blamed.map((each) => finding('good-token-refused-as-invalid', 'status 503, or the result', each)));
    }
    return pass(good.map((each) => `${each.asks}: ${describe(each)}`).join('; '));
  },
  examples: {
    pass: [{ says: '503', evidence: golden }],
    fail: {
      'good-token-refused-as-invalid': {
        says: '401',
        evidence: answering(/^keyRotation\/broken-html-good$/, unauthorized(INVALID_TOKEN)),
      },
    },
  },
});

export const letsGoOfRemovedKeys = defineCheck({
  ...COMMON,
  id: 'access-tokens/lets-go-of-removed-keys',
  title: 'Stops accepting tokens of a key that its issuer removed',
  keyword: 'ADVICE',
  severity: 'medium',
  requirements: ['A65', 'AUTH0-jwks-cache'],
  trials: ['keyRotation/removed-key'],
  reasons: {
    'still-served': {
      says: 'A token of a key that was removed from the key set a quarter of an hour before is accepted: revoking a key that leaked does nothing here.',
      fix: {
        general: `Fetch the whole set again when its Cache-Control is over (5 to 10 minutes where it says nothing), also while all kids are known, and forget keys that are no longer in it. ${LIBRARIES}`,
        auth0: {
          text: 'express-oauth2-jwt-bearer: cacheMaxAge is 10 minutes; keep it.',
          dashboard: 'Settings > Signing Keys > (previous key) > Revoke',
        },
      },
    },
  },
  judge({ keyRotation }): Verdict<'still-served'> {
    const blocked = unverified(keyRotation) ?? lockedOut(keyRotation);
    if (blocked !== undefined) return blocked;
    const { removedKey, nextKey, controlAfter, waited } = keyRotation;
    if (isServed(removedKey)) {
      if (!waited.cache) return tooSoon('a token of a key that was removed a moment ago was served', 900);
      return fail([finding('still-served', 'status 401 (Unauthorized)', removedKey)]);
    }
    const silent = unheard([removedKey]);
    if (silent !== undefined) return silent;
    return isServed(nextKey) && isServed(controlAfter)
      ? pass(`${removedKey.asks}: ${describe(removedKey)}`)
      : untested(
          'tokens of this key were not served before it was removed, or no others afterwards',
          'a server that serves tokens of every published key',
          'access-tokens/follows-its-issuer-to-new-keys',
        );
  },
  examples: {
    pass: [{ says: '401', evidence: golden }],
    fail: {
      'still-served': { says: 'served', evidence: answering(/^keyRotation\/removed-key$/, result({ tools: [] })) },
    },
  },
});

/** Good tokens around hostile ones in the order of sending, and which token it was where that is the same for all. */
interface Series {
  readonly token?: TokenView;
  readonly exchanges: readonly Exchange[];
}

function controlsOf(evidence: Partial<EvidenceMap>): readonly Series[] {
  const { control, forgedTokens, mintedTokens, otherTokens, tokenTransport, keyRotation } = evidence;
  const series: readonly Series[] = [
    ...[forgedTokens, mintedTokens, otherTokens].flatMap((probe) => probe?.control ?? []),
    {
      ...(control && { token: control.token }),
      exchanges: tokenTransport === undefined ? [] : [tokenTransport.controlBefore, tokenTransport.controlAfter],
    },
    { exchanges: keyRotation?.waited.cooldown ? [keyRotation.controlBefore, keyRotation.afterUnknown] : [] },
  ];
  return series.filter(({ exchanges: [first] }) => first !== undefined && isServed(first));
}

export const keepsServingGoodTokens = defineCheck({
  id: 'access-tokens/keeps-serving-good-tokens',
  title: 'Goes on serving a good token after hostile ones',
  // No document demands it, and a gateway may shut out who sends such requests.
  keyword: 'ADVICE',
  severity: 'medium',
  party: 'mcp-server',
  requirements: ['PRACTICE-refusals-lock-nobody-out', 'A67', 'A23'],
  assurance: 'token',
  needs: ['tokenTransport'],
  uses: ['control', 'forgedTokens', 'mintedTokens', 'otherTokens', 'keyRotation'],
  reasons: {
    'refused-afterwards': {
      says: 'A good token that was served is refused after hostile ones: whoever sends some from the same address, or to the same server, locks users out.',
      fix: {
        general:
          'Count refused tokens by who sends them, answer 429 with Retry-After to who sends many, and let requests with a good token through.',
      },
    },
    'down-afterwards': {
      says: 'The server fails, or does not answer, once hostile tokens were sent.',
      fix: {
        general:
          'Treat every error of token parsing and key lookup as an invalid token, catch rejected promises in the middleware, and limit the size of what is parsed.',
      },
    },
  },
  judge(evidence): Verdict<'refused-afterwards' | 'down-afterwards'> {
    const series = controlsOf(evidence);
    const lost = series.flatMap(({ exchanges: [, ...later] }) => later.filter((exchange) => !isServed(exchange)));
    const expired = series.flatMap(({ token, exchanges }) => (token && afterExpiry(token, exchanges)) ?? []);
    const down = lost.filter(({ answer }) => answer === undefined || isServerError(answer));
    const refused = lost.filter(
      (exchange) => !down.includes(exchange) && isRefused(exchange) && !expired.includes(exchange),
    );
    if (lost.length > 0 && down.length + refused.length > 0) {
      return fail([
        ...refused.map((exchange) => finding('refused-afterwards', 'the result, as before', exchange)),
        ...down.map((exchange) => finding('down-afterwards', 'the result, as before', exchange)),
      ]);
    }
    return (
      series
        .map(({ token, exchanges }) => token && expiredBefore(token, exchanges.filter(isRefused)))
        .find((verdict) => verdict !== undefined) ??
      unheard(lost) ??
      (series.length === 0
        ? untested('no good token was served before the trials', 'tokens.good: an access token that the server accepts')
        : pass(`${series.flatMap(({ exchanges }) => exchanges).length} controls around hostile tokens were served`))
    );
  },
  examples: {
    pass: [{ says: 'served each time', evidence: golden }],
    fail: {
      'refused-afterwards': {
        says: '403 afterwards',
        evidence: answering(/^keyRotation\/after-unknown$/, { status: 403 }),
      },
      'down-afterwards': {
        says: 'nobody listens any more',
        evidence: answering(/^forgedTokens\/control-1$/, {
          failure: { kind: 'refused', message: 'nothing listens at this address and port' },
        }),
      },
    },
  },
});

export const keyRotationChecks = [
  followsItsIssuerToNewKeys,
  asksRarelyForUnknownKeys,
  failsClosedWithoutKeys,
  blamesNoTokenForMissingKeys,
  letsGoOfRemovedKeys,
  keepsServingGoodTokens,
];
