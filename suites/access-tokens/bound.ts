import { BINDS_TO_CERTIFICATES, OFFERS_DPOP } from './conditions.ts';
import { refusesTokens } from './refusal.ts';

export const refusesBoundTokensAsBearer = refusesTokens({
  id: 'access-tokens/refuses-bound-tokens-as-bearer',
  title: 'Refuses a token that is bound to a key when nothing proves that key',
  keyword: 'MUST',
  severity: 'high',
  requirements: [
    'RFC9449-7.2-bound-not-bearer',
    'RFC9449-7.1-missing-proof',
    'RFC8705-3.3-bound-token-flag',
    'A90',
    'A91',
  ],
  probe: 'mintedTokens',
  reasons: {
    'dpop-key': {
      says: 'The server offers DPoP, and takes a token that is bound to a DPoP key as a bearer token without proof: a stolen one is as good as ever.',
      where: OFFERS_DPOP,
      fix: {
        general:
          'Where a token has cnf.jkt, serve it only with the scheme DPoP and a proof by the key of that thumbprint; answer 401 otherwise.',
        auth0: {
          text: 'express-oauth2-jwt-bearer 1.7 and later checks cnf.jkt and the proof unless dpop.enabled is false: leave auth({ dpop: { enabled: true, required: false }, … }).',
        },
      },
      trials: ['bound-to-a-key'],
    },
    certificate: {
      says: 'The metadata says that tokens are bound to client certificates, and a bound token is accepted without one: a stolen one is as good as ever.',
      where: BINDS_TO_CERTIFICATES,
      fix: {
        general:
          'Where a token has cnf with x5t#S256, compare it with the SHA-256 thumbprint of the certificate of the TLS connection (behind a proxy: of the field that the proxy sets), and answer 401 where they differ or there is none.',
      },
      trials: ['bound-to-a-certificate'],
    },
  },
});

export const boundChecks = [refusesBoundTokensAsBearer];
