import { expect, test } from '@playwright/test';
import { factsOf } from '../engine/facts.ts';
import { run } from '../engine/run.ts';
import type { Evidence, EvidenceMap, Fetched } from '../fixtures/evidence.ts';
import { parseProfile } from '../fixtures/profile/profile.ts';
import type { Target } from '../fixtures/target.ts';
import { answer, answeredWith, golden, served } from '../suites/golden.ts';
import { providerOf } from '../suites/providers.ts';
import { CHECKS } from '../suites/registry.ts';

/** A tenant's document as captures show it, on its own host or on a custom domain. */
function auth0(issuer: string): Readonly<Record<string, unknown>> {
  const at = (path: string) => new URL(path, issuer).href;
  return {
    issuer,
    authorization_endpoint: at('/authorize'),
    token_endpoint: at('/oauth/token'),
    device_authorization_endpoint: at('/oauth/device/code'),
    userinfo_endpoint: at('/userinfo'),
    mfa_challenge_endpoint: at('/mfa/challenge'),
    jwks_uri: at('/.well-known/jwks.json'),
    registration_endpoint: at('/oidc/register'),
    revocation_endpoint: at('/oauth/revoke'),
    scopes_supported: ['openid', 'profile', 'offline_access', 'email'],
    response_types_supported: ['code', 'token', 'id_token'],
    code_challenge_methods_supported: ['S256', 'plain'],
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
  };
}

const KEYCLOAK = {
  issuer: 'https://sso.example.com/realms/mcp',
  authorization_endpoint: 'https://sso.example.com/realms/mcp/protocol/openid-connect/auth',
  token_endpoint: 'https://sso.example.com/realms/mcp/protocol/openid-connect/token',
  jwks_uri: 'https://sso.example.com/realms/mcp/protocol/openid-connect/certs',
  registration_endpoint: 'https://sso.example.com/realms/mcp/clients-registrations/openid-connect',
};

/** Many servers keep these paths, each for reasons of its own. */
const COMMON_PATHS = {
  issuer: 'https://login.example.com',
  authorization_endpoint: 'https://login.example.com/authorize',
  token_endpoint: 'https://login.example.com/oauth/token',
  userinfo_endpoint: 'https://login.example.com/userinfo',
  jwks_uri: 'https://login.example.com/.well-known/jwks.json',
  revocation_endpoint: 'https://login.example.com/oauth/revoke',
};

const TENANT = 'https://acme.eu.auth0.com/';
const CUSTOM = 'https://login.example.com/';

function fetched(url: string, document: unknown, status = 200): Fetched {
  const [exchange] = golden.resourceMetadata.wellKnown[0]!;
  const { body = '' } = served(document as object);
  return [answeredWith(exchange, answer({ status, body }), { request: { url } })];
}

type Issuers = EvidenceMap['issuerMetadata']['issuers'];

const asked = (issuer: string, document: unknown, status = 200): Issuers[number] => ({
  issuer,
  candidates: [{ kind: 'openid', fetched: fetched(issuer, document, status) }],
});

function evidence(issuers: Issuers, atServerOrigin?: unknown): Evidence {
  const url = 'https://mcp.example.com/.well-known/oauth-authorization-server';
  const own = fetched(url, atServerOrigin ?? {}, atServerOrigin === undefined ? 404 : 200);
  return { issuerMetadata: { ...golden.issuerMetadata, issuers, atServerOrigin: own } };
}

const without = (document: object, name: string) =>
  Object.fromEntries(Object.entries(document).filter(([key]) => key !== name));

const rows: readonly (readonly [says: string, Evidence, 'auth0' | 'other' | undefined])[] = [
  ['a tenant on its own host', evidence([asked(TENANT, auth0(TENANT))]), 'auth0'],
  [
    'a tenant of an old region, named without its slash',
    evidence([asked('https://acme.auth0.com', auth0('https://acme.auth0.com/'))]),
    'auth0',
  ],
  ['a tenant behind a custom domain', evidence([asked(CUSTOM, auth0(CUSTOM))]), 'auth0'],
  [
    'a tenant behind a custom domain with registration and devices switched off',
    evidence([
      asked(CUSTOM, without(without(auth0(CUSTOM), 'registration_endpoint'), 'device_authorization_endpoint')),
    ]),
    'auth0',
  ],
  ['Keycloak', evidence([asked(KEYCLOAK.issuer, KEYCLOAK)]), 'other'],
  ['a server with the same common paths', evidence([asked(COMMON_PATHS.issuer, COMMON_PATHS)]), 'other'],
  [
    'a server whose endpoints stand on another host',
    evidence([asked(CUSTOM, { ...auth0(CUSTOM), token_endpoint: 'https://api.example.com/oauth/token' })]),
    'other',
  ],
  [
    'a host that only looks like Auth0’s',
    evidence([asked('https://acme.auth0.com.example/', KEYCLOAK), asked('https://notauth0.com/', COMMON_PATHS)]),
    'other',
  ],
  ['a document that names no issuer', evidence([asked(CUSTOM, without(auth0(CUSTOM), 'issuer'))]), 'other'],
  [
    'a copy of a tenant’s document at the MCP server, which its operator can change',
    evidence([asked('https://mcp.example.com/', auth0(TENANT))]),
    undefined,
  ],
  ['the same copy in the place of 2025-03-26', evidence([], auth0(TENANT)), undefined],
  ['a server that is its own issuer', evidence([], { ...KEYCLOAK, issuer: 'https://mcp.example.com' }), 'other'],
  ['two tenants', evidence([asked(TENANT, auth0(TENANT)), asked(CUSTOM, auth0(CUSTOM))]), 'auth0'],
  [
    'a tenant and another server',
    evidence([asked(TENANT, auth0(TENANT)), asked(KEYCLOAK.issuer, KEYCLOAK)]),
    undefined,
  ],
  ['a tenant that did not answer', evidence([asked(TENANT, {}, 503)]), undefined],
  ['no issuer at all', evidence([]), undefined],
  ['metadata that was never asked for', {}, undefined],
];

test.describe('the provider of', () => {
  for (const [says, given, provider] of rows) {
    test(`${says} is ${provider ?? 'not told'}`, () => {
      expect(providerOf(given)).toBe(provider);
    });
  }
});

test('no single endpoint of a custom domain may be missing or elsewhere', () => {
  for (const name of ['authorization_endpoint', 'token_endpoint', 'userinfo_endpoint', 'jwks_uri']) {
    expect(providerOf(evidence([asked(CUSTOM, without(auth0(CUSTOM), name))])), name).toBe('other');
  }
  expect(providerOf(evidence([asked(CUSTOM, without(auth0(CUSTOM), 'mfa_challenge_endpoint'))]))).toBe('other');
});

test('a judge is told the provider, or of none', () => {
  const target = {
    server: { url: 'https://mcp.example.com/mcp', origins: [], tools: {} },
    tokens: {},
    clients: {},
    users: {},
  };
  const facts = (given: Evidence) => factsOf(target as unknown as Target, given, 'public', '2026-01-01T00:00:00.000Z');
  expect(facts(evidence([asked(TENANT, auth0(TENANT))])).provider).toBe('auth0');
  expect(facts({})).not.toHaveProperty('provider');
});

test('the embedded tenant is Auth0-like, and taken for one', async () => {
  const { profile } = await parseProfile('embedded: {}', { file: 'embedded.yaml', env: {} });
  const { report, evidence: seen } = await run(profile, { mode: 'check' });
  expect(report.provider).toBe('auth0');
  expect(providerOf(seen)).toBe('auth0');
});

test('what a provider does is told in a sentence with the provider as subject', () => {
  const facts = CHECKS.flatMap(({ id, reasons }) =>
    Object.entries(reasons).flatMap(([reason, { providerFact = {} }]) =>
      Object.entries(providerFact).map(([provider, says]) => ({ at: `${id}:${reason}`, provider, says })),
    ),
  );
  expect(facts.filter(({ says }) => !/^[A-Z].*[.]$/.test(says))).toEqual([]);
  expect(facts.filter(({ provider, says }) => provider === 'auth0' && !says.includes('Auth0'))).toEqual([]);
});
