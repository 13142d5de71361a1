/** What a browser tells of a tab, and for which journey: its events in the order in which a real one gave them. */
import { EventEmitter } from 'node:events';
import { expect, test } from '@playwright/test';
import type { CDPSession, Page } from 'playwright';
import { listen } from '../fixtures/doors/browser-events.ts';
import type { Watcher } from '../fixtures/doors/browser-guard.ts';
import { beginTrip, type Trip } from '../fixtures/doors/browser-trip.ts';
import { createKeyring } from '../fixtures/doors/keyring.ts';
import { createRedactor } from '../fixtures/doors/secrets.ts';
import { signInDriver } from '../fixtures/sign-in/driver.ts';
import { targetOf } from './door-lab.ts';

const AS = 'https://login.example/authorize';
const CLIENT = 'https://client.example/callback';
const APP = 'com.example.app:/callback';
const TAB = 'tab';

class Devtools extends EventEmitter {
  readonly asked: string[] = [];
  async send(method: string): Promise<void> {
    this.asked.push(method);
  }
}

const tripOf = (id: string): Trip => {
  const driver = signInDriver({ signIn: { method: 'form', selectors: {} } });
  const origins = [new URL(AS).origin];
  return beginTrip({ id, asks: id, url: AS, origins, callbacks: [CLIENT], session: 'first', driver }, 10_000, 0);
};

/** A tab on which one journey follows the other, without a browser. */
async function tabOf() {
  const devtools = new Devtools();
  const redactor = createRedactor();
  let watcher: Watcher | undefined;
  let trip: Trip | undefined;
  const guard = {
    watch(_frame: string, each: Watcher) {
      watcher = each;
    },
    unwatch() {},
  };
  await listen(
    { page: new EventEmitter() as unknown as Page, devtools: devtools as unknown as CDPSession, mainFrame: TAB },
    { guard, pass: async () => undefined },
    { trip: () => trip, ended: () => {} },
    {
      ask: { heed: () => false },
      keyring: createKeyring(redactor),
      redactor,
      target: targetOf('https://mcp.example/mcp'),
    },
  );
  expect(devtools.asked).toEqual(['Page.enable', 'Network.enable']);
  return {
    begin(id: string): Trip {
      trip = tripOf(id);
      return trip;
    },
    /** A request for a document; `from`: a redirect led to it. */
    asks: (navigation: string, url: string, from?: 'redirect') =>
      devtools.emit('Network.requestWillBeSent', {
        requestId: navigation,
        loaderId: navigation,
        frameId: TAB,
        request: { url },
        ...(from !== undefined && { redirectResponse: { status: 302 } }),
      }),
    redirects: (navigation: string, Location: string) =>
      devtools.emit('Network.responseReceivedExtraInfo', {
        requestId: navigation,
        statusCode: 302,
        headers: { Location },
      }),
    shows: (navigation: string) =>
      devtools.emit('Page.frameNavigated', { frame: { id: TAB, loaderId: navigation, url: AS } }),
    /** A script or an element of the document wants the tab to go there. */
    wants: (url: string) => devtools.emit('Page.frameRequestedNavigation', { frameId: TAB, url }),
    judges: (navigation: string, url: string) =>
      watcher!.judge({ url: new URL(url), isPage: true, navigation, method: 'GET', body: undefined }),
  };
}

type Tab = Awaited<ReturnType<typeof tabOf>>;

/** Each leads the journey whose navigation is the given one elsewhere. */
const WAYS: Readonly<Record<string, (tab: Tab, navigation: string, state: string) => unknown>> = {
  'header fields of a redirect to an app': (tab, navigation, state) =>
    tab.redirects(navigation, `${APP}?state=${state}`),
  'the request to an app that a redirect leads to': (tab, navigation, state) =>
    tab.asks(navigation, `${APP}?state=${state}`, 'redirect'),
  'the request of a redirect to a client': (tab, navigation, state) =>
    tab.judges(navigation, `${CLIENT}?state=${state}`),
};

for (const [name, lead] of Object.entries(WAYS)) {
  test(`${name} ends the journey on which the navigation began, and no later one`, async () => {
    const tab = await tabOf();
    const first = tab.begin('test/first');
    tab.asks('n1', AS);
    await lead(tab, 'n1', 'first');
    expect(first.left).toMatchObject({ query: [['state', 'first']] });

    const second = tab.begin('test/second');
    await lead(tab, 'n1', 'first');
    tab.asks('n2', AS);
    await lead(tab, 'n1', 'first');
    expect(second.left).toBeUndefined();
    await lead(tab, 'n2', 'second');
    expect(second.left).toMatchObject({ query: [['state', 'second']] });
  });
}

test('what a document wants counts once a document of the journey stands in the tab', async () => {
  const tab = await tabOf();
  const first = tab.begin('test/first');
  tab.asks('n1', AS);
  tab.shows('n1');
  tab.wants(`${APP}?state=first`);
  expect(first.left).toMatchObject({ to: APP, query: [['state', 'first']] });

  const second = tab.begin('test/second');
  tab.wants(`${APP}?state=first`);
  tab.shows('n1');
  tab.asks('n2', AS);
  tab.wants(`${APP}?state=first`);
  expect(second.left).toBeUndefined();
  tab.shows('n2');
  tab.wants(`${APP}?state=second`);
  expect(second.left).toMatchObject({ query: [['state', 'second']] });
});

test('a request that the guard keeps back is not sent, whichever journey it is of', async () => {
  const tab = await tabOf();
  tab.begin('test/first');
  tab.asks('n1', AS);
  tab.begin('test/second');
  expect(await tab.judges('n1', CLIENT)).toBe('end');
});
