import { FOLLOWS_RFC9068, HAS_PLAIN_TOKENS } from './conditions.ts';
import { refusesTokens } from './refusal.ts';
import { ANY_ISSUER } from './roots.ts';

const EXACTLY = {
  general:
    'Compare iss with the issuer identifier of the authorization server, character by character: no prefix, no suffix, no normalization, no slash added or taken away.',
  auth0: {
    text: "express-oauth2-jwt-bearer: auth({ issuerBaseURL: 'https://YOUR_DOMAIN/', … }); Auth0's issuer ends with a slash, and with a custom domain it is that domain.",
  },
};

export const refusesOtherIssuers = refusesTokens({
  id: 'access-tokens/refuses-other-issuers',
  title: 'Refuses a token that names another issuer',
  keyword: 'MUST',
  severity: 'high',
  requirements: [
    'RFC9068-4-iss-exact',
    'RFC8725-3.8-iss-key-binding',
    'RFC7519-7.3-string-compare',
    'AUTH0-token-iss',
    'A51',
    'A52',
    'A53',
    'A53b',
  ],
  probe: 'mintedTokens',
  root: ANY_ISSUER,
  reasons: {
    'other-issuer': {
      says: 'A token is accepted that names an issuer of which this server knows nothing: iss is not compared, so nothing but the key tells whose tokens are good here.',
      fix: EXACTLY,
      trials: ['iss-other'],
    },
    'key-of-another-issuer': {
      says: 'A token is accepted that names one authorization server of this server and is signed with the key of another: each of them can write tokens in the name of the others, and of their users.',
      fix: {
        general:
          'Keep the key set of each issuer apart: read iss, take the keys of that issuer alone, and compare iss with the issuer whose key verified the token. Do not merge key sets, and do not give a verifier a list of issuers beside one set of keys.',
        auth0: {
          text: "One verifier an issuer: auth({ issuerBaseURL: 'https://YOUR_DOMAIN/', … }) for each, chosen by iss; each fetches the keys of its own issuer alone.",
        },
      },
      trials: ['iss-other-trusted'],
    },
    'other-spelling': {
      says: 'A token is accepted whose issuer is the trusted one in another spelling (slash, capitals, scheme, port): to every other party that is another issuer.',
      fix: EXACTLY,
      trials: ['iss-slash', 'iss-capitals', 'iss-path-case', 'iss-scheme', 'iss-port'],
    },
    'look-alike': {
      says: 'A token is accepted whose issuer only resembles the trusted one: where keys are found by iss, whoever owns such a name writes tokens for this server.',
      fix: EXACTLY,
      trials: [
        'iss-begins-earlier',
        'iss-longer-path',
        'iss-sibling-path',
        'iss-longer-host',
        'iss-prefixed-host',
        'iss-user-information',
        'iss-look-alike',
      ],
    },
    empty: {
      says: 'A token is accepted whose issuer is an empty string: the issuer is compared only where there is one.',
      fix: EXACTLY,
      trials: ['iss-empty'],
    },
  },
});

const DEMAND = {
  general:
    "Demand iss, as one string, and compare it with the issuer identifier (jose: issuer: 'https://…/'; PyJWT: issuer=…, options={'require': ['iss']}).",
  auth0: { text: "express-oauth2-jwt-bearer: auth({ issuerBaseURL: 'https://YOUR_DOMAIN/', … })." },
};

export const demandsAnIssuer = refusesTokens({
  id: 'access-tokens/demands-an-issuer',
  title: 'Refuses a token that does not name its issuer',
  keyword: 'MUST',
  severity: 'medium',
  requirements: ['RFC9068-4-iss-exact', 'RFC9068-2.2-required-claims', 'A52b'],
  probe: 'mintedTokens',
  root: ANY_ISSUER,
  reasons: {
    'no-issuer': {
      says: 'A token is accepted that does not name its issuer as one string, although access tokens of this kind always do: a token of any issuer whose key is known would do.',
      where: FOLLOWS_RFC9068,
      fix: DEMAND,
      trials: ['iss-missing', 'iss-array'],
    },
    'no-issuer-of-a-plain-token': {
      says: 'A token is accepted that does not name its issuer as one string: a token of any issuer whose key is known would do.',
      where: HAS_PLAIN_TOKENS,
      keyword: 'SHOULD',
      fix: DEMAND,
      trials: ['iss-missing', 'iss-array'],
    },
  },
});

export const issuerChecks = [refusesOtherIssuers, demandsAnIssuer];
