import { refusesTokens } from './refusal.ts';
import { ANY_SIGNATURE } from './roots.ts';

const LIBRARY = 'express-oauth2-jwt-bearer verifies each token so when issuerBaseURL and audience are given.';

export const refusesThePublicKeyAsSecret = refusesTokens({
  id: 'access-tokens/refuses-the-public-key-as-secret',
  title: "Refuses an HMAC that was made with the issuer's public key",
  keyword: 'MUST',
  severity: 'critical',
  requirements: [
    'RFC8725-3.1-alg-allowlist',
    'RFC8725-3.1-alg-matches-key',
    'A04',
    'A05',
    'A06',
    'A07',
    'AUTH0-token-alg-none',
  ],
  probe: 'forgedTokens',
  root: ANY_SIGNATURE,
  reasons: {
    'public-key-as-secret': {
      says: "A token is accepted whose HMAC has the issuer's public key for its secret: everybody has that key, so everybody can write tokens.",
      fix: {
        general:
          "Give the JWT library the one algorithm the issuer signs with (['RS256'] for most), instead of letting the token's alg choose, and hand it a key object (of a JWK) and no PEM text.",
        auth0: { text: "express-oauth2-jwt-bearer: auth({ tokenSigningAlg: 'RS256', … })." },
      },
      trials: [
        'hmac-spki-pem',
        'hmac-spki-pem-trimmed',
        'hmac-spki-pem-crlf',
        'hmac-spki-base64',
        'hmac-certificate-base64',
        'hmac-pkcs1-pem',
        'hmac-pkcs1-pem-trimmed',
        'hmac-certificate-pem',
        'hmac-certificate-pem-trimmed',
        'hmac-spki-der',
        'hmac-certificate-der',
        'hmac-jwk-n',
        'hmac-jwk-n-bytes',
        'hmac-jwk-json',
        'hmac-jwk-canonical',
        'hmac-384-spki-pem',
        'hmac-512-spki-pem',
      ],
    },
  },
});

export const refusesGuessableSecrets = refusesTokens({
  id: 'access-tokens/refuses-guessable-secrets',
  title: 'Refuses an HMAC whose secret can be guessed',
  keyword: 'MUST',
  severity: 'critical',
  requirements: ['RFC8725-3.1-alg-allowlist', 'A08'],
  probe: 'forgedTokens',
  root: ANY_SIGNATURE,
  reasons: {
    'guessable-secret': {
      says: 'A token is accepted whose HMAC has a secret that anybody would try first.',
      fix: {
        general:
          "Verify with the issuer's published key and accept its algorithm alone (RS256 for most). Where HMAC has to be, use 32 random bytes, and take out the default of a sample or a test.",
        auth0: {
          text: 'Let the API sign with RS256 instead of HS256, and verify with the keys of the tenant.',
          dashboard: 'Applications > APIs > (your API) > Settings > Signing Algorithm',
        },
      },
      trials: [
        'hmac-empty',
        'hmac-secret',
        'hmac-changeme',
        'hmac-password',
        'hmac-sample',
        'hmac-issuer',
        'hmac-resource',
        'hmac-kid',
        'hmac-client',
      ],
    },
  },
});

export const refusesBrokenSignatures = refusesTokens({
  id: 'access-tokens/refuses-broken-signatures',
  title: 'Refuses a token whose signature is missing or broken',
  keyword: 'MUST',
  severity: 'critical',
  requirements: [
    'RFC7515-5.2-signature-verified',
    'RFC9068-4-signature-checked',
    'RFC7515-7.1-three-parts',
    'RFC7518-3.4-ecdsa-raw-signature',
    'RFC8725-3.4-ecdsa-zero',
    'A09',
    'A10',
    'A11',
    'A34',
  ],
  probe: 'forgedTokens',
  root: ANY_SIGNATURE,
  reasons: {
    'signature-missing': {
      says: 'A token is accepted from which the signature was taken away.',
      fix: {
        general:
          'Call the verifying function of the JWT library (jwtVerify, jwt.verify) and never the decoding one (decodeJwt, jwt.decode); a token without three parts, none of them empty, is invalid.',
        auth0: { text: LIBRARY },
      },
      trials: ['signature-empty', 'signature-absent'],
    },
    'signature-broken': {
      says: 'A token is accepted whose signature is not right: it is not verified, or not with care.',
      fix: {
        general:
          "Verify each token's signature with the issuer's published key before anything is read from it. If it is verified, update the runtime and the JWT library: some have taken zeros, and cut signatures, for good ones.",
        auth0: { text: LIBRARY },
      },
      trials: [
        'signature-zeros',
        'signature-cut',
        'signature-half',
        'signature-longer',
        'signature-first-bit',
        'signature-middle-bit',
        'signature-last-bit',
        'signature-ecdsa-zero',
        'signature-ecdsa-zero-der',
        'signature-ecdsa-order',
      ],
    },
  },
});

export const refusesAlteredTokens = refusesTokens({
  id: 'access-tokens/refuses-altered-tokens',
  title: 'Refuses a token that was altered after it was signed',
  keyword: 'MUST',
  severity: 'critical',
  requirements: [
    'RFC7515-5.2-signature-verified',
    'RFC9068-4-signature-checked',
    'A13',
    'A14',
    'AUTH0-token-signature',
  ],
  probe: 'forgedTokens',
  root: ANY_SIGNATURE,
  reasons: {
    'claims-altered': {
      says: 'A token is accepted with other claims than the issuer signed: who has any token can write another subject, scope or expiry into it.',
      fix: {
        general:
          'Verify the signature over header and payload exactly as they came (the text before the last dot), and read the claims from what was verified.',
        auth0: { text: LIBRARY },
      },
      trials: ['claims-sub', 'claims-scope', 'claims-exp', 'claims-blank'],
    },
    'header-altered': {
      says: 'A token is accepted with another header than the issuer signed.',
      fix: {
        general:
          'Verify the signature over header and payload exactly as they came (the text before the last dot), not over a header that was parsed and written again.',
        auth0: { text: LIBRARY },
      },
      trials: ['header-typ', 'header-order', 'header-member'],
    },
  },
});

export const refusesTokensOfOtherKeys = refusesTokens({
  id: 'access-tokens/refuses-tokens-of-other-keys',
  title: 'Refuses a token that a key of somebody else signed',
  keyword: 'MUST',
  severity: 'critical',
  pillar: 'signing-key-retrieval',
  requirements: [
    'RFC9068-4-signature-checked',
    'RFC7515-5.2-signature-verified',
    'A16',
    'A26',
    'A67',
    'AUTH0-token-signature',
  ],
  probe: 'forgedTokens',
  reasons: {
    'foreign-signature': {
      says: "A token is accepted that the issuer's keys did not sign: anybody can make a key and write tokens with it.",
      fix: {
        general:
          "Verify the signature with the key of the issuer's JWK set that the token's kid names; when no key is found, or the signature does not fit it, the token is invalid.",
        auth0: { text: `Keys: https://YOUR_DOMAIN/.well-known/jwks.json. ${LIBRARY}` },
      },
      trials: [
        'own-key-same-kid',
        'own-key-without-kid',
        'own-key-unknown-kid',
        'own-key-other-kind',
        'kid-quote',
        'kid-filter',
        'kid-command',
        'kid-percent-zero',
        'kid-line-break',
        'kid-long',
        'kid-object',
        'kid-array',
        'kid-number',
        'long-8',
        'long-64',
      ],
    },
  },
});

export const refusesKeysThatTokensBring = refusesTokens({
  id: 'access-tokens/refuses-keys-that-tokens-bring',
  title: 'Refuses a token that brings or points to its own key',
  keyword: 'MUST',
  severity: 'critical',
  pillar: 'signing-key-retrieval',
  requirements: [
    'RFC7515-4.1.3-embedded-jwk-untrusted',
    'RFC7515-4.1.6-x5c-chain-validated',
    'RFC8725-3.8-iss-key-binding',
    'A15',
    'A20',
  ],
  probe: 'forgedTokens',
  root: ANY_SIGNATURE,
  reasons: {
    'embedded-key': {
      says: 'A token is accepted that is signed with the key in its own header: anybody can write one.',
      fix: {
        general:
          "Take keys from the issuer's JWK set alone (createRemoteJWKSet in jose), never from the jwk member of a token (no EmbeddedJWK).",
        auth0: { text: LIBRARY },
      },
      trials: ['jwk-kid-of-issuer', 'jwk-without-kid', 'jwk-own-kid'],
    },
    'embedded-certificate': {
      says: 'A token is accepted that is signed with the key of a certificate in its own header, though nobody but itself vouches for that certificate.',
      fix: {
        general:
          "Take keys from the issuer's JWK set alone. Where x5c has to be used, validate the chain up to a root that you chose, and the name in the certificate.",
        auth0: { text: LIBRARY },
      },
      trials: ['x5c-self-signed', 'x5c-issuer-name'],
    },
    'key-at-a-foreign-url': {
      says: 'A token is accepted that names a host which does not exist as the place of its key: its signature was not verified.',
      fix: {
        general:
          "Pay no heed to jku and x5u: take keys from the issuer's jwks_uri alone, and refuse the token when no key can be had.",
        auth0: { text: LIBRARY },
      },
      trials: ['jku-elsewhere', 'jku-user-info', 'jku-fragment', 'x5u-elsewhere'],
    },
  },
});

export const refusesKeyIdsThatArePaths = refusesTokens({
  id: 'access-tokens/refuses-key-ids-that-are-paths',
  title: 'Takes no kid for the path of a file',
  keyword: 'MUST',
  severity: 'critical',
  pillar: 'signing-key-retrieval',
  requirements: ['RFC8725-3.10-kid-injection', 'RFC8725-3.1-alg-allowlist', 'A21'],
  probe: 'forgedTokens',
  root: ANY_SIGNATURE,
  reasons: {
    'key-from-a-file': {
      says: 'A token is accepted whose kid is the path of an empty file and whose secret is empty: the server reads its key from where the token says.',
      fix: {
        general:
          "Look kid up among the keys of the issuer's JWK set, in memory, and use it for no path, query or command. Accept the issuer's algorithm alone, so that no file can serve as an HMAC secret.",
        auth0: { text: LIBRARY },
      },
      trials: ['kid-path-relative', 'kid-path-absolute', 'kid-path-url'],
    },
  },
});

export const refusesKeyIdsThatAreQueries = refusesTokens({
  id: 'access-tokens/takes-no-kid-for-a-query',
  title: 'Takes no kid for a part of a database query',
  keyword: 'MUST',
  severity: 'critical',
  pillar: 'signing-key-retrieval',
  requirements: ['RFC8725-3.10-kid-injection', 'RFC8725-3.1-alg-allowlist', 'A22'],
  probe: 'forgedTokens',
  root: ANY_SIGNATURE,
  reasons: {
    'key-from-a-query': {
      says: 'A token is accepted whose kid is a piece of SQL and whose secret is what that selects: the server puts kid into a query as text, and the token chooses its own key.',
      fix: {
        general:
          "Look kid up among the keys of the issuer's JWK set, in memory. Where keys are in a database, give kid to the query as a parameter, never as text. Accept the issuer's algorithm alone, so that no text can serve as an HMAC secret.",
        auth0: { text: LIBRARY },
      },
      trials: ['kid-query'],
    },
  },
});

export const refusesTokensThatAreOnlyEncrypted = refusesTokens({
  id: 'access-tokens/refuses-tokens-that-are-only-encrypted',
  title: 'Refuses a token that is encrypted and not signed',
  keyword: 'MUST',
  severity: 'critical',
  requirements: ['RFC8725-3.3-all-ops-validated', 'RFC9068-4-alg-none-rejected', 'A31'],
  probe: 'forgedTokens',
  reasons: {
    'encrypted-only': {
      says: 'An encrypted token is accepted although nobody signed what is in it: anybody who has a public key can encrypt.',
      fix: {
        general:
          'After decrypting, verify the signature of the token inside as that of any other. Where the issuer sends no encrypted tokens, refuse whatever has five parts.',
      },
      trials: ['jwe-published-key', 'jwe-own-key'],
    },
  },
});

export const readsSignaturesInOneSpelling = refusesTokens({
  id: 'access-tokens/reads-signatures-in-one-spelling',
  title: 'Refuses a signature that is spelled in a second way',
  keyword: 'ADVICE',
  severity: 'low',
  requirements: ['RFC7515-2-no-padding', 'A12'],
  probe: 'forgedTokens',
  root: ANY_SIGNATURE,
  reasons: {
    'second-spelling': {
      says: 'A token is accepted whose text differs from the one that was issued in bits that base64url leaves unused: a list of revoked or used tokens that compares their text can be passed by.',
      fix: {
        general:
          'Where tokens are blocked or counted one by one, do it by jti or by a hash of the decoded parts. Or refuse a part that, decoded and encoded again, is another text.',
      },
      trials: ['signature-tail-bits'],
    },
  },
});

export const signatureChecks = [
  refusesThePublicKeyAsSecret,
  refusesGuessableSecrets,
  refusesBrokenSignatures,
  refusesAlteredTokens,
  refusesTokensOfOtherKeys,
  refusesKeysThatTokensBring,
  refusesKeyIdsThatArePaths,
  refusesKeyIdsThatAreQueries,
  refusesTokensThatAreOnlyEncrypted,
  readsSignaturesInOneSpelling,
];
