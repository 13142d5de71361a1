/** What is no word of a server's on registrations and documents of clients: neither a pass nor an accusation. */
import { expect, test } from '@playwright/test';
import type { EvidenceMap } from '../fixtures/evidence.ts';
import type { JourneyEnd, Stayed } from '../fixtures/journey.ts';
import { nobodyIn } from '../fixtures/probes/registered-clients.ts';
import type { ManagedStep } from '../fixtures/registration-evidence.ts';
import type { DocumentTrialId } from '../fixtures/trials/client-documents/index.ts';
import { REGISTRATION_TRIALS, type RegistrationTrialId } from '../fixtures/trials/registration/index.ts';
import { NATIVE_REDIRECT } from '../fixtures/trials/registration/trial.ts';
import type { Facts } from '../suites/check.ts';
import { answering, golden, goldenFacts } from '../suites/golden.ts';
import { control, errorPage, grant, journey, withCode, withError } from '../suites/golden-authorization.ts';
import { goldenClientDocuments } from '../suites/golden-client-documents.ts';
import { consentPage, controlled, type ShortDocumentClient, treating } from '../suites/golden-documents.ts';
import {
  answeringRegistration,
  atTheDoor,
  MANAGED,
  managing,
  registering,
  type ShortRegistration,
} from '../suites/golden-registration.ts';
import { CHECKS } from '../suites/registry.ts';

type Row = readonly [
  says: string,
  evidence: EvidenceMap,
  verdicts: Readonly<Record<string, string>>,
  policy?: Facts['policy']['registration'],
];

const UNAUTHORIZED: ShortRegistration = { status: 401 };
const FULL: ShortRegistration = { status: 403, body: { error: 'too_many_entities' } };
const FIREWALL: ShortRegistration = {
  status: 403,
  headers: { 'content-type': 'text/html' },
  body: '<html><head><title>403 Forbidden</title></head><body><center><h1>403 Forbidden</h1></center></body></html>',
};
const METADATA: ShortRegistration = { status: 400, body: { error: 'invalid_client_metadata' } };

/** Every trial was answered so, and the good registration after them as `after` says. */
function all(short: ShortRegistration, after: ShortRegistration | 'in'): EvidenceMap {
  const evidence = REGISTRATION_TRIALS.reduce<EvidenceMap>(
    (each, trial) => answeringRegistration(each, trial, short),
    golden,
  );
  if (after === 'in') return evidence;
  const { controlAfter } = answering(/^registrations\/control-after$/, { status: after.status ?? 0 }).registrations;
  return { ...evidence, registrations: { ...evidence.registrations, controlAfter: controlAfter! } };
}

const SCRIPTS = 'registration/registers-no-redirect-uris-that-run-scripts';
const UNKNOWN = 'registration/ignores-unknown-metadata';
const REQUIRED = 'registration/requires-redirect-uris';
const NO_OBJECTS = 'registration/reads-registrations-as-json-objects';
const SAYS = 'registration/says-what-is-wrong-with-metadata';
const POLICY = 'registration/registers-whom-its-policy-lets-register';
const CANONICAL = 'registration/guards-the-canonical-hostname-too';
const LISTING = 'registration/lists-no-clients';
const PATTERN = 'registration/takes-no-redirect-uri-for-a-pattern';
const CHANGES = 'registration/changes-clients-by-the-rules-of-registration';
const DELETES = 'registration/deletes-clients-for-good';
const RETIRES = 'registration/retires-registration-tokens-it-replaces';
const IN_FULL = 'registration/answers-registrations-in-full';
const METHODS = 'registration/registers-authentication-methods-that-work';

const TRIALS: readonly Row[] = [
  [
    'an initial access token is used up',
    all(UNAUTHORIZED, UNAUTHORIZED),
    { [SCRIPTS]: 'untested', [UNKNOWN]: 'untested', [REQUIRED]: 'untested' },
  ],
  ['a tenant is full', all(FULL, FULL), { [SCRIPTS]: 'untested', [UNKNOWN]: 'untested', [REQUIRED]: 'untested' }],
  [
    'a wall before the endpoint refuses some',
    all({ status: 403, body: 'Blocked' }, 'in'),
    { [SCRIPTS]: 'pass', [UNKNOWN]: 'pass', [REQUIRED]: 'pass' },
  ],
  [
    'a firewall refuses some with a page of its own',
    all(FIREWALL, 'in'),
    {
      [SCRIPTS]: 'untested',
      [UNKNOWN]: 'untested',
      [REQUIRED]: 'untested',
      [NO_OBJECTS]: 'untested',
      [SAYS]: 'untested',
    },
  ],
  [
    'it breaks down over some',
    all({ status: 500 }, 'in'),
    { [SCRIPTS]: 'untested', [REQUIRED]: 'untested', [NO_OBJECTS]: 'breaks-down' },
  ],
  [
    'a firewall dislikes loopback addresses',
    atTheDoor(golden, { withToken: FIREWALL }),
    { 'registration/registers-native-clients': 'untested' },
  ],
  [
    'a firewall counts requests',
    answering(/^registrationBurst\/[45]$/, {
      status: 403,
      headers: { 'Content-Type': 'text/html' },
      body: '<h1>403 Forbidden</h1>',
    }),
    { 'registration/limits-the-rate-of-registrations': 'pass' },
  ],
  [
    'a firewall stops each request',
    answering(/^registrationBurst\//, {
      status: 403,
      headers: { 'Content-Type': 'text/html' },
      body: '<h1>403 Forbidden</h1>',
    }),
    { 'registration/limits-the-rate-of-registrations': 'untested' },
  ],
  [
    'the token endpoint is busy when a public client asks for itself',
    {
      ...golden,
      registeredClients: {
        ...golden.registeredClients,
        machine: grant('registeredClients/client-credentials', 'with client credentials', { status: 429 }),
      },
    },
    { 'registration/limits-the-grants-of-registered-clients': 'untested' },
  ],
  [
    'a refusal with the status of success',
    all({ status: 200, body: { error: 'invalid_client_metadata' } }, 'in'),
    { [SCRIPTS]: 'pass', [SAYS]: 'no-error' },
  ],
  [
    'success that names no client',
    all({ status: 201, body: { client: { id: 'one' } } }, 'in'),
    { [SCRIPTS]: 'untested', [SAYS]: 'untested', [REQUIRED]: 'untested', [NO_OBJECTS]: 'untested' },
  ],
  ['what was registered was registered', registered('javascript:alert(1)', FULL), { [SCRIPTS]: 'dangerous-scheme' }],
  ['a blank was cut off', registered('javascript:alert(1)'), { [SCRIPTS]: 'dangerous-scheme' }],
  [
    'the answer does not say which redirect URIs are registered',
    registering(golden, 'redirect-javascript', { redirect_uris: undefined }),
    { [SCRIPTS]: IN_FULL },
  ],
  [
    'a client with a secret is registered to nobody',
    atTheDoor(answeringRegistration(golden, 'two-key-sets', METADATA), { webWithToken: METADATA }),
    { [METHODS]: 'pass', 'registration/applies-no-software-statement-nobody-trusts': 'pass' },
  ],
];

function registered(uri: string, after?: ShortRegistration): EvidenceMap {
  const trial = 'redirect-javascript-behind-a-blank';
  return registering(after === undefined ? golden : all(after, after), trial, {
    redirect_uris: [NATIVE_REDIRECT, uri],
  });
}

/** Nobody has a token. */
const stranger = (answers: Parameters<typeof atTheDoor>[1]) =>
  atTheDoor(golden, { withToken: 'not asked', webWithToken: 'not asked', wrongToken: 'not asked', ...answers });

const DISABLED: ShortRegistration = { status: 400, body: 'Bad Request: dynamic client registration is disabled' };

const DOORS: readonly Row[] = [
  [
    'web applications alone',
    stranger({ anonymous: METADATA, web: 'web' }),
    { [POLICY]: 'open-though-closed' },
    'closed',
  ],
  ['the same, and nobody said so', stranger({ anonymous: METADATA, web: 'web' }), { [POLICY]: 'open-to-anybody' }],
  ['the same, as it is meant', stranger({ anonymous: METADATA, web: 'web' }), { [POLICY]: 'pass' }, 'open'],
  ['Auth0, switched off', stranger({ anonymous: DISABLED, web: DISABLED }), { [POLICY]: 'pass' }, 'closed'],
  ['neither kind is good enough', stranger({ anonymous: METADATA, web: METADATA }), { [POLICY]: 'untested' }, 'closed'],
  [
    'web applications need a token',
    atTheDoor(golden, { anonymous: METADATA, withToken: METADATA, web: UNAUTHORIZED }),
    { [POLICY]: 'pass' },
    'protected',
  ],
  ['it breaks down', stranger({ anonymous: { status: 500 } }), { [POLICY]: 'untested' }, 'closed'],
  [
    'it breaks down, whoever asks',
    stranger({ anonymous: { status: 500 } }),
    { [SCRIPTS]: 'untested', [IN_FULL]: 'untested', [UNKNOWN]: 'untested' },
  ],
  [
    'it breaks down where it should be open',
    stranger({ anonymous: { status: 500 } }),
    { [POLICY]: 'untested' },
    'open',
  ],
  ['success without a client', stranger({ anonymous: { body: { ok: true } } }), { [POLICY]: IN_FULL }, 'closed'],
  ['the same is taken with a token', atTheDoor(golden, { anonymous: METADATA }), { [POLICY]: 'pass' }, 'protected'],
  [
    'the canonical hostname breaks down',
    atTheDoor(golden, { canonical: { status: 500 } }),
    { [CANONICAL]: 'untested' },
  ],
  [
    'the canonical hostname takes web applications',
    atTheDoor(golden, { canonical: METADATA, canonicalWeb: 'web' }),
    { [CANONICAL]: 'open-at-the-canonical-hostname' },
  ],
  [
    'GET leads to a page of its own',
    answering(/^registrations\/listing$/, { body: '<script>cfg={"client_id":"portal"}</script>' }),
    { [LISTING]: 'pass' },
  ],
  [
    'GET leads to an example',
    answering(/^registrations\/listing$/, { body: '{"example":{"client_id":"portal"}}' }),
    { [LISTING]: 'pass' },
  ],
];

/** The steps were answered so. */
const managed = (steps: Readonly<Partial<Record<ManagedStep, number>>>) =>
  Object.entries(steps).reduce<EvidenceMap>(
    (evidence, [step, status]) => managing(evidence, step as ManagedStep, { status, body: {} }),
    golden,
  );

/** These steps were not asked. */
function without(evidence: EvidenceMap, ...steps: readonly ManagedStep[]): EvidenceMap {
  const { asked, ...rest } = evidence.managedRegistrations;
  const left = Object.entries(asked).filter(([step]) => !(steps as readonly string[]).includes(step));
  return { ...evidence, managedRegistrations: { ...rest, asked: Object.fromEntries(left) } };
}

const changing = (status: number) =>
  managed({
    update: status,
    'update-with-script-redirect': status,
    'update-with-another-id': status,
    'update-with-chosen-secret': status,
  });
const deleting = (status: number) => without(managed({ delete: status }), 'read-after-delete');

const MANAGEMENT: readonly Row[] = [
  ...[403, 405, 501].map((status): Row => [`no change: ${status}`, changing(status), { [CHANGES]: 'not-applicable' }]),
  ...[400, 404, 500].map((status): Row => [`a good change: ${status}`, changing(status), { [CHANGES]: 'untested' }]),
  ...[403, 405, 501].map(
    (status): Row => [`no deletion: ${status}`, deleting(status), { [DELETES]: 'not-applicable' }],
  ),
  ...[401, 404, 500].map((status): Row => [`DELETE: ${status}`, deleting(status), { [DELETES]: 'untested' }]),
  ['a token is kept', without(golden, 'read-with-old-token'), { [RETIRES]: 'not-applicable' }],
  [
    'a change is made without a word',
    managing(managed({ 'update-with-script-redirect': 204 }), 'read-after-script-redirect', {
      status: 200,
      body: { ...MANAGED, redirect_uris: ['javascript:alert(1)'] },
    }),
    { [CHANGES]: 'script-as-redirect' },
  ],
];

function errorWith(status: number): Stayed {
  return { kind: 'page', status, title: 'Error', says: 'Something went wrong.' };
}

/** A wildcard is registered; what becomes of its client at its own redirect URI, and at one that fits the wildcard. */
function wildcard(own: JourneyEnd, fitting: JourneyEnd): EvidenceMap {
  const trial: RegistrationTrialId = 'redirect-wildcard-path';
  const evidence = registering(golden, trial, { redirect_uris: [NATIVE_REDIRECT, 'https://client.example/*'] });
  const used = (use: 'as-it-should-be' | 'where-the-wildcard-fits', end: JourneyEnd) => {
    const id = `registeredClients/${trial}-${use}`;
    return { trial, use, asked: { ...control(id), journey: journey(id, end), grants: [] } };
  };
  const { uses, ...rest } = evidence.registeredClients;
  return {
    ...evidence,
    registeredClients: {
      ...rest,
      uses: [...uses, used('as-it-should-be', own), used('where-the-wildcard-fits', fitting)],
    },
  };
}

const BROKEN = errorWith(500);
const CODE = withCode('registeredClients/any');

const WILDCARDS: readonly Row[] = [
  ['a wildcard is plain text', wildcard(CODE, errorPage), { [PATTERN]: 'pass' }],
  ['a wildcard is a pattern', wildcard(errorPage, CODE), { [PATTERN]: 'wildcard-matches' }],
  ['the client gets no code anywhere', wildcard(errorPage, errorPage), { [PATTERN]: 'untested' }],
  ['the request ends in 500', wildcard(CODE, BROKEN), { [PATTERN]: 'untested' }],
  ['nobody answers its page', wildcard(CODE, { ...consentPage, says: 'Choose an account' }), { [PATTERN]: 'untested' }],
];

const KEEPS_CODES = 'client-documents/keeps-codes-to-the-client-of-their-document';
const NO_MACHINES = 'client-documents/gives-strangers-no-grant-of-machines';
const FOLLOWS = 'client-documents/follows-changes-of-documents';
const FORGETS = 'client-documents/forgets-failures-to-fetch';
const PASSES_OVER = 'client-documents/passes-over-grants-it-does-not-know';
const ADVERTISED = 'client-documents/does-as-its-metadata-says';
const SHOWS = 'client-documents/shows-who-asks-and-where-it-leads';
const SECRETS = 'client-documents/takes-no-secret-of-a-document';
const TLS = 'client-documents/fetches-documents-over-tls-alone';
const KEYS = 'client-documents/publishes-public-keys-of-the-client';

const client = (trial: DocumentTrialId, short: ShortDocumentClient) => treating(golden, trial, short);
const refused = { end: errorPage } as const;
const WITH_A_PAGE = ['redirects-elsewhere', 'page-of-its-own-host'] as const;
const sentBack = withError('invalid_client');
const REFUSED_LATER = 'the good client is refused after the trials as well';
const afterwards = (evidence: EvidenceMap) => controlled(evidence, refused, 'controlAfter');

/** What the secret of a document, another one, and none are answered. */
const secrets = (...statuses: readonly [number, number, number]) =>
  client('secret-beside-none', {
    end: withCode('documentClients/secret-beside-none'),
    grants: ['with the secret of the document', 'with another secret', 'with its client_id alone'].map((differs, at) =>
      grant(`documentClients/secret-beside-none/grant-${at + 1}`, differs, { status: statuses[at]! }),
    ),
  });

/** Whether a request without TLS reaches the run, and what became of a client whose URL is so. */
function inClear(isReachedInClear: boolean, short: ShortDocumentClient = refused): EvidenceMap {
  const evidence = client('url-without-tls', short);
  return { ...evidence, documentClients: { ...evidence.documentClients, isReachedInClear } };
}

function keysAt(jwks_uri: string): EvidenceMap {
  const [document] = goldenClientDocuments.clientDocuments.documents;
  const { keys: _, exchange, ...rest } = document!;
  const { answer } = exchange!;
  const body = JSON.stringify({ ...JSON.parse(answer!.body), jwks_uri });
  const changed = { ...exchange!, answer: { ...answer!, body } } as NonNullable<typeof exchange>;
  return { ...golden, clientDocuments: { documents: [{ ...rest, exchange: changed }] } };
}

/** Nobody comes for a document by http. */
function byHttp(): EvidenceMap {
  const evidence = controlled(golden, { end: errorPage, fetches: { document: 0, further: [] } });
  const { documentClients } = evidence;
  const clientId = 'http://192.168.1.5:8977/documents/control';
  return {
    ...evidence,
    documentClients: { ...documentClients, control: { ...documentClients.control, clientId } },
  };
}

const DOCUMENTS: readonly Row[] = [
  ...([429, 500, 503] as const).map(
    (status): Row => [
      `the good client is answered ${status}`,
      controlled(golden, { end: errorWith(status), fetches: { document: 0, further: [] } }),
      { [ADVERTISED]: 'untested', [KEEPS_CODES]: 'untested' },
    ],
  ),
  ['its URL is http', byHttp(), { [ADVERTISED]: 'out-of-scope', [KEEPS_CODES]: 'out-of-scope' }],
  ['no code came out', client('code-of-another-document', refused), { [KEEPS_CODES]: 'untested' }],
  ['no code came out', client('grants-of-machines', refused), { [NO_MACHINES]: 'untested' }],
  ['no code came out', client('document-gone-before-token', refused), { [FOLLOWS]: 'untested' }],
  [
    'it was never taken',
    client('redirect-taken-back', { end: errorPage, again: errorPage }),
    { [FOLLOWS]: 'untested' },
  ],
  [
    'the token endpoint is busy',
    client('code-of-another-document', {
      grants: ['with the client_id of another document', 'as it should be'].map((differs, at) =>
        grant(`documentClients/code-of-another-document/grant-${at + 1}`, differs, { status: 429 }),
      ),
    }),
    { [KEEPS_CODES]: 'untested' },
  ],
  [
    'still refused, by a redirect',
    client('document-after-failure', { end: errorPage, again: sentBack }),
    { [FORGETS]: 'failure-kept' },
  ],
  [
    'still refused, on a page with 200',
    client('document-after-failure', { end: errorPage, again: errorWith(200), steps: [] }),
    { [FORGETS]: 'failure-kept' },
  ],
  [
    'it says that it is down',
    client('document-after-failure', { end: errorPage, again: withError('temporarily_unavailable') }),
    { [FORGETS]: 'untested' },
  ],
  [
    'it broke down',
    client('document-after-failure', { end: errorPage, again: errorWith(503) }),
    { [FORGETS]: 'untested' },
  ],
  ['refused by a redirect', client('grants-unknown', { end: sentBack }), { [PASSES_OVER]: 'refused' }],
  [REFUSED_LATER, afterwards(client('grants-unknown', { end: sentBack })), { [PASSES_OVER]: 'untested' }],
  ['redirects to other hosts are refused', client('redirects-elsewhere', refused), { [SHOWS]: 'pass' }],
  [
    'nobody was shown anything',
    treating(client('redirects-elsewhere', refused), 'page-of-its-own-host', refused),
    { [SHOWS]: 'untested' },
  ],
  ['nobody comes without TLS', inClear(false), { [TLS]: 'out-of-scope' }],
  ['without TLS it is asked for consent', inClear(true, { end: consentPage }), { [TLS]: 'plain-http' }],
  [
    'a code, and no page that anybody read',
    WITH_A_PAGE.reduce<EvidenceMap>(
      (evidence, trial) => treating(evidence, trial, { end: withCode(trial), steps: ['signed in'] }),
      golden,
    ),
    { [SHOWS]: 'untested' },
  ],
  ['any password gives a token', secrets(200, 200, 200), { [SECRETS]: 'secret-passed-over' }],
  ['none is needed', secrets(200, 401, 200), { [SECRETS]: 'secret-passed-over' }],
  ['the secret counts', secrets(200, 401, 401), { [SECRETS]: 'secret-works' }],
  ['keys that nobody could look at', keysAt('https://user@client.example.com/keys.json'), { [KEYS]: 'untested' }],
  ['keys at a port that there is not', keysAt('https://client.example.com:0/keys.json'), { [KEYS]: 'untested' }],
  ['keys without a host', keysAt('https:///keys.json'), { [KEYS]: 'jwks-uri-no-url' }],
];

for (const [says, evidence, verdicts, registration] of [
  ...TRIALS,
  ...DOORS,
  ...MANAGEMENT,
  ...WILDCARDS,
  ...DOCUMENTS,
]) {
  const policy = registration === undefined ? '' : `, registration is to be ${registration}`;
  for (const [id, expected] of Object.entries(verdicts)) {
    test(`${id}: ${says}${policy}: ${expected}`, () => {
      const facts: Facts = {
        ...goldenFacts,
        policy: { ...goldenFacts.policy, ...(registration && { registration }) },
      };
      const verdict = CHECKS.find((check) => check.id === id)!.judge(evidence, facts);
      const told = verdict.kind === 'untested' ? (verdict.blockedBy ?? verdict.kind) : verdict.kind;
      const reasons =
        verdict.kind === 'fail' ? [...new Set(verdict.findings.map(({ reason }) => reason))].join() : told;
      expect(reasons, JSON.stringify(verdict)).toBe(expected);
    });
  }
}

test('where the registration endpoint is busy or breaks down, what takes a client is untested, and not inapplicable', () => {
  const refused = (status: number) => nobodyIn(stranger({ anonymous: { status } }).registrations);
  for (const status of [429, 500, 503]) {
    expect(refused(status)).toMatchObject({
      skipped: 'untested',
      because: expect.stringContaining(`status ${status}`),
    });
  }
  for (const status of [401, 403, 404]) expect(refused(status)).toMatchObject({ skipped: 'not-applicable' });
});
