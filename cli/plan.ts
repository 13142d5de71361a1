import { whyNotRun } from '../engine/capture.ts';
import { type Given, missingForSignIn } from '../engine/provisions.ts';
import { probesFor, selectChecks } from '../engine/run.ts';
import { secret } from '../fixtures/doors/secrets.ts';
import type { Effect, Probe } from '../fixtures/probe.ts';
import { signsInSecond } from '../fixtures/probes/second-user.ts';
import type { Profile } from '../fixtures/profile/profile.ts';
import type { DocumentHost } from '../fixtures/target.ts';
import { createPage, type Line, type Page } from '../reports/render/page.ts';
import { pageOptions, print } from './output.ts';

const EFFECTS: Readonly<Record<Effect, string>> = {
  none: 'metadata and plain requests',
  trials: 'hostile inputs',
  load: 'load, of bounded cost',
  writes: 'writes: something is registered',
};

/** Prints what a run of the profile would ask and what it would leave, and sends nothing. */
export async function printPlan(profile: Profile, only: readonly string[] | undefined): Promise<void> {
  const page = createPage(pageOptions());
  const { requestsPerSecond, concurrency, budget } = profile.limits;
  const lines = [
    ...page.text(`Plan of ${profile.name}; nothing is sent`, { style: 'bold' }),
    '',
    ...page.field('Server', profile.server?.url ?? 'the embedded world, on this machine', { indent: 2 }),
    ...page.field(
      'Limits',
      `${requestsPerSecond} requests a second to one origin, ${concurrency} at a time, ${budget} in all`,
      { indent: 2 },
    ),
    '',
    ...probesFor(selectChecks(only)).flatMap((probe) => renderProbe(page, probe, profile)),
  ];
  await print(`${lines.join('\n')}\n`);
}

function renderProbe(page: Page, probe: Probe, profile: Profile): readonly Line[] {
  const { key, asks, effects, waits, needs, uses = [], after: behind = [] } = probe;
  const target = given(profile);
  const rounds = typeof probe.rounds === 'function' ? probe.rounds(target) : probe.rounds;
  const missing = whyNotRun(probe, target);
  const after = [...new Set([...needs, ...uses, ...behind])];
  const isByHand = profile.users.signIn?.method === 'by-hand';
  const browser = isByHand && rounds !== undefined ? `${rounds}, in a window where a person answers` : rounds;
  return [
    ...page.item(missing === undefined ? '+' : '-', key, missing === undefined ? { style: 'bold' } : {}),
    ...page.field('Asks', asks),
    ...page.field('Effect', EFFECTS[effects]),
    ...(browser === undefined ? [] : page.field('Browser', browser)),
    // The clock of the embedded world goes ahead.
    ...(waits === undefined || profile.embedded !== undefined
      ? []
      : page.field('Waits', `${waits}; only with --slow, or as far as issuer.patience allows`)),
    ...(after.length === 0 ? [] : page.field('After', after.join(', '))),
    ...(probe.leaves === undefined ? [] : page.field('Leaves', `${probe.leaves}: ${whoRemoves(profile)}`)),
    ...(missing === undefined ? [] : page.field('Not sent', missing.because)),
    ...(missing === undefined ? [] : page.field('Needs', missing.unlock)),
    '',
  ];
}

/** What becomes of clients at the end of the run, however it ends. */
function whoRemoves({ embedded, management }: Profile): string {
  if (embedded !== undefined) return 'the embedded world ends with the run, and they with it';
  return management === undefined
    ? 'removed at the end where the server lets clients be deleted (RFC 7592). Nothing here removes others: a few stay, unless you give management'
    : 'removed at the end, through the Management API where the server lets nobody else delete them';
}

/** Of a host nothing but that there is one decides what may be sent. */
const PLANNED_HOST: DocumentHost = {
  origin: '',
  publish: async () => ({ url: '', fetches: async () => 0, change: () => {} }),
};

/** As much of a target as decides what may be sent. A mock tenant gives tokens and keys; the embedded world gives whatever it takes, and bears all of it. */
function given({
  tokens,
  clients,
  users,
  issuer,
  authorized,
  allow,
  embedded,
  documentHost,
  management,
}: Profile): Given {
  const { signingKey } = issuer ?? {};
  const hosted = {
    ...(documentHost && { documentHost: PLANNED_HOST }),
    ...(management && { management }),
  };
  if (embedded === undefined && issuer?.control === undefined) {
    // A sign-in of the run's own gives a good token, where the profile has none.
    const good = tokens.good ?? (missingForSignIn({ clients, users }) ? undefined : secret('tokens.good', ''));
    return {
      authorized,
      allow,
      tokens: { ...tokens, ...(good && { good }) },
      clients,
      users,
      ...(signingKey && { issuer: { signingKey } }),
      ...hosted,
    };
  }
  const nothing = async () => {};
  const control = {
    rotateKeys: async () => ({}),
    removeKey: nothing,
    keyFetches: async () => 0,
    breakKeys: nothing,
    mendKeys: nothing,
    letTimePass: async () => true,
  };
  const people =
    embedded === undefined
      ? { clients, users }
      : {
          clients: { public: { id: '', redirectUri: '' }, documents: [''] },
          users: { first: { username: '', password: secret('users.first.password', '') }, ...users },
        };
  const controlled = {
    authorized,
    ...people,
    tokens: {
      good: secret('tokens.good', ''),
      ...(!signsInSecond({ tokens, ...people }) && { otherUser: secret('tokens.otherUser', '') }),
    },
    issuer: { signingKey: secret('issuer.signingKey', ''), control },
  };
  if (embedded === undefined) return { ...controlled, allow, ...hosted };
  return {
    ...controlled,
    allow: ['load', 'writes'],
    documentHost: PLANNED_HOST,
    management: { url: '' },
  };
}
