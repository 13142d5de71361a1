import { answersTokens, servesTokens } from './acceptance.ts';
import { FOLLOWS_RFC9068 } from './conditions.ts';
import { refusesTokens } from './refusal.ts';
import { ANY_AUDIENCE, ANY_EXPIRY, ANY_SIGNATURE, NO_SIGNATURE } from './roots.ts';

const A_LIBRARY =
  'Verify tokens with a JOSE library that knows crit, such as jose (Node.js) or Nimbus JOSE+JWT (Java), and tell it no extensions.';

export const refusesCriticalHeaders = refusesTokens({
  id: 'access-tokens/refuses-critical-headers-it-does-not-know',
  title: 'Refuses a token whose header holds a critical member it does not know',
  keyword: 'MUST',
  severity: 'medium',
  requirements: ['RFC7515-4.1.11-crit-unknown', 'RFC7515-4.1.11-crit-malformed', 'A27', 'A28', 'A28b'],
  probe: 'mintedTokens',
  reasons: {
    ignored: {
      says: 'A token is accepted although its header says (crit) that a member must be understood which nobody has defined: the restriction that stands there is passed over.',
      fix: {
        general: `Refuse a token when crit lists a name that the server does not process itself. ${A_LIBRARY}`,
        auth0: { text: 'express-oauth2-jwt-bearer verifies with jose, which does so: leave it to that library.' },
      },
      trials: ['crit-unknown', 'crit-absent'],
    },
    malformed: {
      says: 'A token is accepted whose crit no issuer may write: empty, a string, or with a name that the standard itself defines.',
      keyword: 'SHOULD',
      fix: { general: `Take crit only as a non-empty array of names of extensions. ${A_LIBRARY}` },
      trials: ['crit-empty', 'crit-registered', 'crit-text'],
    },
  },
});

export const refusesUnencodedPayloads = refusesTokens({
  id: 'access-tokens/refuses-unencoded-payloads',
  title: 'Refuses a token whose header says that its claims are not encoded',
  keyword: 'MUST',
  severity: 'medium',
  requirements: ['RFC7797-7-b64-false', 'RFC7515-4.1.11-crit-unknown', 'A29', 'A29b'],
  probe: 'mintedTokens',
  roots: { 'b64-false-raw-without-crit': ANY_SIGNATURE },
  reasons: {
    unencoded: {
      says: 'A token is accepted with b64: false and crit, which no JWT may have: its claims can be read in two ways, and a gateway may have read the other.',
      fix: {
        general: `Do not support b64 (RFC 7797) for tokens: refuse whatever lists it in crit. ${A_LIBRARY}`,
      },
      trials: ['b64-false', 'b64-false-raw'],
    },
    'unencoded-without-crit': {
      says: 'A token is accepted whose signature covers other bytes than those that were sent: b64: false is obeyed although crit does not name it.',
      keyword: 'SHOULD',
      fix: {
        general:
          'Verify the signature over the first two parts of the token exactly as they came, whatever b64 in its header says.',
      },
      trials: ['b64-false-raw-without-crit'],
    },
  },
});

export const refusesCompressedClaims = refusesTokens({
  id: 'access-tokens/refuses-compressed-claims',
  title: 'Refuses a signed token with compressed claims',
  keyword: 'MUST',
  severity: 'medium',
  requirements: ['RFC7519-7.2-payload-is-object', 'A30'],
  probe: 'mintedTokens',
  reasons: {
    inflated: {
      says: 'The claims of a signed token are inflated: zip belongs to encrypted tokens only, others do not read such a token, and a small one may become a huge one.',
      fix: {
        general:
          'Take the second part of the token for base64url of a JSON object and for nothing else; ignore zip in the header of a signed token.',
      },
      trials: ['zip-deflated'],
    },
  },
});

export const readsTheLastOfRepeatedMembers = refusesTokens({
  id: 'access-tokens/goes-by-the-last-of-repeated-members',
  title: 'Refuses a token with a member twice, or goes by the last of them',
  keyword: 'MUST',
  severity: 'medium',
  requirements: ['RFC7519-4-dup-claims', 'RFC7515-4-dup-header-names', 'A37', 'A38'],
  probe: 'mintedTokens',
  reasons: {
    'first-claim': {
      says: 'A claim that stands in a token twice is read as its first value; a gateway in front, or the issuer, reads the last.',
      fix: {
        general:
          'Parse claims with a parser that keeps the last of equal names (JSON.parse, Python json) or refuses them, once, and judge nothing by a search in the text.',
      },
      trials: ['aud-twice', 'exp-twice'],
    },
    'first-header': {
      says: 'alg stands in the header twice, first as the right algorithm and then as "none", and the first counts.',
      keyword: 'SHOULD',
      fix: {
        general: 'Parse the header with a parser that keeps the last of equal names or refuses them, once.',
      },
      trials: ['alg-twice'],
    },
  },
  // Where the bad value alone is served, which of the two is read cannot be told, and is not the defect.
  roots: { 'aud-twice': ANY_AUDIENCE, 'exp-twice': ANY_EXPIRY, 'alg-twice': NO_SIGNATURE },
});

export const keepsKeysToTheirAlgorithm = refusesTokens({
  id: 'access-tokens/keeps-keys-to-their-algorithm',
  title: 'Uses each key with the algorithm it is published for',
  keyword: 'SHOULD',
  severity: 'low',
  requirements: ['RFC8725-3.1-alg-matches-key', 'A35'],
  probe: 'mintedTokens',
  reasons: {
    'other-algorithm': {
      says: 'A token is accepted that is signed by another algorithm than its key is published for: the header of the token chooses.',
      fix: {
        general:
          "Accept only algorithms of a fixed list (['RS256'] for most issuers), and where a published key has alg, that one only.",
        auth0: {
          text: "express-oauth2-jwt-bearer: auth({ tokenSigningAlg: 'RS256', … }).",
        },
      },
      trials: ['alg-other-padding', 'alg-other-hash'],
    },
  },
});

export const looksKeysUpByTheirId = refusesTokens({
  id: 'access-tokens/looks-keys-up-by-their-id',
  title: 'Looks the key of a token up by its id',
  keyword: 'ADVICE',
  severity: 'low',
  pillar: 'signing-key-retrieval',
  requirements: ['A24', 'A25'],
  probe: 'mintedTokens',
  root: ANY_SIGNATURE,
  reasons: {
    'id-missing': {
      says: 'A token that does not say which key signed it is verified with one key after another, which costs more with each key and lets a token outlive its own.',
      fix: {
        general: 'Where the issuer publishes several keys, choose by kid, and refuse a token without one.',
        auth0: { text: 'Tokens of Auth0 always have kid; jwks-rsa and jose choose by it.' },
      },
      trials: ['kid-missing'],
    },
    'id-ignored': {
      says: 'A token is accepted although its kid is that of another key: kid is not what keys are chosen by.',
      fix: { general: 'Choose the key by kid, and try no other when that one does not verify the token.' },
      trials: ['kid-of-another-key'],
    },
  },
});

export const refusesOtherKindsOfToken = refusesTokens({
  id: 'access-tokens/refuses-other-kinds-of-token',
  title: 'Refuses a token that is not typed as an access token',
  keyword: 'MUST',
  severity: 'high',
  requirements: ['RFC9068-4-typ-checked', 'RFC8725-3.12-mutually-exclusive', 'A40', 'A42'],
  probe: 'mintedTokens',
  reasons: {
    untyped: {
      says: 'Access tokens of this issuer are typed at+jwt, by which it says that they follow RFC 9068, where servers have to check the type; and a token without one, or of the general type JWT, is accepted: an ID token looks like that.',
      where: FOLLOWS_RFC9068,
      fix: {
        general:
          'Demand typ "at+jwt" or "application/at+jwt" in the header (jose: jwtVerify(token, keys, { typ: "at+jwt", … })).',
        auth0: { text: 'express-oauth2-jwt-bearer: auth({ strict: true, … }) demands at+jwt.' },
      },
      trials: ['typ-missing', 'typ-jwt'],
    },
    'other-kind': {
      says: 'A token is accepted as access token although it says that it is of another kind, such as a logout token or a DPoP proof: those reach parties that should have no access.',
      where: FOLLOWS_RFC9068,
      fix: {
        general: 'Demand typ "at+jwt" or "application/at+jwt" in the header, and refuse every other type.',
        auth0: { text: 'express-oauth2-jwt-bearer: auth({ strict: true, … }) demands at+jwt.' },
      },
      trials: [
        'typ-id-token',
        'typ-logout-token',
        'typ-security-event',
        'typ-dpop-proof',
        'typ-request-object',
        'logout-token',
      ],
    },
  },
});

export const servesBothFormsOfTheType = servesTokens({
  id: 'access-tokens/takes-the-type-in-both-forms',
  title: 'Takes the type of an access token with application/ and without',
  keyword: 'MUST',
  severity: 'low',
  requirements: ['RFC9068-4-typ-long-form', 'A41'],
  probe: 'mintedTokens',
  reasons: {
    'other-form': {
      says: 'A token is refused because its type is written in the other legal form: an issuer that changes from at+jwt to application/at+jwt locks every client out.',
      where: FOLLOWS_RFC9068,
      fix: {
        general:
          'Accept typ "at+jwt" and "application/at+jwt" alike: add "application/" where there is no slash, then compare.',
      },
      trials: ['typ-other-form'],
    },
    capitals: {
      says: 'A token is refused because its type is in capitals; media types have no case.',
      where: FOLLOWS_RFC9068,
      keyword: 'ADVICE',
      fix: { general: 'Compare typ without regard to case.' },
      trials: ['typ-capitals'],
    },
  },
});

export const answersUnusualTokens = answersTokens({
  id: 'access-tokens/answers-unusual-tokens',
  title: 'Answers tokens with unusual members without an error of its own',
  keyword: 'SHOULD',
  severity: 'low',
  requirements: [
    'MCP-challenge-401-invalid-token',
    'A29b',
    'A30',
    'A37',
    'A38',
    'A47b',
    'A48',
    'A49',
    'A50',
    'A59',
    'A60',
    'A63',
  ],
  probe: 'mintedTokens',
  reasons: {
    'server-error': {
      says: 'A token that the issuer signed, with an unusual header or claim, makes the server fail: it works with what it has not looked at.',
      fix: {
        general:
          'Check that claims are of the type the code expects before they are used, and answer 401 with error="invalid_token" when they are not.',
      },
      trials: [
        'b64-without-crit',
        'zip-plain',
        'alg-twice-last-good',
        'aud-twice-last-good',
        'exp-twice-last-good',
        'exp-infinite',
        'exp-milliseconds',
        'exp-largest',
        'exp-ten-years',
        'nbf-soon',
        'iat-tomorrow',
        'iat-missing',
        'iat-text',
        'iat-behind-exp',
        'aud-capitals',
        'client-unknown',
        'client-two',
        'client-missing',
        'sub-missing',
        'sub-empty',
        'sub-object',
        'jti-missing',
      ],
    },
  },
});

export const demandsTheClaimsOfAnAccessToken = refusesTokens({
  id: 'access-tokens/demands-the-claims-of-an-access-token',
  title: 'Demands the claims that an access token always has',
  keyword: 'ADVICE',
  severity: 'low',
  requirements: ['RFC9068-2.2-required-claims', 'A50', 'A60', 'A63'],
  probe: 'mintedTokens',
  reasons: {
    'no-subject': {
      says: 'A token that does not say whom it stands for is accepted: what is kept by user then belongs to nobody, or to everybody.',
      where: FOLLOWS_RFC9068,
      fix: { general: 'Refuse a token without sub, or at least let it reach nothing that is kept by user.' },
      trials: ['sub-missing'],
    },
    'no-client': {
      says: 'A token that does not say which client it was issued to is accepted: no client can be told from another, in logs or in policy.',
      where: FOLLOWS_RFC9068,
      fix: {
        general: 'Refuse a token without client_id (RFC 9068) or azp (Auth0).',
        auth0: { text: 'express-oauth2-jwt-bearer: auth({ strict: true, … }) demands the claims of RFC 9068.' },
      },
      trials: ['client-missing'],
    },
    'no-id': {
      says: 'A token without jti is accepted: it cannot be found in a log, nor refused by its id.',
      where: FOLLOWS_RFC9068,
      fix: { general: 'Refuse a token without jti.' },
      trials: ['jti-missing'],
    },
    'no-time-of-issue': {
      says: 'A token is accepted that does not say when it was issued: tokens from before an incident cannot be told from later ones.',
      where: FOLLOWS_RFC9068,
      fix: { general: 'Refuse a token whose iat is missing or no number.' },
      trials: ['iat-missing', 'iat-text'],
    },
    'of-the-future': {
      says: 'A token is accepted that says it is issued tomorrow: the clock of the issuer is wrong, or the claim is.',
      fix: { general: 'Refuse a token whose iat lies more than a minute or two ahead.' },
      trials: ['iat-tomorrow'],
    },
  },
});

export const headerChecks = [
  looksKeysUpByTheirId,
  keepsKeysToTheirAlgorithm,
  refusesCriticalHeaders,
  refusesUnencodedPayloads,
  refusesCompressedClaims,
  readsTheLastOfRepeatedMembers,
  refusesOtherKindsOfToken,
  servesBothFormsOfTheType,
  demandsTheClaimsOfAnAccessToken,
  answersUnusualTokens,
];
