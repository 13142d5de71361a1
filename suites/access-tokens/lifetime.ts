import type { AskedToken } from '../../fixtures/evidence.ts';
import { isServed } from '../../fixtures/protocol/answers.ts';
import { LEEWAYS } from '../../fixtures/trials/access-tokens/lifetime.ts';
import { unsettled } from '../challenge/refusals.ts';
import { defineCheck, fail, pass } from '../check.ts';
import { golden, result } from '../golden.ts';
import { servesTokens } from './acceptance.ts';
import { FOLLOWS_RFC9068, HAS_PLAIN_TOKENS } from './conditions.ts';
import { consequenceOf, notMade, refusesTokens, replacing, servedRoot, withoutControl } from './refusal.ts';
import { ANY_EXPIRY } from './roots.ts';

const LIBRARY = {
  text: 'express-oauth2-jwt-bearer checks exp, nbf and iat by itself; do not decode tokens (jwt-decode) in its place.',
};

export const refusesExpiredTokens = refusesTokens({
  id: 'access-tokens/refuses-expired-tokens',
  title: 'Refuses an expired token',
  keyword: 'MUST',
  severity: 'high',
  requirements: [
    'RFC7519-4.1.4-exp-enforced',
    'RFC9068-4-exp-checked',
    'MCP-challenge-401-expired-token',
    'AUTH0-token-exp',
    'A44',
    'A47',
  ],
  probe: 'mintedTokens',
  root: ANY_EXPIRY,
  reasons: {
    expired: {
      says: 'A token that ended an hour ago is accepted: a stolen one is good long after its time.',
      fix: {
        general: 'Refuse a token at or after exp, with a leeway of a minute or two for clocks.',
        auth0: LIBRARY,
      },
      trials: ['exp-an-hour-ago'],
    },
    'odd-time': {
      says: 'A token is accepted whose exp lies in the past and is written oddly: as a string, as 0 or below it.',
      fix: {
        general:
          'Refuse a token whose exp is not a JSON number, and compare numbers; do not take 0 for "no exp" (if (claims.exp) …).',
        auth0: LIBRARY,
      },
      trials: ['exp-past-text', 'exp-negative', 'exp-zero'],
    },
  },
});

export const demandsAnExpiry = refusesTokens({
  id: 'access-tokens/demands-an-expiry',
  title: 'Refuses a token without an expiry',
  keyword: 'MUST',
  severity: 'medium',
  requirements: ['RFC9068-4-exp-checked', 'RFC9068-2.2-required-claims', 'A46'],
  probe: 'mintedTokens',
  root: ANY_EXPIRY,
  reasons: {
    'no-expiry': {
      says: 'A token without exp is accepted, although access tokens of this kind always have one: such a token never ends.',
      where: FOLLOWS_RFC9068,
      fix: {
        general: "Demand exp (jose: requiredClaims: ['exp', …]; PyJWT: options={'require': ['exp']}).",
        auth0: {
          text: 'express-oauth2-jwt-bearer demands exp; auth({ strict: true, … }) the other claims of RFC 9068.',
        },
      },
      trials: ['exp-missing'],
    },
    'no-expiry-of-a-plain-token': {
      says: 'A token without exp is accepted: such a token never ends.',
      where: HAS_PLAIN_TOKENS,
      keyword: 'SHOULD',
      fix: {
        general: "Demand exp (jose: requiredClaims: ['exp', …]; PyJWT: options={'require': ['exp']}).",
        auth0: { text: 'express-oauth2-jwt-bearer demands exp.' },
      },
      trials: ['exp-missing'],
    },
  },
});

export const takesExpiryAsANumber = refusesTokens({
  id: 'access-tokens/takes-expiry-as-a-number',
  title: 'Refuses a token whose expiry is no number',
  keyword: 'SHOULD',
  severity: 'low',
  requirements: ['RFC7519-4.1.4-exp-numeric', 'A47b'],
  probe: 'mintedTokens',
  root: ANY_EXPIRY,
  reasons: {
    'other-type': {
      says: 'A token is accepted whose exp is a string, null, true or an object: what is compared there is no time.',
      fix: { general: 'Refuse a token whose exp is not a JSON number.', auth0: LIBRARY },
      trials: ['exp-text', 'exp-null', 'exp-true', 'exp-object'],
    },
  },
});

export const takesFractionsOfASecond = servesTokens({
  id: 'access-tokens/takes-times-with-fractions',
  title: 'Takes an expiry that is not a whole number of seconds',
  keyword: 'SHOULD',
  severity: 'low',
  requirements: ['RFC7519-4.1.4-exp-numeric', 'A47b'],
  probe: 'mintedTokens',
  reasons: {
    refused: {
      says: 'A token is refused because its exp has a fraction, which a NumericDate may have.',
      fix: { general: 'Read exp, nbf and iat as numbers, not as integers.' },
      trials: ['exp-fraction'],
    },
  },
});

export const refusesPrematureTokens = refusesTokens({
  id: 'access-tokens/refuses-tokens-before-their-time',
  title: 'Refuses a token before the time it is good from',
  keyword: 'MUST',
  severity: 'medium',
  requirements: ['RFC7519-4.1.5-nbf-enforced', 'A49'],
  probe: 'mintedTokens',
  reasons: {
    premature: {
      says: 'A token is accepted an hour before its nbf: access that was granted for later is there now.',
      fix: {
        general: 'Where a token has nbf, refuse it before then, with a leeway of a minute or two for clocks.',
        auth0: LIBRARY,
      },
      trials: ['nbf-in-an-hour'],
    },
  },
});

/** RFC 7519 4.1.4 speaks of "no more than a few minutes". */
const FEW_MINUTES = 300;

type LeewayTrial = keyof typeof LEEWAYS;

const isLeeway = (trial: string): trial is LeewayTrial => trial in LEEWAYS;

/** Seconds between the end of the token and the moment it was sent: a paced run sends later than it mints. */
function secondsAfterEnd({ trial, token, exchange }: AskedToken): number {
  const exp = token.claims?.exp;
  const planned = LEEWAYS[trial as LeewayTrial];
  return typeof exp === 'number' ? Math.max(planned, Math.floor(Date.parse(exchange.startedAt) / 1000) - exp) : planned;
}

export const allowsLittleLeeway = defineCheck({
  id: 'access-tokens/allows-little-leeway',
  title: 'Allows a few minutes between clocks and not more',
  keyword: 'ADVICE',
  severity: 'low',
  party: 'mcp-server',
  pillar: 'server-side-validation',
  requirements: ['RFC7519-4.1.4-skew-small', 'A45'],
  assurance: 'controlled-issuer',
  needs: ['mintedTokens'],
  trials: Object.keys(LEEWAYS).map((trial) => `mintedTokens/${trial}`),
  reasons: {
    long: {
      says: 'A token is accepted more than five minutes after its end: that long it stays good for whoever has stolen it.',
      fix: {
        general:
          'Set the tolerance for clocks to 60 seconds or less (jose: clockTolerance; PyJWT: leeway; ASP.NET Core: ClockSkew, whose default is 5 minutes).',
        auth0: { text: 'express-oauth2-jwt-bearer: auth({ clockTolerance: 5, … }), in seconds; 5 is its default.' },
      },
    },
  },
  judge({ mintedTokens }) {
    const own = mintedTokens.asked.filter(({ trial }) => isLeeway(trial));
    const served = own.filter(({ exchange }) => isServed(exchange));
    const measured = served.map((each) => ({ ...each, seconds: secondsAfterEnd(each) }));
    const longest = measured.toSorted((a, b) => b.seconds - a.seconds)[0];
    if (longest !== undefined && longest.seconds > FEW_MINUTES) {
      const root = servedRoot(ANY_EXPIRY, { mintedTokens });
      if (root !== undefined) return consequenceOf(root);
      return fail([
        {
          reason: 'long',
          expected: `refused ${FEW_MINUTES} seconds after exp at the latest`,
          actual: `a token was served ${longest.seconds} seconds after its exp`,
          at: [longest.exchange.id],
        },
      ]);
    }
    const refused = own.filter(({ exchange }) => !isServed(exchange)).map(secondsAfterEnd);
    return (
      notMade(mintedTokens, Object.keys(LEEWAYS).filter(isLeeway), own) ??
      unsettled(own.map(({ exchange }) => exchange)) ??
      withoutControl(mintedTokens, own) ??
      pass(
        longest === undefined
          ? `a token was refused ${Math.min(...refused)} seconds after its exp, so there is no more leeway than that`
          : `a token was served ${longest.seconds} seconds after its exp, and refused ${Math.min(...refused)} seconds after`,
      )
    );
  },
  examples: {
    pass: [
      { says: 'no leeway', evidence: golden },
      {
        says: 'five seconds of leeway',
        evidence: replacing(golden, 'mintedTokens', 'exp-5-seconds-ago', result({ tools: [] })),
      },
    ],
    fail: {
      long: {
        says: 'served ten minutes after the end',
        evidence: replacing(golden, 'mintedTokens', 'exp-600-seconds-ago', result({ tools: [] })),
      },
    },
  },
});

export const lifetimeChecks = [
  refusesExpiredTokens,
  demandsAnExpiry,
  takesExpiryAsANumber,
  takesFractionsOfASecond,
  refusesPrematureTokens,
  allowsLittleLeeway,
];
