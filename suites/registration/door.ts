import type { Exchange } from '../../fixtures/evidence.ts';
import {
  describe,
  header,
  isObject,
  isServerError,
  isSettled,
  isSuccess,
  jsonBody,
  listHeader,
  wasNotSent,
} from '../../fixtures/protocol/answers.ts';
import { documentIn, issuerDocument, last } from '../../fixtures/protocol/documents.ts';
import { isFenced, isUnsaid } from '../../fixtures/protocol/firewalls.ts';
import { refusedToken, registeredIn } from '../../fixtures/protocol/registrations.ts';
import { absoluteUrl } from '../../fixtures/protocol/urls.ts';
import { kindOf } from '../../fixtures/registration-evidence.ts';
import { checks, defineCheck, fail, notApplicable, pass, untested, type Verdict } from '../check.ts';
import { answering, golden } from '../golden.ts';
import { atTheDoor } from '../golden-registration.ts';
import { withIssuerDocument } from '../issuer-metadata/documents/document.ts';
import { noWord, withoutControl } from './trials.ts';

const SHARED = {
  party: 'authorization-server',
  pillar: 'client-registration',
  assurance: 'anonymous',
} as const;

const isIn = (exchange: Exchange | undefined) => registeredIn(exchange) !== undefined;

/** It broke down, or did something nobody can make out: neither a client nor a refusal. */
function saysNothing(exchange: Exchange): Verdict<never> | undefined {
  if (!isSettled(exchange)) return noWord(exchange);
  if (isServerError(exchange.answer)) {
    return untested(
      `a registration ended in an error of the server: ${describe(exchange)}`,
      'a registration endpoint that works',
    );
  }
  return isSuccess(exchange.answer)
    ? untested(
        'a registration succeeds, and the answer names no client',
        'an answer with client_id',
        'registration/answers-registrations-in-full',
      )
    : undefined;
}

/** A registration without a token, and the same with one where it was sent so. */
type Stranger = readonly [without: Exchange | undefined, withToken: Exchange | undefined];

/** 400 for what is sent says nothing of who sends it, unless the same is taken with a token. */
function isAboutMetadata(exchange: Exchange, withToken: Exchange | undefined): boolean {
  const { status = 0, body = '' } = exchange.answer ?? {};
  // Auth0: "dynamic client registration is disabled".
  return [400, 422].includes(status) && !/\bdisabled\b/i.test(body) && !isIn(withToken);
}

/** Why nobody knows that strangers are refused; `undefined`: one kind of client is, for who it is. */
function withoutRefusal(strangers: readonly Stranger[]): Verdict<never> | undefined {
  const asked = strangers.flatMap(([without, withToken]) => (without === undefined ? [] : [{ without, withToken }]));
  const silent = asked.map(({ without }) => saysNothing(without)).find((each) => each !== undefined);
  if (silent !== undefined) return silent;
  return asked.every(({ without, withToken }) => isAboutMetadata(without, withToken))
    ? untested(
        `a registration is refused for what it says, and not for who sends it: ${describe(asked[0]!.without)}`,
        'a registration endpoint that takes either a native client with a loopback redirect URI or a web application',
      )
    : undefined;
}

const INSIDE =
  'but the run looks from inside the operator’s network (network.vantage), and strangers may be refused all the same';
const FROM_OUTSIDE = 'network.vantage: outside, and a run from there';

/** Where nobody has asked for a client, an advertised endpoint proves nothing: Auth0 names it always. */
export const advertisesWhatItOffers = defineCheck({
  ...SHARED,
  id: 'registration/advertises-the-registration-it-offers',
  title: 'Advertises the registration endpoint that clients are meant to use',
  keyword: 'ADVICE',
  severity: 'low',
  requirements: ['MCP-as-dcr-support', 'AUTH0-dcr-metadata-not-proof', 'AUTH0-dcr-endpoint-consistency'],
  needs: ['issuerMetadata'],
  reasons: {
    'not-advertised': {
      says: 'Clients are meant to register themselves, and the metadata does not say where.',
      fix: {
        general:
          'Name registration_endpoint in the metadata (RFC 8414 2), or write policy.registration: closed into the profile.',
      },
    },
    'on-another-host': {
      says: 'The registration endpoint is on another host than the authorization server’s other endpoints: rules that guard one host do not guard the other.',
      fix: {
        general:
          'Name a registration endpoint on the issuer’s own host, or see that the rules of registration hold on both.',
        auth0: {
          text: 'Clients that came by the custom domain should register there, and a Tenant ACL covers both hostnames.',
        },
      },
    },
  },
  judge({ issuerMetadata: { issuers, atServerOrigin } }, { policy }) {
    const found = [...issuers.map((asked) => issuerDocument(asked)?.document), documentIn(last(atServerOrigin))].find(
      (document) => document?.token_endpoint !== undefined,
    );
    const at = issuers.flatMap(({ candidates }) => candidates.map(({ fetched }) => last(fetched).id)).slice(0, 1);
    const places = at.length === 0 ? [last(atServerOrigin).id] : at;
    if (found === undefined) return notApplicable('no metadata of an authorization server was found');
    const endpoint = absoluteUrl(found.registration_endpoint);
    const token = absoluteUrl(found.token_endpoint);
    if (endpoint !== undefined && token !== undefined && endpoint.hostname !== token.hostname) {
      const actual = `${endpoint.href}, with the token endpoint on ${token.hostname}`;
      return fail([{ reason: 'on-another-host', expected: `an endpoint on ${token.hostname}`, actual, at: places }]);
    }
    if (endpoint !== undefined) return pass(`${endpoint.href}, which does not prove that anybody may register`);
    if (policy.registration === undefined)
      return notApplicable('it names no registration endpoint, and nobody said it should');
    if (policy.registration === 'closed') return pass('no registration endpoint, as the operator wants it');
    const expected = `registration_endpoint, since registration is ${policy.registration}`;
    return fail([{ reason: 'not-advertised', expected, actual: 'no registration_endpoint', at: places }]);
  },
  examples: {
    pass: [
      { says: 'named', evidence: golden },
      {
        says: 'closed',
        evidence: withIssuerDocument({ registration_endpoint: undefined }),
        facts: { policy: { registration: 'closed', strict: false } },
      },
    ],
    fail: {
      'not-advertised': {
        says: 'open, and not named',
        evidence: withIssuerDocument({ registration_endpoint: undefined }),
        facts: { policy: { registration: 'open', strict: false } },
      },
      'on-another-host': {
        says: 'the host of somebody else',
        evidence: withIssuerDocument({ registration_endpoint: 'https://register.example/clients' }),
      },
    },
  },
});

export const keepsToItsPolicy = defineCheck({
  ...SHARED,
  id: 'registration/registers-whom-its-policy-lets-register',
  title: 'Registers those whom the operator’s policy lets register, and nobody else',
  keyword: 'MUST',
  severity: 'high',
  requirements: [
    'D01',
    'RFC7591-3-endpoint-open-or-token',
    'AUTH0-dcr-disabled-refuses',
    'AUTH0-dcr-initial-access-token',
  ],
  needs: ['registrations'],
  reasons: {
    'open-though-closed': {
      says: 'Anybody can register a client, although the operator says that registration is closed.',
      fix: {
        general: 'Switch dynamic client registration off, or let the network’s rules keep strangers from it.',
        auth0: {
          text: 'Switch Dynamic Client Registration off, and delete the clients that came by it.',
          dashboard: 'Settings > Advanced > OIDC Dynamic Application Registration',
          command: `auth0 api patch tenants/settings --data '{"flags":{"enable_dynamic_client_registration":false}}'`,
        },
      },
    },
    'open-though-protected': {
      says: 'Clients are registered without an initial access token, although the operator says that it takes one.',
      fix: {
        general:
          'Ask for an initial access token at the registration endpoint (RFC 7591 3), or keep strangers away by the network’s rules.',
        auth0: {
          text: 'Auth0 has no initial access tokens: restrict registration by a Tenant ACL, or switch it off.',
          plan: 'Enterprise',
        },
      },
    },
    'open-to-anybody': {
      says: 'Anybody on the internet can register a client, and nobody has said that this is meant.',
      fix: {
        general:
          'If it is meant, write policy.registration: open into the profile; else switch dynamic registration off, and use client ID metadata documents or clients registered beforehand.',
        auth0: {
          text: 'Switch Dynamic Client Registration off unless clients need it: each request makes an application of the tenant’s quota.',
          dashboard: 'Settings > Advanced > OIDC Dynamic Application Registration',
        },
      },
      keyword: 'ADVICE',
    },
    'closed-though-offered': {
      says: 'A client that should be able to register is refused.',
      fix: {
        general:
          'See why the registration endpoint refuses a plain registration: its answer says what it would have otherwise (RFC 7591 3.2.2).',
        auth0: {
          text: 'Switch Dynamic Client Registration on, and see that no Tenant ACL and no quota of applications stands in the way.',
        },
      },
      keyword: 'SHOULD',
    },
  },
  judge({ registrations }, { policy: { registration: policy } }) {
    const { door, vantage, control } = registrations;
    const strangers = [door.anonymous, ...(door.web === undefined ? [] : [door.web])];
    const open = strangers.find(isIn);
    const found = (reason: 'open-though-closed' | 'open-though-protected' | 'open-to-anybody', expected: string) =>
      // From inside a network, what strangers would get is not known.
      vantage === 'inside'
        ? untested(`it registers clients, ${INSIDE}`, FROM_OUTSIDE)
        : fail([{ reason, expected, actual: 'a client, for a request without a token', at: [open!.id] }]);
    if (open !== undefined && policy === 'open') return pass('a client for whoever asks');
    if (open !== undefined && policy === 'closed')
      return found('open-though-closed', 'a refusal, as the operator says: policy.registration is closed');
    if (open !== undefined && policy === 'protected')
      return found(
        'open-though-protected',
        'a refusal without a token, as the operator says: policy.registration is protected',
      );
    if (open !== undefined) return found('open-to-anybody', 'a refusal, or a policy that says it is meant');
    const unclear = withoutRefusal([
      [door.anonymous, door.withToken],
      [door.web, door.webWithToken],
    ]);
    if (policy === undefined) {
      return (
        strangers.map(saysNothing).find((each) => each !== undefined) ??
        notApplicable(`nobody is registered without a token: ${describe(door.anonymous)}`)
      );
    }
    if (policy === 'closed')
      return unclear ?? pass(`a registration without a token is refused: ${describe(door.anonymous)}`);
    if (policy === 'protected' && control !== undefined)
      return unclear ?? pass('a client for the initial access token alone');
    const entitled = policy === 'open' ? door.anonymous : door.withToken;
    if (entitled === undefined) {
      return untested(
        'a registration needs an initial access token, and the profile has none',
        'clients.initialAccessToken: what it takes to register a client',
      );
    }
    const refused = policy === 'protected' ? refusedToken(door) : undefined;
    if (refused !== undefined) return untested(refused.because, refused.unlock);
    const [expected, actual] = ['a client', describe(entitled)];
    return saysNothing(entitled) ?? fail([{ reason: 'closed-though-offered', expected, actual, at: [entitled.id] }]);
  },
  examples: {
    pass: [
      { says: 'protected', evidence: golden, facts: { policy: { registration: 'protected', strict: false } } },
      { says: 'closed', evidence: golden, facts: { policy: { registration: 'closed', strict: false } } },
    ],
    fail: {
      'open-though-closed': {
        says: 'a client for a stranger',
        evidence: atTheDoor(golden, { anonymous: 'native' }),
        facts: { policy: { registration: 'closed', strict: false } },
      },
      'open-though-protected': {
        says: 'a client without a token',
        evidence: atTheDoor(golden, { anonymous: 'native' }),
        facts: { policy: { registration: 'protected', strict: false } },
      },
      'open-to-anybody': {
        says: 'a client for a stranger, unsaid',
        evidence: atTheDoor(golden, { anonymous: 'native' }),
      },
      'closed-though-offered': {
        says: 'refused',
        evidence: golden,
        facts: { policy: { registration: 'open', strict: false } },
      },
    },
  },
});

export const refusesUnknownTokens = defineCheck({
  ...SHARED,
  id: 'registration/refuses-initial-access-tokens-nobody-issued',
  title: 'Registers nobody for an initial access token that nobody issued',
  keyword: 'MUST',
  severity: 'high',
  requirements: ['D02', 'RFC7591-3.2.2-invalid-initial-token'],
  needs: ['registrations'],
  trials: ['registrations/wrong-token'],
  reasons: {
    'any-token': {
      says: 'Any token at all makes a client, where none is refused.',
      fix: {
        general: 'Verify initial access tokens, and answer with 401 and invalid_token (RFC 7591 3.2.2, RFC 6750 3.1).',
      },
    },
  },
  judge({ registrations }) {
    const { door } = registrations;
    const { wrongToken } = door;
    if (wrongToken === undefined) return notApplicable('a registration takes no token');
    if (isIn(wrongToken)) {
      return fail([{ reason: 'any-token', expected: 'status 401', actual: 'a client', at: [wrongToken.id] }]);
    }
    if (isUnsaid(wrongToken)) return noWord(wrongToken);
    if (isIn(door.withToken)) return pass(describe(wrongToken));
    return (
      withoutControl(registrations) ?? notApplicable(`no native client is registered here: ${describe(door.anonymous)}`)
    );
  },
  examples: {
    pass: [{ says: 'refused', evidence: golden }],
    fail: { 'any-token': { says: 'a client', evidence: atTheDoor(golden, { wrongToken: 'native' }) } },
  },
});

export const guardsEveryHostname = defineCheck({
  ...SHARED,
  id: 'registration/guards-the-canonical-hostname-too',
  settings: ['issuer.canonicalHost'],
  title: 'Refuses at its canonical hostname whom it refuses at its custom domain',
  keyword: 'MUST',
  severity: 'critical',
  requirements: ['AUTH0-dcr-canonical-bypass', 'AUTH0-dcr-acl-effective'],
  needs: ['registrations'],
  trials: ['registrations/canonical'],
  reasons: {
    'open-at-the-canonical-hostname': {
      says: 'Who is refused at the custom domain registers a client at the hostname that the provider gave.',
      fix: {
        general:
          'Guard registration at the authorization server itself: what stands before one of its hostnames does not guard the other.',
        auth0: {
          text: 'A reverse proxy before the custom domain guards that alone. Use a Tenant ACL with the scope dynamic_client_registration, which covers both hostnames, or switch registration off.',
          plan: 'Enterprise',
        },
      },
    },
  },
  judge({ registrations: { door, vantage } }) {
    const { canonical, canonicalWeb } = door;
    if (canonical === undefined) {
      return notApplicable(
        isIn(door.anonymous) || isIn(door.web)
          ? 'registration is open at the custom domain, too'
          : 'no canonical hostname beside it is known (issuer.canonicalHost)',
      );
    }
    const open = [canonical, canonicalWeb].find(isIn);
    if (open !== undefined) {
      return vantage === 'inside'
        ? untested(`the canonical hostname registers clients, ${INSIDE}`, FROM_OUTSIDE)
        : fail([
            {
              reason: 'open-at-the-canonical-hostname',
              expected: `a refusal, as at the custom domain (${describe(door.anonymous)})`,
              actual: `a client at ${canonical.request.url}`,
              at: [door.anonymous.id, open.id],
            },
          ]);
    }
    return (
      withoutRefusal([
        [canonical, door.withToken],
        [canonicalWeb, door.webWithToken],
      ]) ?? pass(`${canonical.request.url}: ${describe(canonical)}`)
    );
  },
  examples: {
    pass: [{ says: 'refused at both', evidence: golden }],
    fail: {
      'open-at-the-canonical-hostname': { says: 'a client', evidence: atTheDoor(golden, { canonical: 'native' }) },
    },
  },
});

/** How many clients are in a list, or in a list in an object. A page may have a `client_id` of its own. */
function clientsIn({ answer }: Exchange): number {
  const body = isSuccess(answer) ? jsonBody(answer) : undefined;
  const lists = (isObject(body) ? Object.values(body) : [body]).filter((each) => Array.isArray(each));
  return Math.max(
    0,
    ...lists.map((list) => list.filter((each) => isObject(each) && typeof each.client_id === 'string').length),
  );
}

export const listsNoClients = defineCheck({
  ...SHARED,
  id: 'registration/lists-no-clients',
  title: 'Shows nobody the clients there are at the registration endpoint',
  keyword: 'MUST',
  severity: 'high',
  requirements: ['D03'],
  needs: ['registrations'],
  trials: ['registrations/listing'],
  reasons: {
    'lists-clients': {
      says: 'GET at the registration endpoint shows the clients of the authorization server to anybody.',
      fix: {
        general:
          'Answer GET at the registration endpoint with 405 or 404; clients are read at their own URLs, with their own tokens (RFC 7592 2.1).',
      },
    },
  },
  judge({ registrations: { listing } }) {
    const listed = clientsIn(listing);
    if (listed > 0) {
      const actual = `${describe(listing)} with ${listed === 1 ? 'a client' : `${listed} clients`}`;
      return fail([{ reason: 'lists-clients', expected: 'no client', actual, at: [listing.id] }]);
    }
    // Whoever it is that keeps strangers from it.
    return isSettled(listing) && !isServerError(listing.answer) ? pass(describe(listing)) : noWord(listing);
  },
  examples: {
    pass: [{ says: 'not allowed', evidence: golden }],
    fail: {
      'lists-clients': {
        says: 'a list',
        evidence: answering(/^registrations\/listing$/, { body: '{"clients":[{"client_id":"one"}]}' }),
      },
    },
  },
});

export const letsBrowsersRegister = defineCheck({
  ...SHARED,
  id: 'registration/lets-browser-clients-register',
  title: 'Lets clients that run in a browser register',
  keyword: 'ADVICE',
  severity: 'low',
  requirements: ['D33', 'CORS-fetch-dcr-preflight'],
  needs: ['registrations'],
  trials: ['registrations/preflight'],
  reasons: {
    'no-preflight': {
      says: 'Clients that run in a browser cannot register: the preflight of their request is not granted.',
      fix: {
        general:
          'Answer OPTIONS at the registration endpoint with Access-Control-Allow-Origin, -Methods: POST and -Headers: content-type (Fetch, CORS protocol).',
      },
    },
  },
  judge({ registrations }) {
    const shut = withoutControl(registrations);
    if (shut !== undefined) return shut;
    const { preflight } = registrations;
    if (!isSettled(preflight)) return noWord(preflight);
    const origin = header(preflight.answer, 'access-control-allow-origin');
    const sent = preflight.request.headers.find(([name]) => name === 'Origin')?.[1];
    const headers = listHeader(preflight.answer, 'access-control-allow-headers');
    const isGranted =
      isSuccess(preflight.answer) &&
      (origin === '*' || origin === sent) &&
      (headers.includes('content-type') || headers.includes('*'));
    if (isGranted) return pass(`${describe(preflight)} with Access-Control-Allow-Origin ${origin}`);
    const actual = `${describe(preflight)}${origin === undefined ? ' without Access-Control-Allow-Origin' : ''}`;
    return fail([{ reason: 'no-preflight', expected: 'a preflight that is granted', actual, at: [preflight.id] }]);
  },
  examples: {
    pass: [{ says: 'granted', evidence: golden }],
    fail: {
      'no-preflight': { says: 'not allowed', evidence: answering(/^registrations\/preflight$/, { status: 405 }) },
    },
  },
});

export const registersNativeClients = defineCheck({
  ...SHARED,
  id: 'registration/registers-native-clients',
  title: 'Registers native clients with a loopback redirect URI',
  keyword: 'ADVICE',
  severity: 'medium',
  requirements: ['D09', 'RFC8252-8.4-client-type-recorded', 'MCP-as-dcr-oidc-constraints'],
  needs: ['registrations'],
  reasons: {
    'web-alone': {
      says: 'A web application can register, and a program on the user’s machine cannot: most MCP clients are such.',
      fix: {
        general:
          'Register public clients with http redirect URIs on 127.0.0.1, [::1] and localhost where application_type is native (RFC 8252 7.3).',
      },
    },
  },
  judge({ registrations }) {
    const shut = withoutControl(registrations);
    if (shut !== undefined) return shut;
    const { door, control } = registrations;
    if (kindOf(control!) === 'native') return pass('a public client with a loopback redirect URI is registered');
    const native = door.withToken ?? door.anonymous;
    if (isUnsaid(native)) return noWord(native);
    return fail([{ reason: 'web-alone', expected: 'a client', actual: describe(native), at: [native.id] }]);
  },
  examples: {
    pass: [{ says: 'registered', evidence: golden }],
    fail: {
      'web-alone': {
        says: 'refused',
        evidence: atTheDoor(golden, { withToken: { status: 400 } }),
      },
    },
  },
});

export const limitsRegistrations = defineCheck({
  ...SHARED,
  id: 'registration/limits-the-rate-of-registrations',
  title: 'Limits how fast clients can be registered',
  keyword: 'ADVICE',
  severity: 'low',
  requirements: ['D24', 'RFC7591-3-rate-limit', 'AUTH0-dcr-rate-limit'],
  needs: ['registrationBurst'],
  reasons: {
    'no-limit': {
      says: 'Requests to register come through as fast as anybody sends them.',
      fix: { general: 'Answer more than a few requests a second with 429 and Retry-After (RFC 7591 3, 5).' },
    },
  },
  judge({ registrationBurst: { exchanges } }) {
    const limited = exchanges.find(({ answer }) => answer?.status === 429);
    if (limited !== undefined) return pass(`status 429 among ${exchanges.length} requests`);
    // Firewalls that count requests may answer with 403 (AWS WAF, rate-based rules): those that come after others.
    const [first] = exchanges;
    const stopped = exchanges.find(({ answer }) => isFenced(answer));
    if (stopped !== undefined && first !== undefined && !isUnsaid(first)) {
      return pass(`status ${stopped.answer?.status} of a firewall among ${exchanges.length} requests`);
    }
    const silent = stopped ?? exchanges.find((exchange) => wasNotSent(exchange) || !isSettled(exchange));
    if (silent !== undefined) return noWord(silent);
    const actual = `${exchanges.length} requests, none of which is told to wait`;
    return fail([{ reason: 'no-limit', expected: 'status 429', actual, at: exchanges.slice(-1).map(({ id }) => id) }]);
  },
  examples: {
    pass: [{ says: 'told to wait', evidence: golden }],
    fail: { 'no-limit': { says: 'never', evidence: answering(/^registrationBurst\//, { status: 400 }) } },
  },
});

export const doorChecks = checks(
  advertisesWhatItOffers,
  keepsToItsPolicy,
  refusesUnknownTokens,
  guardsEveryHostname,
  listsNoClients,
  letsBrowsersRegister,
  registersNativeClients,
  limitsRegistrations,
);
