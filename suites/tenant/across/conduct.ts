import type { EvidenceMap, Exchange, TokenView } from '../../../fixtures/evidence.ts';
import { describe, header } from '../../../fixtures/protocol/answers.ts';
import { first } from '../../../fixtures/trials/authorization/trial.ts';
import { codeIn, describeEnd, placesOf, tokenGrant, withoutControl } from '../../authorization/requests.ts';
import { checks, defineCheck, fail, notApplicable, pass, type Verdict } from '../../check.ts';
import { answeredWith, golden } from '../../golden.ts';
import { ACCESS_TOKEN, ending, withCode } from '../../golden-authorization.ts';
import { GOLDEN_CLIENT, withTenant } from '../../golden-tenant.ts';
import { unasked } from '../../unasked.ts';
import { isAnotherProvider, NO_TENANT, unlessThirdParty, unseen } from './cause.ts';

/** The evidence, whose tenant knows the client of the profile. */
const ours = withTenant(golden, { clients: [{ ...GOLDEN_CLIENT, client_id: 'desktop' }] });

export const namesDocumentClientsByTheirUrl = defineCheck({
  id: 'tenant/names-document-clients-by-their-url',
  title: 'Names clients that are known by a metadata document by its URL in their tokens',
  keyword: 'SHOULD',
  severity: 'medium',
  party: 'authorization-server',
  pillar: 'client-registration',
  requirements: ['AUTH0-cimd-token-client-id'],
  assurance: 'sign-in',
  needs: ['documentClients'],
  reasons: {
    'another-name': {
      says: 'The token of a client names another client than the URL by which it is known: logs and policies of the MCP server cannot tell who called.',
      fix: {
        general: 'Write the client_id of the authorization request into client_id (or azp) of the token.',
        auth0: {
          text: 'Auth0 writes the URL of the document; look for an action that changes client_id or azp.',
          dashboard: 'Actions > Triggers > post-login',
        },
      },
    },
  },
  judge({ documentClients: { control } }, facts): Verdict<'another-name'> {
    if (isAnotherProvider(facts)) return NO_TENANT;
    const given = tokenGrant(control.authorization);
    if (given === undefined) return notApplicable('a client that is known by a document got no token');
    const claims = given.tokens.access_token?.claims;
    const named = claims?.client_id ?? claims?.azp;
    if (named === undefined) return notApplicable('the token names no client that could be read');
    if (named === control.clientId) return pass(`client: ${control.clientId}`);
    const actual = `client: ${JSON.stringify(named)}`;
    return fail([{ reason: 'another-name', expected: `client: ${control.clientId}`, actual, at: [given.exchange.id] }]);
  },
  examples: {
    pass: [{ says: 'its URL', evidence: namingClient((url) => url) }],
    fail: { 'another-name': { says: 'an id of the tenant', evidence: namingClient(() => 'tpc_1') } },
  },
});

function namingClient(name: (url: string) => string): EvidenceMap {
  const { documentClients } = golden;
  const { control } = documentClients;
  const token: TokenView = { ...ACCESS_TOKEN, claims: { ...ACCESS_TOKEN.claims, client_id: name(control.clientId) } };
  const grants = control.authorization.grants.map((each) => ({ ...each, tokens: { access_token: token } }));
  const changed = { ...control, authorization: { ...control.authorization, grants } };
  return { ...golden, documentClients: { ...documentClients, control: changed } };
}

export const asksUsersOfThirdParties = defineCheck({
  id: 'tenant/asks-users-of-third-parties',
  title: 'Asks users before it gives a third-party client anything',
  keyword: 'MUST',
  severity: 'high',
  party: 'authorization-server',
  pillar: 'token-issuance',
  requirements: ['AUTH0-consent-required'],
  assurance: 'sign-in',
  needs: ['signIn', 'authorizations'],
  uses: ['tenant'],
  trials: ['authorizations/consent-declined'],
  reasons: {
    'not-asked': {
      says: 'A third-party client gets a code without a page that asks, though its request wants one (prompt=consent).',
      fix: {
        general: 'Ask for consent wherever the client is not your own.',
        auth0: {
          text: 'Auth0 asks for the consent of users wherever the client is a third party, and no setting skips that. See that the application is one (is_first_party: false), and that no action answers in the place of the user; if both is so, open a support case.',
          dashboard: 'Applications > Applications > (the application) > Settings',
          command: 'auth0 api get "clients/YOUR_CLIENT_ID?fields=is_first_party,third_party_security_mode"',
        },
      },
    },
  },
  judge({ signIn, authorizations, tenant }, facts): Verdict<'not-asked'> {
    if (isAnotherProvider(facts)) return NO_TENANT;
    const asked = authorizations.asked.find(({ trial }) => trial === 'consent-declined');
    if (asked === undefined) {
      const why = authorizations.unfit['consent-declined'];
      return (why && unasked([why], 0)) ?? notApplicable('nobody was asked');
    }
    const untold = unlessThirdParty(tenant, first(asked.parameters, 'client_id') ?? '', facts);
    if (untold !== undefined) return untold;
    const { end, steps } = asked.journey;
    const missing = withoutControl(signIn);
    if (codeIn(asked) !== undefined && !steps.includes('refused consent')) {
      const actual = `${describeEnd(end)}, after ${steps.join(', ') || 'no page'}`;
      return fail([{ reason: 'not-asked', expected: 'a page that asks', actual, at: placesOf(asked) }]);
    }
    return missing ?? pass(`asked: ${describeEnd(end)}`);
  },
  examples: {
    pass: [{ says: 'no code', evidence: ours }],
    fail: {
      'not-asked': {
        says: 'a code',
        evidence: ending(ours, 'consent-declined', withCode('authorizations/consent-declined')),
      },
    },
  },
});

export const keepsTheApiAtARefresh = defineCheck({
  id: 'tenant/keeps-the-api-at-a-refresh',
  title: 'Gives tokens for the same API at a refresh',
  keyword: 'SHOULD',
  severity: 'medium',
  party: 'authorization-server',
  pillar: 'audience-handling',
  requirements: ['AUTH0-resource-refresh'],
  assurance: 'sign-in',
  needs: ['refreshTokens', 'signIn'],
  trials: ['refreshTokens/first'],
  reasons: {
    'another-api': {
      says: 'After a refresh the token is for something else than the resource that it was asked for: the MCP server refuses it an hour after the sign-in.',
      fix: {
        general: 'Keep the resource of the authorization request with the refresh token (RFC 8707 2.2).',
        auth0: {
          text: 'Switch on the Resource Parameter Compatibility Profile, and take out actions that change the audience.',
          dashboard: 'Settings > Advanced > Resource Parameter Compatibility Profile',
          command: `auth0 api patch tenants/settings --data '{"resource_parameter_profile": "compatibility"}'`,
        },
      },
    },
  },
  judge({ refreshTokens, signIn }, facts): Verdict<'another-api'> {
    if (isAnotherProvider(facts)) return NO_TENANT;
    const asked = refreshTokens.asked.find(({ trial }) => trial === 'first');
    const before = audiencesOf(tokenGrant(signIn)?.tokens.access_token);
    const after = audiencesOf(asked?.tokens.access_token);
    if (asked === undefined || before === undefined || after === undefined) {
      return notApplicable('no token came of a refresh, or none that can be read');
    }
    if (before.every((each) => after.includes(each))) return pass(`aud: ${after.join(', ')}`);
    return fail([
      {
        reason: 'another-api',
        expected: `aud: ${before.join(', ')}`,
        actual: `aud: ${after.join(', ') || 'none'}`,
        at: [asked.exchange.id],
      },
    ]);
  },
  examples: {
    pass: [{ says: 'the same', evidence: golden }],
    fail: {
      'another-api': { says: 'the userinfo endpoint', evidence: refreshedFor('https://tenant.example.com/userinfo') },
    },
  },
});

function audiencesOf(token: TokenView | undefined): readonly unknown[] | undefined {
  return token?.claims && [token.claims.aud].flat().filter((each) => each !== undefined);
}

function refreshedFor(aud: string): EvidenceMap {
  const { refreshTokens } = golden;
  const token: TokenView = { ...ACCESS_TOKEN, claims: { ...ACCESS_TOKEN.claims, aud } };
  const asked = refreshTokens.asked.map((each) =>
    each.trial === 'first' ? { ...each, tokens: { ...each.tokens, access_token: token } } : each,
  );
  return { ...golden, refreshTokens: { ...refreshTokens, asked } };
}

export const saysWhenToComeAgain = defineCheck({
  id: 'tenant/says-when-to-come-again',
  title: 'Answers 429 to requests beyond its limits, and says when to come again',
  keyword: 'ADVICE',
  severity: 'low',
  party: 'authorization-server',
  requirements: ['AUTH0-rate-headers', 'AUTH0-rate-429'],
  assurance: 'tenant-audit',
  needs: ['tenant'],
  reasons: {
    'without-a-time': {
      says: 'A request beyond the limit is refused, and nothing says when the next may come: clients try again at once, or give up.',
      fix: { general: 'Send Retry-After, or x-ratelimit-reset, with each 429 (RFC 6585 4).' },
    },
    'another-status': {
      says: 'A request beyond the limit is refused as if the tenant were broken: clients do not learn to slow down.',
      fix: { general: 'Answer 429 where nothing is left of a limit (RFC 6585 4).' },
    },
  },
  judge({ tenant }, facts): Verdict<'without-a-time' | 'another-status'> {
    const asked = Object.values(tenant.asked).flat();
    const wrong = asked.flatMap((exchange) => {
      const reason = wrongOfLimit(exchange);
      return reason === undefined ? [] : [{ reason, exchange }];
    });
    if (wrong.length > 0) {
      return fail(
        wrong.map(({ reason, exchange }) => ({
          reason,
          expected: 'status 429, with Retry-After or x-ratelimit-reset',
          actual: describe(exchange),
          at: [exchange.id],
        })),
      );
    }
    const told = asked.filter(
      ({ answer }) => answer?.status === 429 || header(answer, 'x-ratelimit-limit') !== undefined,
    );
    return told.length === 0
      ? (unseen(tenant, [], facts) ?? notApplicable('no answer told of a limit, and none was reached'))
      : pass(`${told.length} answers told of the limit`);
  },
  examples: {
    pass: [{ says: 'what is left', evidence: limited(200, [['x-ratelimit-limit', '10']]) }],
    fail: {
      'without-a-time': { says: 'a bare 429', evidence: limited(429, []) },
      'another-status': { says: '503', evidence: limited(503, [['x-ratelimit-remaining', '0']]) },
    },
  },
});

function wrongOfLimit({ answer }: Exchange): 'without-a-time' | 'another-status' | undefined {
  if (answer === undefined) return undefined;
  const isTimeSaid = ['retry-after', 'x-ratelimit-reset'].some((name) => header(answer, name) !== undefined);
  if (answer.status === 429) return isTimeSaid ? undefined : 'without-a-time';
  return answer.status >= 500 && header(answer, 'x-ratelimit-remaining') === '0' ? 'another-status' : undefined;
}

function limited(status: number, headers: readonly (readonly [string, string])[]): EvidenceMap {
  const { tenant } = golden;
  const changed = tenant.asked.customDomains.map((each) => {
    const { answer } = each;
    return answer === undefined
      ? each
      : answeredWith(each, { ...answer, status, headers: [...answer.headers, ...headers] });
  });
  return { ...golden, tenant: { ...tenant, asked: { ...tenant.asked, customDomains: changed } } };
}

export const conductChecks = checks(
  namesDocumentClientsByTheirUrl,
  asksUsersOfThirdParties,
  keepsTheApiAtARefresh,
  saysWhenToComeAgain,
);
