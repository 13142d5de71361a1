import type { EvidenceMap, TokenView } from '../../fixtures/evidence.ts';
import { isObject } from '../../fixtures/protocol/answers.ts';
import { documentIn, last } from '../../fixtures/protocol/documents.ts';
import { defineCheck, fail, pass, type Verdict } from '../check.ts';
import { golden } from '../golden.ts';

const AUTH0_CAUSES = {
  text: 'Auth0 issues an opaque token, or a JWE with alg dir, when the authorization request leads to no API: it names no audience; or resource is not taken over, because the tenant is not set to it (resource_parameter_profile: compatibility); or the identifier of the API differs from the resource of the metadata, if only by a slash. Make the API identifier the exact resource URL, turn the profile on, and take default_audience as a stopgap only: it changes every application of the tenant.',
  dashboard:
    'Settings > Advanced > Resource Parameter Compatibility Profile; Applications > APIs > (your API) > Identifier; Settings > General > Default Audience',
  command: 'auth0 api patch tenants/settings --data \'{"resource_parameter_profile":"compatibility"}\'',
};

const GENERAL =
  'Have the client name the MCP server in resource (RFC 8707), and register that identifier at the authorization server as an API whose access tokens are signed JWTs.';

/** RFC 7662: who can ask the issuer needs no signature. */
function offersIntrospection({ issuerMetadata }: Partial<Pick<EvidenceMap, 'issuerMetadata'>>): boolean {
  return (issuerMetadata?.issuers ?? [])
    .flatMap(({ candidates }) => candidates.map(({ fetched }) => documentIn(last(fetched))))
    .some((document) => isObject(document) && typeof document.introspection_endpoint === 'string');
}

export const getsTokensThatCanBeValidated = defineCheck({
  id: 'access-tokens/gets-tokens-that-can-be-validated',
  title: 'Issues access tokens that the MCP server can validate',
  keyword: 'ADVICE',
  severity: 'high',
  party: 'authorization-server',
  pillar: 'token-issuance',
  requirements: ['AUTH0-no-opaque-token', 'AUTH0-opaque-rejected'],
  assurance: 'token',
  needs: ['control'],
  uses: ['issuerMetadata'],
  reasons: {
    encrypted: {
      says: 'The access token is encrypted (five parts, alg dir) with a key that only the authorization server has: the MCP server can neither read it nor tell whom it is for.',
      fix: { general: GENERAL, auth0: AUTH0_CAUSES },
    },
    opaque: {
      says: 'The access token is opaque and the issuer names no introspection endpoint: unless the MCP server has another way to ask the issuer, it cannot tell whom the token is for.',
      fix: {
        general: `${GENERAL} Or offer introspection (RFC 7662), and name it in the metadata.`,
        auth0: AUTH0_CAUSES,
      },
    },
  },
  judge({ control, issuerMetadata }): Verdict<'encrypted' | 'opaque'> {
    const { token, operations } = control;
    const { parts, header, length } = token;
    const at = operations.slice(0, 1).map(({ exchange }) => exchange.id);
    const expected = 'a signed JWT of three parts';
    // RFC 7518 4.5: dir is a secret that both sides share. Any other alg may be for a key of the server's own.
    if (parts === 5 && header?.alg === 'dir') {
      const actual = `a token of five parts with header ${JSON.stringify(header)}`;
      return fail([{ reason: 'encrypted', expected, actual, at }]);
    }
    if (parts === 5) return pass(`the token is encrypted with alg ${String(header?.alg)}, which may be for the server`);
    if (parts === 3) return pass('the token is a signed JWT');
    if (offersIntrospection({ ...(issuerMetadata && { issuerMetadata }) })) {
      return pass('the token is opaque, and the issuer offers introspection');
    }
    return fail([{ reason: 'opaque', expected, actual: `a token of ${length} characters that is no JWT`, at }]);
  },
  examples: {
    pass: [{ says: 'a JWT', evidence: golden }],
    fail: {
      encrypted: withToken('a JWE with alg dir', { parts: 5, header: { alg: 'dir', enc: 'A256GCM' } }),
      opaque: withToken('an opaque token', { parts: 1 }),
    },
  },
});

function withToken(says: string, form: Pick<TokenView, 'parts' | 'header'>) {
  const { label, fingerprint, length } = golden.control.token;
  return {
    says,
    evidence: { ...golden, control: { ...golden.control, token: { label, fingerprint, length, ...form } } },
  };
}

export const validatableChecks = [getsTokensThatCanBeValidated];
