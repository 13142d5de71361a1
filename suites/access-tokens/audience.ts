import { servesTokens } from './acceptance.ts';
import { NAMES_AN_AUDIENCE } from './conditions.ts';
import { refusesTokens } from './refusal.ts';
import { ANY_AUDIENCE } from './roots.ts';

const AUTH0 = {
  text: "express-oauth2-jwt-bearer: auth({ audience: 'YOUR_API_IDENTIFIER', … }), the identifier of the API as it stands in the dashboard.",
  dashboard: 'Applications > APIs > (API) > Settings > General Settings > Identifier',
};

export const refusesOtherAudiences = refusesTokens({
  id: 'access-tokens/refuses-other-audiences',
  title: 'Refuses a token that was issued for another audience',
  keyword: 'MUST',
  severity: 'critical',
  pillar: 'audience-handling',
  requirements: [
    'MCP-token-audience-validated',
    'MCP-token-no-other-accepted',
    'RFC9068-4-aud-checked',
    'RFC7519-4.1.3-aud-contains-self',
    'RFC9700-4.10.2-aud-claim-check',
    'AUTH0-token-aud',
    'A55',
    'A57',
    'A58',
  ],
  probe: 'mintedTokens',
  root: ANY_AUDIENCE,
  reasons: {
    'other-audience': {
      says: 'A token of the same issuer for another API is accepted: who holds one for anything can use this server.',
      fix: { general: 'Compare aud with the resource identifier of this server, exactly.', auth0: AUTH0 },
      where: NAMES_AN_AUDIENCE,
      trials: ['aud-other-resource', 'aud-issuer', 'aud-userinfo', 'aud-client', 'aud-star'],
    },
    'client-for-audience': {
      says: 'A token for another API is accepted because the client it was issued to (client_id, azp) has the name of this server: clients are named by whoever registers them, and no audience is compared then.',
      fix: {
        general:
          'Compare aud with the resource identifier of this server, and nothing else: client_id and azp say who asked for the token, not whom it is for.',
        auth0: AUTH0,
      },
      where: NAMES_AN_AUDIENCE,
      trials: ['aud-other-client-fits'],
    },
    'array-without-self': {
      says: 'A token is accepted whose audiences are several, and this server is none of them.',
      fix: {
        general: 'Where aud is an array, look for the resource identifier of this server in it, compared exactly.',
        auth0: AUTH0,
      },
      where: NAMES_AN_AUDIENCE,
      trials: ['aud-array-without-self'],
    },
    'look-alike': {
      says: 'A token is accepted whose audience only resembles this server: a beginning, an end or a part is compared, so a token for somebody else can be made to fit.',
      fix: {
        general:
          'Compare whole strings (===, not startsWith, endsWith, includes or a regular expression without ^ and $), and split none: several audiences are an array.',
        auth0: AUTH0,
      },
      where: NAMES_AN_AUDIENCE,
      trials: [
        'aud-goes-on',
        'aud-goes-on-with-a-domain',
        'aud-begins-earlier',
        'aud-several-in-one-text',
        'aud-several-behind-commas',
        'aud-longer-host',
        'aud-cut',
        'aud-sibling',
      ],
    },
  },
});

export const demandsAnAudience = refusesTokens({
  id: 'access-tokens/demands-an-audience',
  title: 'Refuses a token without an audience',
  keyword: 'MUST',
  severity: 'high',
  pillar: 'audience-handling',
  requirements: ['MCP-token-audience-absent-rejected', 'RFC8725-3.9-aud-missing', 'A54'],
  probe: 'mintedTokens',
  root: ANY_AUDIENCE,
  reasons: {
    'no-audience': {
      says: 'A token that names no audience is accepted: nothing says that it was issued for this server.',
      fix: {
        general:
          'Demand aud and compare it with the resource identifier of this server; do not skip the comparison where aud is missing or empty (if (claims.aud && …)).',
        auth0: AUTH0,
      },
      where: NAMES_AN_AUDIENCE,
      trials: ['aud-missing', 'aud-empty', 'aud-empty-array', 'aud-null'],
    },
  },
});

export const comparesAudiencesExactly = refusesTokens({
  id: 'access-tokens/compares-audiences-exactly',
  title: 'Compares audiences character by character',
  keyword: 'SHOULD',
  severity: 'medium',
  pillar: 'audience-handling',
  requirements: ['RFC7519-7.3-string-compare', 'A59'],
  probe: 'mintedTokens',
  root: ANY_AUDIENCE,
  reasons: {
    'other-spelling': {
      says: 'A token is accepted whose audience is the URL of this server in another spelling (slash, scheme, port, query, percent-encoding, capitals in the path): to the issuer that may be another API, with other rights.',
      fix: {
        general:
          'Compare aud with the resource identifier as a string, without parsing it as a URL and without changing its case. If another spelling is meant to be good too, say so in the profile: server.audience.',
        auth0: AUTH0,
      },
      where: NAMES_AN_AUDIENCE,
      trials: ['aud-slash', 'aud-scheme', 'aud-port', 'aud-percent-encoded', 'aud-path-case', 'aud-query'],
    },
    origin: {
      says: 'A token for the origin of this server is accepted at its path: other servers at that origin can use the tokens of their callers here.',
      fix: {
        general:
          'Compare aud with the whole resource identifier, path included. If the origin is meant to be good too, say so in the profile: server.audience.',
        auth0: AUTH0,
      },
      where: NAMES_AN_AUDIENCE,
      trials: ['aud-origin'],
    },
  },
});

export const servesTokensForSeveralAudiences = servesTokens({
  id: 'access-tokens/takes-tokens-for-several-audiences',
  title: 'Takes a token for several audiences that it is one of',
  keyword: 'SHOULD',
  severity: 'medium',
  pillar: 'audience-handling',
  requirements: ['RFC7519-4.1.3-aud-string-or-array', 'A56'],
  probe: 'mintedTokens',
  reasons: {
    refused: {
      says: 'A token is refused because aud is an array: issuers write one where a token is good for the userinfo endpoint as well.',
      fix: {
        general: 'Accept aud as a string and as an array that holds the resource identifier of this server.',
        auth0: {
          text: 'Auth0 writes an array when the openid scope was granted: the API and https://YOUR_DOMAIN/userinfo.',
        },
      },
      where: NAMES_AN_AUDIENCE,
      trials: ['aud-array-with-self'],
    },
  },
});

export const audienceChecks = [
  refusesOtherAudiences,
  demandsAnAudience,
  comparesAudiencesExactly,
  servesTokensForSeveralAudiences,
];
