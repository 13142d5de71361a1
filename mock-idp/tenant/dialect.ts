import type { Plan, Store } from './store.ts';

/** Where Auth0 and the documents of OAuth want something different. Other words for the same stand with the words. */
export interface Dialect {
  /** PKCE of every client; else of strict ones only. OAuth Security BCP (RFC 9700 2.1.1), MCP. */
  readonly wantsPkceOfAll: boolean;
  readonly pkceMissing: string;
  /** Native clients may come back to any port of a loopback address (RFC 8252 7.3, RFC 9700 4.1.3). */
  readonly leavesLoopbackPortOpen: boolean;
  /** Strict clients may send listed parameters only; else unknown ones are ignored (RFC 6749 3.1). */
  readonly limitsParameters: boolean;
  /** Without `scope` all of the API's are meant, which the user then sees (RFC 6749 3.3); else none. */
  readonly defaultsToAllScopes: boolean;
  /** Errors of these clients end on a page of the tenant: else it would send browsers wherever a client likes. */
  readonly keepsErrorsOf: 'strict-clients' | 'unvouched-clients-of-strangers';
  /** Who is granted none of the scopes that were asked for is told; else the token response leaves `scope` out. */
  readonly refusesEmptyGrants: boolean;
  /** Holds `error_description` to the characters of RFC 6749 4.1.2.1. */
  readonly cleansDescriptions: boolean;
  /** RFC 9700 4.12 wants 303 after a form; Auth0 answers 302, of which browsers make the same. */
  readonly redirectStatus: 302 | 303;
  /** Of a request that names an API nobody knows, or several (RFC 8707 2). */
  readonly unknownApi: 'invalid_target' | 'access_denied';
  /** Of a third party's request that names none. */
  readonly missingApi: 'invalid_target' | 'invalid_request';
  /** `resource` counts beside an `audience`, which it must not contradict; else it means nothing there. */
  readonly readsResourceBesideAudience: boolean;
  /** `resource` names the API of a client that acts for itself; else `audience` alone does. */
  readonly readsResourceOfClients: boolean;
  /** A `resource` at the token endpoint must be the one that was agreed to (RFC 8707 2.2); else it is ignored. */
  readonly comparesResourceAgain: boolean;
  /** Who asks for unknown scopes alone is told; else they are left out like others. */
  readonly refusesUnknownScopes: boolean;
  /** Where there is a code challenge, the token request may leave the redirect URI out (OAuth 2.1). */
  readonly sparesRedirectUriAgain: boolean;
  /** A code verifier for a code without a challenge tells of a downgrade (RFC 9700 4.8.2); else it is ignored. */
  readonly refusesStrayVerifiers: boolean;
  /** Token requests may be JSON. */
  readonly readsJson: boolean;
  /**
   * Of clients that fail to authenticate without an Authorization field. RFC 6749 5.2 lets it be 400; a 401 would need
   * a challenge (RFC 9110 11.6.1), of a scheme that such a client does not use. Auth0 answers 401 without one.
   */
  readonly unauthenticatedStatus: 400 | 401;
  /** Who revokes an access token is told that it lives on (RFC 7009 2.2.1). */
  readonly tellsOfIrrevocableTokens: boolean;
  /** With `openid` every access token is for /userinfo too; else those of Auth0's own form. */
  readonly addsUserinfoToEveryToken: boolean;
  /** Grants that are known, and allowed to no client of this tenant. */
  readonly refusedGrants: readonly string[];
}

/** That of the tenant. */
export function dialectOf({ plan }: Pick<Store, 'plan'>): Dialect {
  return DIALECTS[plan.speaks];
}

const DIALECTS: Readonly<Record<Plan['speaks'], Dialect>> = {
  standard: {
    wantsPkceOfAll: true,
    pkceMissing: 'code challenge required',
    leavesLoopbackPortOpen: true,
    limitsParameters: false,
    defaultsToAllScopes: true,
    keepsErrorsOf: 'unvouched-clients-of-strangers',
    refusesEmptyGrants: true,
    cleansDescriptions: true,
    redirectStatus: 303,
    unknownApi: 'invalid_target',
    missingApi: 'invalid_target',
    readsResourceBesideAudience: true,
    readsResourceOfClients: true,
    comparesResourceAgain: true,
    refusesUnknownScopes: true,
    sparesRedirectUriAgain: true,
    refusesStrayVerifiers: true,
    readsJson: false,
    unauthenticatedStatus: 400,
    tellsOfIrrevocableTokens: true,
    addsUserinfoToEveryToken: false,
    refusedGrants: [],
  },
  auth0: {
    wantsPkceOfAll: false,
    pkceMissing: 'The PKCE protocol extension is required',
    leavesLoopbackPortOpen: false,
    limitsParameters: true,
    defaultsToAllScopes: false,
    keepsErrorsOf: 'strict-clients',
    refusesEmptyGrants: false,
    cleansDescriptions: false,
    redirectStatus: 302,
    unknownApi: 'access_denied',
    missingApi: 'invalid_request',
    readsResourceBesideAudience: false,
    readsResourceOfClients: false,
    comparesResourceAgain: false,
    refusesUnknownScopes: false,
    sparesRedirectUriAgain: false,
    refusesStrayVerifiers: false,
    readsJson: true,
    unauthenticatedStatus: 401,
    tellsOfIrrevocableTokens: false,
    addsUserinfoToEveryToken: true,
    refusedGrants: [
      'password',
      'http://auth0.com/oauth/grant-type/password-realm',
      'urn:ietf:params:oauth:grant-type:device_code',
      'urn:ietf:params:oauth:grant-type:jwt-bearer',
      'urn:ietf:params:oauth:grant-type:token-exchange',
    ],
  },
};
