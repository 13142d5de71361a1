import type { EvidenceMap, Exchange } from '../../fixtures/evidence.ts';
import { describe, isSuccess, listHeader, mediaType } from '../../fixtures/protocol/answers.ts';
import { registeredIn, textOf, textsOf } from '../../fixtures/protocol/registrations.ts';
import { REGISTRATION_CONTROLS, webIn } from '../../fixtures/registration-evidence.ts';
import { withoutControl as withoutToken } from '../authorization/requests.ts';
import { checks, defineCheck, type Finding, fail, notApplicable, pass, untested } from '../check.ts';
import { golden } from '../golden.ts';
import { control, errorPage, journey } from '../golden-authorization.ts';
import { atTheDoor, MANAGED, registering } from '../golden-registration.ts';
import { noWord, withoutControl } from './trials.ts';

const SHARED = {
  party: 'authorization-server',
  pillar: 'client-registration',
} as const;

/** The registrations as they should be that were let in. */
function letIn({ door }: EvidenceMap['registrations']): readonly Exchange[] {
  return REGISTRATION_CONTROLS.flatMap((who) => door[who] ?? []).filter(hasSucceeded);
}

const hasSucceeded = ({ answer }: Exchange) => isSuccess(answer);

const WITH_SECRET = { ...MANAGED, client_secret: '«client_secret»', client_secret_expires_at: 0 };
const JSON_TYPE = { 'content-type': 'application/json', 'cache-control': 'no-store' };
const { redirect_uris: _, ...WITHOUT_METADATA } = MANAGED;
const { client_id: __, ...WITHOUT_ID } = MANAGED;
const { client_secret_expires_at: ___, ...WITHOUT_EXPIRY } = WITH_SECRET;
const { registration_access_token: ____, ...HALF } = MANAGED;

export const answersInFull = defineCheck({
  ...SHARED,
  id: 'registration/answers-registrations-in-full',
  title: 'Answers a registration with 201 and all that is registered',
  keyword: 'MUST',
  severity: 'medium',
  assurance: 'anonymous',
  requirements: [
    'D22',
    'RFC7591-3.2-status-201',
    'RFC7591-3.2.1-client-id-returned',
    'RFC7591-3.2.1-secret-expiry-present',
    'RFC7591-3.2.1-all-metadata-returned',
    'RFC7591-3.2.1-no-store',
    'RFC7592-3-token-and-uri-returned',
    'AUTH0-dcr-success-shape',
  ],
  needs: ['registrations'],
  reasons: {
    'no-client': {
      says: 'A registration is answered with success, and the answer names no client.',
      fix: { general: 'Answer with 201 and a JSON object that has client_id (RFC 7591 3.2.1).' },
    },
    'other-status': {
      says: 'A registration that succeeds is answered with another status than 201.',
      fix: { general: 'Answer with 201 (RFC 7591 3.2.1); some clients take nothing else for success.' },
      keyword: 'SHOULD',
    },
    'no-metadata': {
      says: 'The answer to a registration does not say what is registered.',
      fix: {
        general:
          'Return all metadata that is registered, redirect_uris among them (RFC 7591 3.2.1): the server may have changed it.',
      },
    },
    'no-expiry': {
      says: 'The answer has a client_secret, and does not say when it expires.',
      fix: { general: 'Send client_secret_expires_at with client_secret, 0 where it never does (RFC 7591 3.2.1).' },
    },
    'half-managed': {
      says: 'The answer has one of registration_client_uri and registration_access_token, and not the other.',
      fix: { general: 'Send both or neither (RFC 7592 3).' },
      // The rule binds servers that let registrations be managed, which a URI alone does not show.
      keyword: 'SHOULD',
    },
    'other-type': {
      says: 'The answer to a registration is not labelled as JSON.',
      fix: { general: 'Send Content-Type: application/json (RFC 7591 3.2.1).' },
    },
    cacheable: {
      says: 'The answer to a registration, which has credentials in it, may be kept by caches.',
      fix: { general: 'Send Cache-Control: no-store (RFC 7591 3.2.1 has it in its example).' },
      keyword: 'ADVICE',
    },
  },
  judge({ registrations }) {
    const answered = letIn(registrations);
    if (answered.length === 0)
      return withoutControl(registrations) ?? untested('nothing was answered', 'a run that registers');
    const found = answered.flatMap((exchange): Finding<AnswerReason>[] => findingsOf(exchange));
    return found.length > 0
      ? fail(found.filter(({ reason }, index) => found.findIndex((other) => other.reason === reason) === index))
      : pass(`${answered.length} registrations answered with 201 and what is registered`);
  },
  examples: {
    pass: [{ says: 'in full', evidence: golden }],
    fail: {
      'no-client': { says: 'no client_id', evidence: atTheDoor(golden, { withToken: { body: WITHOUT_ID } }) },
      'other-status': { says: '200', evidence: atTheDoor(golden, { withToken: { status: 200, body: MANAGED } }) },
      'no-metadata': {
        says: 'no redirect_uris',
        evidence: atTheDoor(golden, { withToken: { body: WITHOUT_METADATA } }),
      },
      'no-expiry': {
        says: 'a secret for ever',
        evidence: atTheDoor(golden, { webWithToken: { body: WITHOUT_EXPIRY } }),
      },
      'half-managed': { says: 'no token', evidence: atTheDoor(golden, { withToken: { body: HALF } }) },
      'other-type': {
        says: 'plain text',
        evidence: atTheDoor(golden, {
          withToken: { headers: { ...JSON_TYPE, 'content-type': 'text/plain' }, body: MANAGED },
        }),
      },
      cacheable: {
        says: 'an hour',
        evidence: atTheDoor(golden, {
          web: { headers: { ...JSON_TYPE, 'cache-control': 'max-age=3600' }, body: WITH_SECRET },
        }),
      },
    },
  },
});

type AnswerReason =
  | 'no-client'
  | 'other-status'
  | 'no-metadata'
  | 'no-expiry'
  | 'half-managed'
  | 'other-type'
  | 'cacheable';

function findingsOf(exchange: Exchange): Finding<AnswerReason>[] {
  const { answer, id } = exchange;
  const at = [id];
  const registered = registeredIn(exchange);
  if (registered === undefined) {
    return [{ reason: 'no-client', expected: 'a JSON object with client_id', actual: describe(exchange), at }];
  }
  const found: Finding<AnswerReason>[] = [];
  const say = (reason: AnswerReason, expected: string, actual: string) => found.push({ reason, expected, actual, at });
  if (answer?.status !== 201) say('other-status', 'status 201', describe(exchange));
  if (textsOf(registered.redirect_uris).length === 0) {
    say('no-metadata', 'redirect_uris among what is registered', 'no redirect_uris');
  }
  const hasSecret = textOf(registered.client_secret) !== undefined;
  if (hasSecret && registered.client_secret_expires_at === undefined) {
    say('no-expiry', 'client_secret_expires_at', 'client_secret alone');
  }
  const pair = ['registration_client_uri', 'registration_access_token'].filter(
    (name) => registered[name] !== undefined,
  );
  if (pair.length === 1) say('half-managed', 'both members, or none', `${pair[0]} alone`);
  if (mediaType(answer) !== 'application/json') {
    say('other-type', 'application/json', mediaType(answer) || 'no Content-Type');
  }
  const directives = listHeader(answer, 'cache-control');
  if (hasSecret && !directives.includes('no-store')) {
    say('cacheable', 'Cache-Control: no-store', directives.join(', ') || 'no Cache-Control');
  }
  return found;
}

export const asksForTheMethodThatWasAsked = defineCheck({
  ...SHARED,
  id: 'registration/registers-the-authentication-that-was-asked-for',
  title: 'Registers the authentication that a client asks for, and gives secrets to those alone that use one',
  keyword: 'SHOULD',
  severity: 'medium',
  assurance: 'anonymous',
  requirements: ['D13', 'D14', 'RFC7591-2-none-no-secret'],
  needs: ['registrations'],
  reasons: {
    'secret-for-a-public-client': {
      says: 'A client that asked to authenticate by nothing is given a secret, which it cannot keep.',
      fix: {
        general:
          'Register token_endpoint_auth_method none as it is asked for, and issue no client_secret (RFC 7591 2).',
      },
    },
    'made-public': {
      says: 'A client that asked to authenticate with a secret is registered as a public one.',
      fix: {
        general:
          'Register the method that was asked for, or refuse it (RFC 7591 3.2.1): without one nobody has to authenticate.',
      },
    },
  },
  judge({ registrations }) {
    const shut = withoutControl(registrations);
    if (shut !== undefined) return shut;
    const { door } = registrations;
    const native = [door.anonymous, door.withToken].find((exchange) => registeredIn(exchange) !== undefined);
    const own = registeredIn(native);
    const asWeb = webIn(door);
    const web = registeredIn(asWeb);
    if (native !== undefined && own?.token_endpoint_auth_method === 'none' && textOf(own.client_secret) !== undefined) {
      const expected = 'no client_secret';
      return fail([
        {
          reason: 'secret-for-a-public-client',
          expected,
          actual: 'a client_secret, with the method none',
          at: [native.id],
        },
      ]);
    }
    if (web?.token_endpoint_auth_method === 'none') {
      const expected = 'a method that authenticates';
      return fail([{ reason: 'made-public', expected, actual: 'token_endpoint_auth_method is none', at: [asWeb!.id] }]);
    }
    return pass('each client is registered with the method it asked for, or with one that authenticates');
  },
  examples: {
    pass: [{ says: 'as asked', evidence: golden }],
    fail: {
      'secret-for-a-public-client': {
        says: 'a secret',
        evidence: atTheDoor(golden, { withToken: { body: WITH_SECRET } }),
      },
      'made-public': { says: 'none', evidence: atTheDoor(golden, { webWithToken: { body: MANAGED } }) },
    },
  },
});

export const givesOwnCredentials = defineCheck({
  ...SHARED,
  id: 'registration/gives-each-client-credentials-of-its-own',
  title: 'Gives each registered client an id and a secret of its own',
  keyword: 'MUST',
  severity: 'high',
  assurance: 'anonymous',
  requirements: [
    'D23',
    'RFC7591-3.2.1-client-id-distinct',
    'RFC7591-3.2.1-secret-unique',
    'C38',
    'CIMD-6.9-no-https-prefixed-ids',
  ],
  needs: ['registrations'],
  reasons: {
    'same-secret': {
      says: 'Two clients are given the same client_secret.',
      fix: { general: 'Make a new random client_secret for each client (RFC 7591 3.2.1).' },
    },
    'same-id': {
      says: 'Two registrations are answered with the same client_id.',
      fix: { general: 'Make a new client_id for each registration (RFC 7591 3.2.1).' },
      keyword: 'SHOULD',
    },
    'id-is-a-url': {
      says: 'Registered clients get ids that are https URLs, which could be those of metadata documents.',
      fix: {
        general: 'Give registered clients ids that do not begin with https:// (client ID metadata documents, 6.9).',
      },
      keyword: 'SHOULD',
    },
  },
  judge({ registrations }) {
    const shut = withoutControl(registrations);
    if (shut !== undefined) return shut;
    const made = [...letIn(registrations), ...registrations.asked.map(({ exchange }) => exchange)].flatMap(
      (exchange) => {
        const registered = registeredIn(exchange);
        return registered === undefined ? [] : [{ id: exchange.id, registered }];
      },
    );
    const url = made.find(({ registered }) => /^https:\/\//i.test(String(registered.client_id)));
    if (url !== undefined) {
      const actual = `client_id is ${String(url.registered.client_id)}`;
      return fail([{ reason: 'id-is-a-url', expected: 'an id that is no https URL', actual, at: [url.id] }]);
    }
    for (const [reason, member] of [
      ['same-secret', 'client_secret'],
      ['same-id', 'client_id'],
    ] as const) {
      const values = made.filter(({ registered }) => textOf(registered[member]) !== undefined);
      const second = values.find(
        ({ registered }, index) => values.findIndex((other) => other.registered[member] === registered[member]) < index,
      );
      if (second !== undefined) {
        const actual = `${member} that another client has`;
        return fail([{ reason, expected: `another ${member} for each`, actual, at: [second.id] }]);
      }
    }
    return pass(`${made.length} clients, each with credentials of its own`);
  },
  examples: {
    pass: [{ says: 'each its own', evidence: golden }],
    fail: {
      'same-secret': {
        says: 'twice',
        evidence: registering(atTheDoor(golden, { webWithToken: { body: WITH_SECRET } }), 'strangers-statement', {
          client_secret: WITH_SECRET.client_secret,
        }),
      },
      'same-id': {
        says: 'twice',
        evidence: registering(atTheDoor(golden, { withToken: { body: MANAGED } }), 'unknown-member', {
          client_id: MANAGED.client_id,
        }),
      },
      'id-is-a-url': {
        says: 'a URL',
        evidence: registering(golden, 'unknown-member', { client_id: 'https://clients.example/one' }),
      },
    },
  },
});

export const worksForRegisteredClients = defineCheck({
  ...SHARED,
  id: 'registration/gives-tokens-to-registered-clients',
  title: 'Gives tokens to clients that registered, when a user signs in for them',
  keyword: 'ADVICE',
  severity: 'medium',
  assurance: 'sign-in',
  requirements: ['MCP-as-dcr-support', 'D09'],
  needs: ['registrations', 'registeredClients'],
  reasons: {
    'no-token': {
      says: 'A client registers, and gets no token when a user signs in for it, though clients registered beforehand do.',
      fix: {
        general: 'See what registered clients lack: grant types, scopes, or access to the resource.',
        auth0: {
          text: 'Give third-party applications default permissions for the API, and make the connection a domain connection.',
          dashboard: 'Applications > APIs > (API) > Application Access',
        },
      },
    },
  },
  judge({ registrations, registeredClients: { control: own } }) {
    const shut = withoutControl(registrations);
    if (shut !== undefined) return shut;
    const missing = withoutToken(own);
    if (missing === undefined) return pass('a registered client got a token');
    const { end } = own.journey;
    if (end.kind === 'stopped') return untested(end.because, end.unlock);
    const hop = own.journey.hops.at(-1);
    const grant = own.grants[0]?.exchange;
    const silent = [hop, grant].find((exchange) => exchange !== undefined && exchange.answer === undefined);
    if (silent !== undefined) return noWord(silent);
    const at = [hop?.id, grant?.id].filter((id) => id !== undefined);
    const actual = missing.kind === 'untested' ? missing.because : 'no token';
    return at.length === 0
      ? notApplicable('nobody asked for a token')
      : fail([{ reason: 'no-token', expected: 'an access token', actual, at }]);
  },
  examples: {
    pass: [{ says: 'a token', evidence: golden }],
    fail: {
      'no-token': {
        says: 'a page of errors',
        evidence: {
          ...golden,
          registeredClients: {
            ...golden.registeredClients,
            control: {
              ...control('registeredClients/control'),
              journey: journey('registeredClients/control', errorPage),
              grants: [],
            },
          },
        },
      },
    },
  },
});

export const answerChecks = checks(
  answersInFull,
  asksForTheMethodThatWasAsked,
  givesOwnCredentials,
  worksForRegisteredClients,
);
