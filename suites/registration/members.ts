import type { AskedAuthorization } from '../../fixtures/authorization-evidence.ts';
import type { EvidenceMap } from '../../fixtures/evidence.ts';
import type { JourneyEnd } from '../../fixtures/journey.ts';
import { isObject, isServerError, isSuccess, jsonBody } from '../../fixtures/protocol/answers.ts';
import { isUnsaid } from '../../fixtures/protocol/firewalls.ts';
import { textsOf } from '../../fixtures/protocol/registrations.ts';
import { errorOf } from '../../fixtures/protocol/token-answers.ts';
import type { RegisteredUse } from '../../fixtures/registration-evidence.ts';
import { STATEMENT_REDIRECT } from '../../fixtures/trials/registration/trial.ts';
import { codeIn, tokenGrant } from '../authorization/requests.ts';
import { checks } from '../check.ts';
import { golden } from '../golden.ts';
import { ACCESS_TOKEN, control, errorPage, grant, journey, withCode } from '../golden-authorization.ts';
import { answeringRegistration, registering } from '../golden-registration.ts';
import { noWord, scopesOf } from '../token-endpoint/trials.ts';
import { judgesRegistrations, type Made, useOf } from './trials.ts';

const IGNORE =
  'Take over the members of a registration that you know and want, and leave out the rest (RFC 7591 2, 3.2.1).';

const echoes = ({ registered }: Made, member: string, value: string) => textsOf(registered?.[member]).includes(value);

export const ignoresUnknownMembers = judgesRegistrations({
  id: 'registration/ignores-unknown-metadata',
  title: 'Ignores client metadata that it does not know',
  keyword: 'MUST',
  severity: 'medium',
  requirements: ['D21', 'RFC7591-2-unknown-metadata-ignored'],
  done: 'registered without it',
  reasons: {
    refused: {
      says: 'A registration fails because of a member that the server does not know.',
      fix: { general: `${IGNORE} Clients send what other servers understand.` },
      trials: ['unknown-member'],
      expected: 'a client',
      // Other words are about who asks, or how often.
      wrong: ({ registered, exchange: { answer } }) =>
        registered === undefined && (answer?.status === 400 || answer?.status === 422)
          ? `status ${answer.status}`
          : undefined,
      example: answeringRegistration(golden, 'unknown-member', {
        status: 400,
        body: { error: 'invalid_client_metadata' },
      }),
    },
    reflected: {
      says: 'The answer repeats a member that nobody knows, as if it were registered.',
      fix: { general: `${IGNORE} The answer lists what is registered, and nothing else.` },
      keyword: 'ADVICE',
      trials: ['unknown-member'],
      expected: 'a client without it',
      wrong: ({ registered }) =>
        registered?.x_conformance === undefined ? undefined : 'the answer has x_conformance, as it was sent',
      example: registering(golden, 'unknown-member', { x_conformance: 'conformance' }),
    },
  },
});

export const choosesCredentialsItself = judgesRegistrations({
  id: 'registration/chooses-the-credentials-of-clients-itself',
  title: 'Chooses the id and the secret of registered clients itself',
  keyword: 'MUST',
  severity: 'critical',
  requirements: ['D16', 'RFC7591-3.2.1-client-id-distinct', 'RFC9700-4.15-client-id-sub-confusion'],
  done: 'refused, or given credentials of the server’s choice',
  reasons: {
    'client-id-of-the-request': {
      says: 'Whoever registers chooses the client_id: that of another client, or of a user, among them.',
      fix: { general: 'Make client_id yourself at each registration, and ignore one that is sent (RFC 7591 3.2.1).' },
      trials: ['chosen-client-id'],
      expected: 'an error, or another client_id',
      wrong: ({ registered, evidence: { chosen } }) =>
        registered?.client_id === chosen.id ? `client_id is ${chosen.id}, as it was asked for` : undefined,
      example: registering(golden, 'chosen-client-id', { client_id: golden.registrations.chosen.id }),
    },
    'client-secret-of-the-request': {
      says: 'Whoever registers chooses the client_secret.',
      fix: {
        general: 'Make client_secret yourself at each registration, and ignore one that is sent (RFC 7591 3.2.1).',
      },
      trials: ['chosen-client-secret'],
      expected: 'an error, or another client_secret',
      wrong: ({ registered, evidence: { chosen } }) =>
        registered?.client_secret === chosen.secret ? 'client_secret is the one that was asked for' : undefined,
      example: registering(golden, 'chosen-client-secret', { client_secret: golden.registrations.chosen.secret }),
    },
  },
});

const FURTHER = ['password', 'implicit', 'client_credentials'];

const withMachine = (): EvidenceMap => ({
  ...golden,
  registeredClients: {
    ...golden.registeredClients,
    machine: grant('registeredClients/client-credentials', 'with the client credentials grant'),
  },
});

export const limitsGrants = judgesRegistrations({
  id: 'registration/limits-the-grants-of-registered-clients',
  title: 'Gives clients that register themselves no grant of trusted ones',
  keyword: 'MUST',
  severity: 'high',
  requirements: [
    'D11',
    'RFC6749-4.4-cc-confidential-only',
    'RFC7591-5-no-dangerous-grants',
    'AUTH0-dcr-grants-limited',
    'RFC9700-2.4-no-password-grant',
  ],
  done: 'refused, or went without them',
  reasons: {
    'token-for-a-public-client': {
      says: 'A public client that registered itself gets an access token in its own name, without a user and without a secret.',
      fix: {
        general:
          'Register client_credentials for confidential clients alone (RFC 6749 4.4), and give it to none that register themselves.',
      },
      trials: ['further-grants'],
      expected: 'an error at the token endpoint',
      wrong: ({ clients }) =>
        clients?.machine?.tokens.access_token === undefined ? undefined : 'an access token by client_credentials',
      lacks: ({ clients }) =>
        clients?.machine !== undefined && isUnsaid(clients.machine.exchange)
          ? noWord(clients.machine.exchange)
          : undefined,
      example: withMachine(),
    },
    'further-grants-registered': {
      says: 'A client that registers itself is given grants such as password, implicit or client_credentials, if it asks for them.',
      fix: {
        general:
          'Register authorization_code and refresh_token, and leave out the rest (RFC 7591 3.2.1, RFC 9700 2.4).',
      },
      keyword: 'SHOULD',
      trials: ['further-grants'],
      reads: 'grant_types',
      expected: 'an error, or grant_types without them',
      wrong(made) {
        const kept = FURTHER.filter((each) => echoes(made, 'grant_types', each));
        return kept.length > 0 ? `grant_types has ${kept.join(', ')}` : undefined;
      },
      example: registering(golden, 'further-grants', { grant_types: ['authorization_code', 'implicit'] }),
    },
  },
});

export const limitsResponseTypes = judgesRegistrations({
  id: 'registration/limits-the-response-types-of-registered-clients',
  title: 'Registers no response type that brings tokens to the browser',
  keyword: 'SHOULD',
  severity: 'medium',
  requirements: ['D12', 'RFC7591-2.1-grant-response-consistency'],
  done: 'refused, or went without it',
  reasons: {
    token: {
      says: 'A client that asks for the response type token gets it registered, beside the authorization code grant.',
      fix: {
        general:
          'Register the response type code, and make response_types agree with grant_types (RFC 7591 2.1, RFC 9700 2.1.2).',
      },
      trials: ['implicit-response-type'],
      reads: 'response_types',
      expected: 'an error, or response_types without token',
      wrong: (made) => (echoes(made, 'response_types', 'token') ? 'response_types has token' : undefined),
      example: registering(golden, 'implicit-response-type', { response_types: ['code', 'token'] }),
    },
  },
});

const methodIs = ({ registered }: Made, method: string) =>
  registered?.token_endpoint_auth_method === method ? `token_endpoint_auth_method is ${method}` : undefined;

export const takesKnownMethods = judgesRegistrations({
  id: 'registration/registers-authentication-methods-that-work',
  title: 'Registers authentication methods that there are, with what they take',
  keyword: 'SHOULD',
  severity: 'medium',
  requirements: ['D14', 'RFC7591-2-jwks-xor-jwks-uri'],
  done: 'refused, or given another method',
  reasons: {
    'becomes-public': {
      says: 'A client that asks for an authentication method which the server does not have becomes a public one: nobody has to authenticate.',
      fix: {
        general:
          'Refuse methods that you do not support with invalid_client_metadata, or register one that authenticates (RFC 7591 3.2.1, 3.2.2).',
      },
      trials: ['unknown-method', 'key-method-without-keys'],
      reads: 'token_endpoint_auth_method',
      expected: 'an error, or another method than none',
      wrong: (made) => methodIs(made, 'none'),
      example: registering(golden, 'unknown-method', { token_endpoint_auth_method: 'none' }),
    },
    'unknown-method': {
      says: 'An authentication method that there is not is registered.',
      fix: { general: 'Refuse methods that you do not support with invalid_client_metadata (RFC 7591 3.2.2).' },
      trials: ['unknown-method'],
      expected: 'an error, or a method that there is',
      wrong: (made) => methodIs(made, 'conformance_unknown'),
      example: registering(golden, 'unknown-method', { token_endpoint_auth_method: 'conformance_unknown' }),
    },
    'no-keys': {
      says: 'A client is registered for private_key_jwt without a key.',
      fix: { general: 'Ask for jwks or jwks_uri where the method is private_key_jwt (RFC 7591 2).' },
      keyword: 'ADVICE',
      trials: ['key-method-without-keys'],
      expected: 'an error, or another method',
      wrong: (made) => methodIs(made, 'private_key_jwt'),
      example: registering(golden, 'key-method-without-keys', { token_endpoint_auth_method: 'private_key_jwt' }),
    },
    'two-key-sets': {
      says: 'A client is registered with jwks and jwks_uri, of which there may be one.',
      fix: { general: 'Refuse a registration with both (RFC 7591 2), or register one of them.' },
      trials: ['two-key-sets'],
      expected: 'an error, or one of them',
      wrong: ({ registered }) =>
        registered?.jwks !== undefined && registered.jwks_uri !== undefined ? 'jwks and jwks_uri' : undefined,
      example: registering(golden, 'two-key-sets', {
        jwks: { keys: [] },
        jwks_uri: 'https://client.example/jwks.json',
      }),
    },
  },
});

const asked = (made: Made) => useOf(made, 'as-it-should-be');

/** A person gave consent on the way of the control client, and so has to here. */
function consentMissing(made: Made): string | undefined {
  const own = asked(made);
  const steps = made.clients?.control.journey.steps ?? [];
  const isSkipped = own !== undefined && codeIn(own) !== undefined && own.journey.steps.length === 0;
  return isSkipped && steps.includes('gave consent') ? 'a code, and nobody was asked for consent' : undefined;
}

function withUses(
  edit: (use: EvidenceMap['registeredClients']['uses'][number]) => EvidenceMap['registeredClients']['uses'][number],
): EvidenceMap {
  const { uses, ...rest } = golden.registeredClients;
  return { ...golden, registeredClients: { ...rest, uses: uses.map(edit) } };
}

/** Whether the token of these requests has the scope that was registered. */
function hasScope({ evidence: { chosen } }: Made, own: AskedAuthorization | undefined): boolean {
  const given = own && tokenGrant(own);
  return given !== undefined && scopesOf(given)?.includes(chosen.scope) === true;
}

/** The token of that use has the scope that was registered. */
const withScope = (wanted: RegisteredUse): EvidenceMap =>
  withUses((use) => {
    if (use.trial !== 'privileged-scope' || use.use !== wanted) return use;
    const claims = { ...ACCESS_TOKEN.claims, scope: golden.registrations.chosen.scope };
    const tokens = { access_token: { ...ACCESS_TOKEN, claims } };
    const grants = [grant('registeredClients/privileged-scope/grant-1', 'as it should be', { tokens })];
    return { ...use, asked: { ...use.asked, grants } };
  });

export const appliesNoPrivileges = judgesRegistrations({
  id: 'registration/applies-no-privileges-that-clients-claim',
  title: 'Applies no privilege that a registration claims for its client',
  keyword: 'MUST',
  severity: 'critical',
  requirements: ['D17', 'RFC7591-2-unknown-metadata-ignored', 'AUTH0-dcr-third-party-strict'],
  done: 'refused, or went without it',
  reasons: {
    'consent-skipped': {
      says: 'A client that says it is first party is treated as one: its users are not asked for consent.',
      fix: { general: `${IGNORE} What makes a client trusted is for administrators to set.` },
      trials: ['vendor-members'],
      expected: 'a page that asks for consent, as for other clients that registered themselves',
      needs: 'as-it-should-be',
      wrong: consentMissing,
      example: withUses((use) =>
        use.trial === 'vendor-members' && use.use === 'as-it-should-be'
          ? { ...use, asked: { ...use.asked, journey: { ...use.asked.journey, steps: [] } } }
          : use,
      ),
    },
    'callback-of-the-vendor': {
      says: 'A redirect URI in a member of the vendor’s passes by the rules for redirect_uris.',
      fix: { general: `${IGNORE} Take redirect URIs from redirect_uris alone.` },
      trials: ['vendor-members'],
      expected: 'no redirect',
      needs: 'at-the-canary',
      wrong(made) {
        const own = useOf(made, 'at-the-canary');
        return own !== undefined && codeIn(own) !== undefined ? `the client is sent to ${own.redirectUri}` : undefined;
      },
      example: withUses((use) =>
        use.use === 'at-the-canary'
          ? {
              ...use,
              asked: { ...control('canary'), journey: journey('registeredClients/canary', withCode('canary')) },
            }
          : use,
      ),
    },
    'scope-granted': {
      says: 'A scope that a registration claims for its client is in the tokens of its users.',
      fix: {
        general: 'Grant scopes by what the user may do and agreed to; scope in a registration is a wish (RFC 7591 2).',
      },
      trials: ['privileged-scope'],
      expected: 'a token without it',
      needs: 'as-it-should-be',
      wrong: (made) => (hasScope(made, asked(made)) ? `the token has ${made.evidence.chosen.scope}` : undefined),
      example: withScope('as-it-should-be'),
    },
    'scope-for-the-asking': {
      says: 'A client that registers a scope may ask users for it, which others that register may not: whoever registers chooses what it may do.',
      // RFC 7591 2: "that the client can use when requesting access tokens"; who may register which is the server's to say.
      keyword: 'ADVICE',
      fix: {
        general:
          'Let administrators say which scopes clients that register themselves may ask for, and register no others, whatever the request names.',
      },
      trials: ['privileged-scope'],
      expected: 'a token without it, as for a client that did not register it',
      wrong: (made) =>
        hasScope(made, useOf(made, 'with-its-scope')) && !hasScope(made, made.clients?.unclaimed)
          ? `the token has ${made.evidence.chosen.scope}, where it was asked for`
          : undefined,
      example: withScope('with-its-scope'),
    },
  },
});

export const escapesNames = judgesRegistrations({
  id: 'registration/escapes-the-names-of-clients',
  title: 'Shows names of registered clients as text',
  keyword: 'SHOULD',
  severity: 'high',
  requirements: ['D18', 'RFC7591-5-display-uris-checked'],
  done: 'refused, or shown as text',
  reasons: {
    markup: {
      says: 'Markup in the name of a client that a stranger registered is part of the authorization server’s own page.',
      fix: { general: 'Escape everything that clients register where a page shows it, or refuse markup (RFC 7591 5).' },
      trials: ['markup-in-the-name'],
      expected: 'an error, or a page that shows the name as text',
      needs: 'on-the-consent-page',
      wrong(made) {
        const end = useOf(made, 'on-the-consent-page')?.journey.end;
        return end?.kind === 'page' && end.foreign?.includes('markup') === true
          ? 'the markup of the name is an element of the page'
          : undefined;
      },
      example: withUses((use) =>
        use.trial === 'markup-in-the-name'
          ? {
              ...use,
              asked: {
                ...use.asked,
                journey: { ...use.asked.journey, end: { ...errorPage, foreign: ['markup'] } as JourneyEnd },
              },
            }
          : use,
      ),
    },
  },
});

const applied = (made: Made) =>
  echoes(made, 'redirect_uris', STATEMENT_REDIRECT)
    ? `${STATEMENT_REDIRECT} of the statement is registered`
    : undefined;

export const appliesNoStrangeStatements = judgesRegistrations({
  id: 'registration/applies-no-software-statement-nobody-trusts',
  title: 'Applies no software statement of anybody it does not trust',
  keyword: 'MUST',
  severity: 'critical',
  requirements: ['D19', 'RFC7591-2.3-software-statement-signed'],
  done: 'refused, or ignored',
  reasons: {
    unsigned: {
      says: 'Values of a software statement that nobody signed are registered.',
      fix: {
        general:
          'Take software statements only with a signature that you can verify, or ignore them all (RFC 7591 2.3, 3.1.1).',
      },
      trials: ['unsigned-statement'],
      reads: 'redirect_uris',
      expected: 'an error, or a client without its values',
      wrong: applied,
      example: registering(golden, 'unsigned-statement', { redirect_uris: [STATEMENT_REDIRECT] }),
    },
    'of-a-stranger': {
      says: 'Values of a software statement are registered whoever signed it.',
      fix: {
        general:
          'Trust the statements of issuers that you know, by their keys, or ignore them all (RFC 7591 2.3, 3.1.1).',
      },
      trials: ['strangers-statement'],
      reads: 'redirect_uris',
      expected: 'an error, or a client without its values',
      wrong: applied,
      example: registering(golden, 'strangers-statement', { redirect_uris: [STATEMENT_REDIRECT] }),
    },
  },
});

export const readsJson = judgesRegistrations({
  id: 'registration/reads-registrations-as-json-objects',
  title: 'Makes clients of JSON objects alone, and says what is wrong with others',
  keyword: 'SHOULD',
  severity: 'medium',
  requirements: ['D04', 'D21b', 'RFC7591-3.1-post-json'],
  done: 'refused',
  reasons: {
    form: {
      says: 'A form makes a client, which any web page can send without a preflight.',
      fix: {
        general:
          'Read registrations as application/json (RFC 7591 3.1), and refuse other content types with 415 or 400.',
      },
      trials: ['form-body'],
      expected: 'an error',
      wrong: ({ registered }) => (registered === undefined ? undefined : 'a client'),
      example: registering(golden, 'form-body', {}),
    },
    'no-object': {
      says: 'JSON that is broken, or no object, makes a client.',
      fix: { general: 'Refuse what is no JSON object with 400 (RFC 7591 3.1, 3.2.2).' },
      trials: ['broken-json', 'array-body'],
      expected: 'an error',
      wrong: ({ registered }) => (registered === undefined ? undefined : 'a client'),
      example: registering(golden, 'array-body', {}),
    },
    'breaks-down': {
      says: 'The registration endpoint breaks down over a body that it cannot read.',
      fix: {
        general:
          'Check types and form before anything else, and answer 400 with invalid_client_metadata (RFC 7591 3.2.2).',
      },
      trials: ['form-body', 'broken-json', 'array-body', 'wrong-types'],
      expected: 'an error of the client’s',
      wrong: ({ exchange: { answer } }) => (isServerError(answer) ? `status ${answer?.status}` : undefined),
      example: answeringRegistration(golden, 'wrong-types', { status: 500 }),
    },
  },
});

export const saysWhatIsWrong = judgesRegistrations({
  id: 'registration/says-what-is-wrong-with-metadata',
  title: 'Answers metadata that it refuses with 400, and says why in JSON',
  keyword: 'MUST',
  severity: 'low',
  requirements: ['RFC7591-3.2.2-error-400-json'],
  done: 'answered so, or accepted',
  reasons: {
    'no-error': {
      says: 'A registration that is refused for its metadata is not answered with 400 and a JSON object with error.',
      fix: {
        general:
          'Answer with 400, application/json and {"error": "invalid_redirect_uri"} or "invalid_client_metadata" (RFC 7591 3.2.2).',
      },
      trials: ['redirect-javascript', 'redirect-fragment', 'unknown-method', 'no-redirect-uris'],
      expected: 'status 400 with JSON that has error',
      wrong({ registered, exchange }) {
        const { answer } = exchange;
        const error = errorOf(exchange);
        if (registered !== undefined || answer === undefined || answer.status >= 500) return undefined;
        // Success that names no client may have made one all the same, unless it says that it has not.
        if (answer.status < 400 && !(isSuccess(answer) && error !== undefined)) return undefined;
        // Who may not, or too often, is refused in other words; and so is what a gateway does not let pass.
        if ([401, 403, 413, 429].includes(answer.status)) return undefined;
        if (answer.status === 400 && error !== undefined) return undefined;
        const said =
          error !== undefined
            ? 'JSON with error'
            : isObject(jsonBody(answer))
              ? 'JSON without error'
              : 'no JSON object';
        return `status ${answer.status}, ${said}`;
      },
      example: answeringRegistration(golden, 'unknown-method', { status: 400, body: 'Bad Request' }),
    },
  },
});

export const memberChecks = checks(
  ignoresUnknownMembers,
  choosesCredentialsItself,
  limitsGrants,
  limitsResponseTypes,
  takesKnownMethods,
  appliesNoPrivileges,
  escapesNames,
  appliesNoStrangeStatements,
  readsJson,
  saysWhatIsWrong,
);
