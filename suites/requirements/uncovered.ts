import type { Requirement } from './index.ts';

/** Areas of checks that are still to be written, and what they will try. */
export const AWAITED = {
  'access-tokens': 'what the MCP server makes of tokens, users and sessions',
  authorization: 'the authorization endpoint, up to the code',
  'token-endpoint': 'codes, refresh tokens, client authentication, revocation and introspection',
  'client-documents': 'client ID metadata documents, and what a server makes of them',
  registration: 'dynamic client registration',
  tenant: 'a tenant’s settings, read only',
  'client side': 'what a client does, seen by a server and a tenant of ours',
} as const;
export type Awaited = keyof typeof AWAITED;

/** Why no check cites a requirement: an area that will, or a reason that none does. */
export type Explanation = { readonly waitsFor: Awaited } | { readonly because: string };

/** Holds for a requirement when all that is given of it does; the first rule that holds explains it. */
interface CoverageRule {
  readonly ids?: RegExp;
  readonly observable?: RegExp;
  readonly actor?: RegExp;
  readonly is: Awaited | { readonly because: string };
}

const UNSEEN = {
  because:
    'No request shows it: it says how a party is built, run or cared for, and leaves other ways open that look the same.',
};
const TRANSPORT = {
  because: 'It is a rule of the transport, not of authorization; modelcontextprotocol/conformance tests those.',
};

const FREEDOM = { because: 'It leaves a freedom: whatever a target does complies.' };
const ON_THE_MACHINE = {
  because:
    'Only on the server’s own machine can it be told, and whether the server is a local one only by its operator.',
};

const INSIDE = {
  because:
    'Only a host inside the authorization server’s network can tell that it was asked: a name that leads there stands for all of them (C09).',
};
const LOOKED_AT = { because: 'Whether words on a page warn enough only a person can tell.' };
const UNTRIED = {
  because:
    'It takes a listener of another kind than the run’s document host, or minutes of somebody’s server, and what shows is seldom a breach.',
};

const WRITES_TO_THE_TENANT = {
  because: 'It takes writes to the tenant that is audited: an audit sends GET and the preview of documents alone.',
};
const AT_THE_UPSTREAM = {
  because: 'Only an identity provider behind the tenant sees it, and that is somebody else’s.',
};
const MASKED = { because: 'It is in the claim sub, which no evidence keeps: that of a user tells a person.' };
const BEYOND_THE_SCOPES = {
  because: 'It takes a scope of the Management API beyond those of an audit, for a feature that few tenants have.',
};
const NOT_ASKED_FOR = {
  because: 'The run asks for access tokens alone, as MCP clients do: no request of its own has openid.',
};
const KEPT_INSIDE = {
  because: 'A tenant that is read at one moment does not tell since when it has a client, nor by whose request.',
};

const RULES: readonly CoverageRule[] = [
  { ids: /^AUTH0-cimd-(register-upsert|updatable-fields)$/, is: WRITES_TO_THE_TENANT },
  { ids: /^AUTH0-resource-not-forwarded$/, is: AT_THE_UPSTREAM },
  { ids: /^AUTH0-token-m2m$/, is: MASKED },
  { ids: /^AUTH0-cimd-(no-rules|app-profile)$/, is: BEYOND_THE_SCOPES },
  { ids: /^AUTH0-cimd-dynamic-persist$/, is: KEPT_INSIDE },
  { ids: /^AUTH0-no-id-token-strict$/, is: NOT_ASKED_FOR },
  { observable: /^not-testable$/, is: UNSEEN },
  {
    ids: /^MCP-(header-mismatch|meta-required|modern-only|required-headers|unknown-method|version-|server-discover|legacy-verbs|extension-fallback|session-(ended|missing|header))/,
    is: TRANSPORT,
  },

  { ids: /^MCP-challenge-scope-any-relation$/, is: FREEDOM },
  { ids: /^MCP-bind-localhost$/, is: ON_THE_MACHINE },

  { ids: /^(C08|C10|C11)$/, is: INSIDE },
  { ids: /^(C24|MCP-as-cimd-localhost-warning)$/, is: LOOKED_AT },
  { ids: /^(C07|C23)$/, is: FREEDOM },
  { ids: /^(C12|C15|C33|C40)$/, is: UNTRIED },

  // Who keeps clients: documents first, because a document's rules name the client as their party.
  {
    ids: /^(CIMD-|AUTH0-cimd-|MCP-(as|client)-cimd|C\d)/,
    observable: /^(?!needs-management-api)/,
    is: 'client-documents',
  },
  { ids: /^AUTH0-cimd-(url|json|refresh|preferred)/, is: 'client-documents' },
  {
    ids: /^(AUTH0-dcr-|RFC759[12]-|CORS-fetch-dcr|MCP-as-dcr|D\d)/,
    observable: /^(?!needs-management-api)/,
    is: 'registration',
  },
  { ids: /^(RFC8252-8\.4-|OAUTH21-8\.1-)/, is: 'registration' },

  { actor: /^tenant$/, is: 'tenant' },
  { observable: /^needs-management-api$/, is: 'tenant' },
  { actor: /^client$/, is: 'client side' },

  {
    ids: /^(RFC7009|RFC7523|RFC7662|CORS-fetch-token|MCP-ext-(cc|ema)-|MCP-as-(rotate|short|resource-))/,
    actor: /^authorization-server$/,
    is: 'token-endpoint',
  },
  {
    ids: /^(RFC6749-(2\.3|3\.2|4\.1\.2-code|4\.1\.3|4\.4|5\.|6-|10)|RFC6750-5\.3-short|RFC7636-4\.[56]|OAUTH21-4\.|RFC8707-2\.2|RFC9068-[35]|RFC9700-(2\.2|2\.4|4\.14))/,
    actor: /^authorization-server$/,
    is: 'token-endpoint',
  },
  {
    ids: /^AUTH0-(refresh|resource-refresh|token-|no-opaque|grants|rate|audience|scope-)/,
    actor: /^authorization-server$/,
    is: 'token-endpoint',
  },
  {
    actor: /^authorization-server$/,
    observable: /^needs-(user-login|token|controllable-idp|admin-api)$/,
    is: 'authorization',
  },
  { ids: /^AUTH0-/, actor: /^authorization-server$/, is: 'authorization' },
  {
    ids: /^(MCP-(as-(auto|consent|iss|no-open|pkce|redirect|untrusted)|proxy)|RFC6749-[34]|RFC7636|RFC8252|RFC8707|RFC9126|RFC9207|RFC9700|OAUTH21-(2|4|10)|B\d)/,
    actor: /^authorization-server$/,
    is: 'authorization',
  },

  { actor: /^token$/, is: 'access-tokens' },
  { actor: /^resource-server$/, observable: /^needs-/, is: 'access-tokens' },
  {
    ids: /^(MCP-(token|elicit)-|RFC6750-3\.1-invalid-request|RFC75|RFC87|RFC9068|RFC9449|RFC9700|A\d)/,
    actor: /^resource-server$/,
    is: 'access-tokens',
  },
];

/** Why no check cites this requirement; `undefined`: nobody has said so yet. */
export function whyUncovered(id: string, requirement: Requirement): Explanation | undefined {
  const rule = RULES.find(
    ({ ids = /^/, observable = /^/, actor = /^/ }) =>
      ids.test(id) && observable.test(requirement.observable) && actor.test(requirement.actor),
  );
  if (rule === undefined) return undefined;
  return typeof rule.is === 'string' ? { waitsFor: rule.is } : rule.is;
}
