import type { AskedLoginPage } from '../../../fixtures/login-page-evidence.ts';
import { tokenGrant } from '../../authorization/requests.ts';
import { checks, defineCheck, fail, notApplicable, pass, untested } from '../../check.ts';
import { golden } from '../../golden.ts';
import { withLoginPages } from '../../golden-login-pages.ts';
import { GOLDEN_CLIENT, withTenant } from '../../golden-tenant.ts';
import { unasked } from '../../unasked.ts';
import { itemsOf, settingOf, TO_SEE_THE_CAUSE, unlessThirdParty } from './cause.ts';
import { letsTheClientComeToItsLogin } from './login.ts';
import { askedAs, excerptOf, reachesTheLogin, refusalIn, untold, withoutLogin } from './pages.ts';

const COMPATIBILITY = {
  general: 'Have the authorization server take resource (RFC 8707) for what selects the API.',
  auth0: {
    text: 'Switch on the Resource Parameter Compatibility Profile. Without it every request of an MCP client is for the default audience, or for none, and then tokens are opaque to the MCP server (five parts, alg dir).',
    dashboard: 'Settings > Advanced > Resource Parameter Compatibility Profile',
    command: `auth0 api patch tenants/settings --data '{"resource_parameter_profile": "compatibility"}'`,
  },
};

/** The evidence, whose tenant knows the client of the profile. */
const ours = withTenant(golden, { clients: [{ ...GOLDEN_CLIENT, client_id: 'desktop' }] });

export const selectsTheApiByResource = defineCheck({
  id: 'tenant/selects-the-api-by-resource',
  title: 'Selects the API by the resource that clients name',
  keyword: 'SHOULD',
  severity: 'high',
  party: 'tenant',
  pillar: 'audience-handling',
  requirements: ['AUTH0-resource-profile-blackbox', 'AUTH0-resource-profile'],
  assurance: 'sign-in',
  needs: ['loginPages'],
  uses: ['tenant', 'signIn'],
  trials: ['loginPages/good', 'loginPages/unknown-resource'],
  reasons: {
    ignored: {
      says: 'A resource that nobody knows leads to the login like that of the MCP server: the tenant does not look at resource, and what tokens are for has nothing to do with what clients ask for.',
      fix: COMPATIBILITY,
    },
    opaque: {
      says: 'The tenant does not look at resource, and so issues tokens for its own userinfo endpoint, which the MCP server cannot read: a sign-in succeeds, and every request after it gets 401.',
      fix: COMPATIBILITY,
    },
  },
  judge({ loginPages, tenant, signIn }) {
    const missing = withoutLogin(loginPages, signIn, letsTheClientComeToItsLogin.id);
    if (missing !== undefined) return missing;
    const unknown = askedAs(loginPages, 'unknown-resource');
    if (unknown === undefined) return untested('no request could be made', 'a browser');
    const unsaid = untold(unknown);
    if (unsaid !== undefined) return unsaid;
    const refused = refusalIn(unknown);
    if (refused !== undefined) return pass(`${unknown.resource}: “${excerptOf(refused)}”`);
    const token = signIn && tokenGrant(signIn)?.tokens.access_token;
    const isOpaque = token?.parts === 5 && token.header?.alg === 'dir';
    const why = [
      tenant === undefined ? TO_SEE_THE_CAUSE : settingOf(tenant, 'resource_parameter_profile'),
      isOpaque ? `the token has 5 parts, and its header is ${JSON.stringify(token.header)}` : undefined,
    ].filter((each) => each !== undefined);
    return fail([
      {
        reason: isOpaque ? 'opaque' : 'ignored',
        expected: 'an error for a resource that nobody knows (“Service not found”)',
        actual: [`${unknown.resource} leads to the login`, ...why].join('; '),
        at: [unknown.exchange.id],
      },
    ]);
  },
  examples: {
    pass: [{ says: 'an error', evidence: golden }],
    fail: {
      ignored: { says: 'the login', evidence: withLoginPages(golden, { 'unknown-resource': 'page' }) },
      opaque: { says: 'the login, and a token of five parts', evidence: withOpaqueToken() },
    },
  },
});

function withOpaqueToken(): typeof golden {
  const { signIn } = golden;
  const grants = signIn.grants.map((each) => {
    const { access_token: token } = each.tokens;
    if (token === undefined) return each;
    const { claims: _, ...rest } = token;
    const encrypted = { ...rest, parts: 5, header: { alg: 'dir', enc: 'A256GCM' } };
    return { ...each, tokens: { ...each.tokens, access_token: encrypted } };
  });
  return { ...withLoginPages(golden, { 'unknown-resource': 'page' }), signIn: { ...signIn, grants } };
}

export const letsInTheResourceInOneForm = defineCheck({
  id: 'tenant/lets-in-the-resource-in-one-form',
  title: 'Issues tokens for the resource in the one form that the MCP server takes',
  keyword: 'ADVICE',
  severity: 'medium',
  party: 'tenant',
  pillar: 'audience-handling',
  requirements: ['AUTH0-identifier-variants'],
  assurance: 'sign-in',
  needs: ['loginPages'],
  uses: ['tenant', 'signIn'],
  trials: ['loginPages/other-slash', 'loginPages/origin-alone'],
  reasons: {
    'other-form': {
      says: 'The tenant has a further API, of nearly the name of the MCP server: clients that shorten or lengthen the resource get tokens, and the server refuses them.',
      fix: {
        general: 'Keep one API for the MCP server, or have the server take the audience of the other one, too.',
        auth0: {
          text: 'Delete the API of the other form, or list its identifier as an audience of the MCP server (server.audience in the profile says so).',
          dashboard: 'Applications > APIs',
          command: 'auth0 apis list',
        },
      },
    },
  },
  judge({ loginPages, tenant, signIn }) {
    const { resource, accepted, unfit } = loginPages;
    const missing = withoutLogin(loginPages, signIn, letsTheClientComeToItsLogin.id);
    if (missing !== undefined) return missing;
    const asked = (['other-slash', 'origin-alone'] as const).flatMap((trial) => askedAs(loginPages, trial) ?? []);
    const unmade = unasked(Object.values(unfit), asked.length);
    if (unmade !== undefined) return unmade;
    const unknown = askedAs(loginPages, 'unknown-resource');
    if (unknown !== undefined && reachesTheLogin(unknown)) {
      return notApplicable('the tenant does not look at resource: tenant/selects-the-api-by-resource says so');
    }
    const unsaid = asked.map(untold).find((each) => each !== undefined);
    if (unsaid !== undefined) return unsaid;
    const wrong = asked.filter((each) => reachesTheLogin(each) && !accepted.includes(each.resource ?? resource));
    if (wrong.length === 0) return pass(`${asked.length} other forms of ${resource} lead to no login`);
    return fail(
      wrong.map((each) => ({
        reason: 'other-form' as const,
        expected: `an error for everything but ${accepted.join(', ')}`,
        actual: `${each.resource} leads to the login${nameOf(itemsOf(tenant, 'apis'), each)}`,
        at: [each.exchange.id],
      })),
    );
  },
  examples: {
    pass: [{ says: 'errors', evidence: golden }],
    fail: { 'other-form': { says: 'a slash more', evidence: withLoginPages(golden, { 'other-slash': 'page' }) } },
  },
});

function nameOf(apis: ReturnType<typeof itemsOf>, { resource }: AskedLoginPage): string {
  const name = apis?.find(({ identifier }) => identifier === resource)?.name;
  return typeof name === 'string' ? `: it is the API “${name}”` : '';
}

export const letsNoThirdPartyInWithoutAnApi = defineCheck({
  id: 'tenant/lets-no-third-party-in-without-an-api',
  title: 'Asks third-party clients to name the API that they want',
  keyword: 'ADVICE',
  severity: 'medium',
  party: 'tenant',
  pillar: 'audience-handling',
  requirements: ['AUTH0-third-party-userinfo-refused', 'AUTH0-default-audience-shortcut'],
  assurance: 'sign-in',
  needs: ['loginPages'],
  uses: ['tenant', 'signIn'],
  trials: ['loginPages/no-resource'],
  reasons: {
    'let-in': {
      says: 'A third-party client that names no API is let in all the same: a default audience of the tenant makes every request of every application one for that API.',
      fix: {
        general: 'Take the default audience away, and have clients name the API.',
        auth0: {
          text: 'Clear the default audience: MCP clients send resource, and other applications audience.',
          dashboard: 'Settings > General > API Authorization Settings > Default Audience',
          command: `auth0 api patch tenants/settings --data '{"default_audience": ""}'`,
        },
      },
    },
  },
  judge({ loginPages, tenant, signIn }, facts) {
    const untellable = unlessThirdParty(tenant, loginPages.clientId, facts);
    if (untellable !== undefined) return untellable;
    const missing = withoutLogin(loginPages, signIn, letsTheClientComeToItsLogin.id);
    if (missing !== undefined) return missing;
    const asked = askedAs(loginPages, 'no-resource');
    if (asked === undefined) return untested('no request could be made', 'a browser');
    const unsaid = untold(asked);
    if (unsaid !== undefined) return unsaid;
    const refused = refusalIn(asked);
    if (refused !== undefined) return pass(`“${excerptOf(refused)}”`);
    const why = settingOf(tenant, 'default_audience');
    return fail([
      {
        reason: 'let-in',
        expected: 'an error: no API is named',
        actual: `a request without resource leads to the login${why === undefined ? '' : `; ${why}`}`,
        at: [asked.exchange.id],
      },
    ]);
  },
  examples: {
    pass: [{ says: 'an error', evidence: ours }],
    fail: { 'let-in': { says: 'the login', evidence: withLoginPages(ours, { 'no-resource': 'page' }) } },
  },
});

export const keepsThirdPartiesFromSystemApis = defineCheck({
  id: 'tenant/keeps-third-parties-from-system-apis',
  title: 'Keeps third-party clients from its Management API',
  keyword: 'MUST',
  severity: 'critical',
  party: 'tenant',
  pillar: 'audience-handling',
  requirements: ['AUTH0-system-api-refused'],
  assurance: 'sign-in',
  needs: ['loginPages'],
  uses: ['tenant', 'signIn'],
  trials: ['loginPages/system-api'],
  reasons: {
    'let-in': {
      says: 'A third-party client may ask for the Management API of the tenant: a user who agrees hands the tenant’s configuration to a stranger’s program.',
      fix: {
        general: 'Give no third-party client a grant of an API of the authorization server itself.',
        auth0: {
          text: 'Delete grants of the Management API for third-party clients.',
          dashboard: 'Applications > APIs > Auth0 Management API > Application Access',
          command: 'auth0 api delete client-grants/YOUR_GRANT_ID',
        },
      },
    },
  },
  judge({ loginPages, tenant, signIn }, facts) {
    const untellable = unlessThirdParty(tenant, loginPages.clientId, facts);
    if (untellable !== undefined) return untellable;
    const missing = withoutLogin(loginPages, signIn, letsTheClientComeToItsLogin.id);
    if (missing !== undefined) return missing;
    const unknown = askedAs(loginPages, 'unknown-resource');
    if (unknown !== undefined && reachesTheLogin(unknown)) {
      return notApplicable('the tenant does not look at resource: tenant/selects-the-api-by-resource says so');
    }
    const asked = askedAs(loginPages, 'system-api');
    if (asked === undefined) return untested('no request could be made', 'a browser');
    const unsaid = untold(asked);
    if (unsaid !== undefined) return unsaid;
    const refused = refusalIn(asked);
    if (refused !== undefined) return pass(`${asked.resource}: “${excerptOf(refused)}”`);
    return fail([
      {
        reason: 'let-in',
        expected: 'an error',
        actual: `${asked.resource} leads to the login`,
        at: [asked.exchange.id],
      },
    ]);
  },
  examples: {
    pass: [{ says: 'an error', evidence: ours }],
    fail: { 'let-in': { says: 'the login', evidence: withLoginPages(ours, { 'system-api': 'page' }) } },
  },
});

export const resourceChecks = checks(
  selectsTheApiByResource,
  letsInTheResourceInOneForm,
  letsNoThirdPartyInWithoutAnApi,
  keepsThirdPartiesFromSystemApis,
);
