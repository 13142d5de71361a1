/**
 * A check that cannot fail is a defect: each fault of the embedded world trips exactly the reasons it declares, over
 * real HTTP, each reason is tripped by some fault, and the world without faults trips nothing in any revision.
 */
import { expect, test } from '@playwright/test';
import { run } from '../engine/run.ts';
import { parseProfile } from '../fixtures/profile/profile.ts';
import { eraOf, REVISIONS, type Revision } from '../fixtures/protocol/revisions.ts';
import type { Fault } from '../mock-idp/faults/fault.ts';
import { FAULTS } from '../mock-idp/faults/index.ts';
import type { Report } from '../reports/report.ts';
import { keywordIn } from '../suites/keyword.ts';
import { CHECKS } from '../suites/registry.ts';

async function runEmbedded(yaml: string, options: { readonly only?: readonly string[] } = {}): Promise<Report> {
  const { profile } = await parseProfile(yaml, { file: 'test.yaml', env: {} });
  return (await run(profile, { mode: 'gate', ...options })).report;
}

/** Every reason that a check gave, whatever its keyword makes of it. */
const tripped = (report: Report) =>
  report.checks
    .flatMap(({ id, findings = [] }) => [...new Set(findings.map(({ reason }) => `${id}:${reason}`))])
    .sort();

const withOutcome = (report: Report, outcome: string) =>
  report.checks.filter((check) => check.outcome === outcome).map(({ id, because }) => `${id}: ${because}`);

/** Worlds of one revision: a fault trips there what it trips in the world of all, as far as the rules exist there. */
const NARROW_WORLDS: readonly Revision[] = ['2025-06-18', '2025-11-25', '2026-07-28'];

/** What a fault trips in a narrow world beyond what it declares. */
const MORE: Readonly<Record<string, readonly string[]>> = {
  // Where there are no sessions there is no stream to open either.
  'opens-the-event-stream-without-a-token in 2026-07-28': ['challenge/serves-nothing-to-retired-methods:other-status'],
  // Later revisions take either kind of metadata.
  ...Object.fromEntries(
    [
      'issuer-publishes-openid-discovery-before-its-path-and-nothing-else',
      'issuer-answers-with-a-web-page-before-openid-discovery',
      'issuer-names-no-algorithms-of-assertions-in-openid-discovery',
    ].map((id) => [`${id} in 2025-06-18`, ['issuer-metadata/serves-oauth-metadata:openid-alone']]),
  ),
};

const SESSIONS = [
  'challenge/ends-no-session-without-a-token',
  'challenge/refuses-a-session-id-without-a-token',
  'access-tokens/opens-sessions-that-cannot-be-guessed',
  'access-tokens/answers-404-to-unknown-sessions',
  'access-tokens/keeps-sessions-to-their-user',
  'access-tokens/judges-tokens-on-every-method',
];

/** Of the tenant's checks those that take more than its Management API. */
const ACROSS = CHECKS.filter(({ id, needs }) => id.startsWith('tenant/') && needs.some((key) => key !== 'tenant')).map(
  ({ id }) => id,
);

/** What costs a browser, or hundreds of requests, runs where the fault may concern it: areas, and checks of others. */
const COSTLY: Readonly<Record<string, (fault: Fault) => boolean>> = {
  'authorization/': isAbout(/^(?:authorization|token-endpoint|flow)\//),
  'token-endpoint/': isAbout(/^(?:authorization|token-endpoint|flow)\//),
  'flow/leads-from-a-401-to-a-tool-call': isAbout(/^(?:authorization|token-endpoint|flow)\//),
  'registration/': (fault) =>
    isAbout(/^(?:authorization|token-endpoint|flow|registration)\//)(fault) && isNews('registration/')(fault),
  'client-documents/': isAbout(/^client-documents\//),
  ...Object.fromEntries(
    ACROSS.map((id) => [id, isAbout(new RegExp(`^(?:authorization/|token-endpoint/|flow/|${ACROSS.join(':|')}:)`))]),
  ),
  'tenant/': isNews('tenant/'),
  'access-tokens/': ({ server, configuration, trips }) =>
    server !== undefined || (trips.length > 0 && configuration === undefined),
};

/** What is true of a state is true of each fault in it, and said of the state (tests/states). */
function isNews(area: string): (fault: Fault) => boolean {
  return ({ state, trips }) => state === undefined || trips.some((trip) => trip.startsWith(area));
}

/** What is replaced of a tenant shows in what it is about, or what no check sees yet in a sign-in. */
function isAbout(areas: RegExp): (fault: Fault) => boolean {
  return ({ tenant, server, trips }) =>
    trips.some((trip) => areas.test(trip)) ||
    (trips.length === 0 && tenant !== undefined && !server && areas.test('authorization/'));
}

/** Of these areas the same is asked whatever the server speaks: the conforming worlds of each revision say so. */
const SAME_IN_ALL = /^(?:authorization|token-endpoint|registration|client-documents|tenant)\//;

/** Ids of the checks that are worth their cost. */
function checksFor(isWorth: (costly: string) => boolean): readonly string[] {
  const left = Object.keys(COSTLY).filter((costly) => !isWorth(costly));
  return CHECKS.map(({ id }) => id).filter((id) => !left.some((costly) => id.startsWith(costly)));
}

/** What a client publishes these checks alone are about, and they ask nothing of tenant and server. */
const OF_DOCUMENTS = CHECKS.filter(({ needs }) => needs.every((need) => need === 'clientDocuments')).map(
  ({ id }) => id,
);

const worthOf = (fault: Fault) =>
  fault.clientDocuments !== undefined &&
  fault.trips.every((trip) => OF_DOCUMENTS.some((id) => trip.startsWith(`${id}:`)))
    ? OF_DOCUMENTS
    : checksFor((costly) => COSTLY[costly]!(fault));

/** In a world of one revision: what hangs on the server, and what costs more only where the fault is about it. */
const narrowWorthOf = ({ trips }: Fault) =>
  checksFor((costly) => !SAME_IN_ALL.test(costly) && trips.some((trip) => trip.startsWith(costly)));

function expectedIn(revision: Revision, fault: Fault): readonly string[] {
  const exists = (trip: string) => {
    const check = CHECKS.find(({ id }) => trip.startsWith(`${id}:`))!;
    return (
      !SAME_IN_ALL.test(trip) &&
      keywordIn(check, revision) !== undefined &&
      !(eraOf(revision) === 'stateless' && SESSIONS.includes(check.id))
    );
  };
  return [...fault.trips.filter(exists), ...(MORE[`${fault.id} in ${revision}`] ?? [])].sort();
}

// Of some hundred worlds, each with a browser, one may come when the machine is busy.
test.describe.configure({ timeout: 180_000 });

for (const fault of FAULTS) {
  test(`fault ${fault.id} trips what it declares`, async () => {
    const report = await runEmbedded(`embedded: { faults: [${fault.id}] }`, { only: worthOf(fault) });
    expect(tripped(report)).toEqual([...fault.trips].sort());
    expect(withOutcome(report, 'errored')).toEqual([]);
  });

  // Another state of the world has one revision anyway; what no check sees yet it sees in no revision.
  const hangsOnRevision =
    fault.state === undefined &&
    fault.clientDocuments === undefined &&
    fault.trips.some((trip) => !SAME_IN_ALL.test(trip));
  const narrow = hangsOnRevision ? NARROW_WORLDS : [];
  for (const revision of narrow.filter((each) => fault.revisions?.includes(each) ?? true)) {
    test(`fault ${fault.id} trips the same in a world of ${revision}`, async () => {
      const report = await runEmbedded(`embedded: { faults: [${fault.id}], revisions: ["${revision}"] }`, {
        only: narrowWorthOf(fault),
      });
      expect(tripped(report)).toEqual(expectedIn(revision, fault));
    });
  }
}

test('every reason of every check is tripped by a fault', () => {
  const reasons = CHECKS.flatMap((check) => Object.keys(check.reasons).map((reason) => `${check.id}:${reason}`));
  const covered = new Set(FAULTS.flatMap(({ trips }) => trips));
  const found = reasons.filter((reason) => covered.has(reason));
  console.log(
    `mutation: ${found.length} of ${reasons.length} reasons of ${CHECKS.length} checks, by ${FAULTS.length} faults`,
  );
  expect(reasons.filter((reason) => !covered.has(reason))).toEqual([]);
  expect([...covered].filter((trip) => !reasons.includes(trip))).toEqual([]);
});

for (const revision of [undefined, ...REVISIONS]) {
  test(`the conforming world trips nothing, ${revision === undefined ? 'revision detected' : `judged as ${revision}`}`, async () => {
    const report = await runEmbedded(`embedded: {}${revision === undefined ? '' : `\nrevision: "${revision}"`}`);
    expect(tripped(report)).toEqual([]);
    expect(withOutcome(report, 'errored')).toEqual([]);
    expect(withOutcome(report, 'untested')).toEqual([]);
    expect(withOutcome(report, 'out-of-scope')).toEqual([]);
    expect(report.summary.passed).toBeGreaterThan(20);
  });
}

for (const revision of REVISIONS) {
  test(`a conforming world that speaks ${revision} alone trips nothing`, async () => {
    const report = await runEmbedded(`embedded: { revisions: ["${revision}"] }`);
    expect(tripped(report)).toEqual([]);
    expect(report.revision).toEqual({ judged: [revision], source: 'detected' });
    expect(report.summary).toMatchObject({ failed: 0, errored: 0, untested: 0, 'out-of-scope': 0 });
  });
}

for (const claim of ['', '\nrevision: "2025-03-26"']) {
  test(`a server that is its own authorization server trips nothing, revision ${claim === '' ? 'detected' : 'claimed'}`, async () => {
    const report = await runEmbedded(`embedded: { state: own-authorization-server }${claim}`);
    expect(tripped(report)).toEqual([]);
    expect(report.revision.judged).toEqual(['2025-03-26']);
    expect(report.summary).toMatchObject({ failed: 0, errored: 0, untested: 0, 'out-of-scope': 0 });
    expect(report.summary.passed).toBeGreaterThan(20);
  });
}
