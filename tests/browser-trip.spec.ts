/** When a journey through a browser is over, without a browser. */
import { expect, test } from '@playwright/test';
import { beginTrip, endOf, isFruitless, isSettled, type Trip } from '../fixtures/doors/browser-trip.ts';
import { signInDriver } from '../fixtures/sign-in/driver.ts';

const LIMIT = 10_000;
const BEGUN = 1000;

function tripOf(changes: Partial<Trip> = {}, method: 'form' | 'by-hand' = 'form'): Trip {
  const visit = {
    id: 'test/visit',
    asks: 'a request',
    url: 'https://login.example/authorize',
    origins: ['https://login.example'],
    callbacks: [],
    session: 'first',
    driver: signInDriver({ signIn: { method, selectors: {} } }),
  } as const;
  return { ...beginTrip(visit, LIMIT, BEGUN), ...changes };
}

const LEFT = { kind: 'left', to: 'https://client.example/cb', query: [], fragment: [], body: [] } as const;

const ENDS: Readonly<
  Record<string, { readonly trip: Partial<Trip>; readonly end: Readonly<Record<string, unknown>> | undefined }>
> = {
  'nothing has happened': { trip: {}, end: undefined },
  'it was sent elsewhere, whatever failed besides': {
    trip: { left: LEFT, failed: 'net::ERR_FAILED', refused: 'no' },
    end: LEFT,
  },
  'our own policy': { trip: { refused: 'too many requests' }, end: { kind: 'stopped', why: 'not-sent' } },
  'a server that asks for patience': {
    trip: { busy: 429 },
    end: { why: 'not-sent', because: expect.stringContaining('429') },
  },
  'a file': { trip: { without: 'a page', status: 400 }, end: { kind: 'page', status: 400 } },
  'no content': { trip: { without: 'anything to show', status: 204 }, end: { kind: 'page', status: 204 } },
  'a redirect that no browser follows': {
    trip: { failed: 'net::ERR_UNSAFE_REDIRECT', status: 302 },
    end: { kind: 'page', status: 302 },
  },
  'the same before any answer': { trip: { failed: 'net::ERR_ABORTED' }, end: { why: 'unreachable' } },
  'a certificate': {
    trip: { failed: 'net::ERR_CERT_AUTHORITY_INVALID' },
    end: { why: 'unreachable', unlock: expect.stringContaining('network.caFile') },
  },
};

for (const [name, { trip, end }] of Object.entries(ENDS)) {
  test(`the end of a journey: ${name}`, () => {
    const found = endOf(tripOf(trip), () => undefined);
    if (end === undefined) expect(found).toBeUndefined();
    else expect(found).toMatchObject(end);
  });
}

test('what kept our own way from connecting goes before what the browser calls it', () => {
  const at: string[] = [];
  const end = endOf(tripOf({ failed: 'net::ERR_SOCKS_CONNECTION_FAILED' }), (authority) => {
    at.push(authority);
    return 'refused: nothing listens there';
  });
  expect(end).toMatchObject({ because: expect.stringContaining('nothing listens there') });
  expect(at).toEqual(['login.example:443']);
});

test('a tab that is gone has no end', () => {
  expect(() => endOf(tripOf({ crashed: true }), () => undefined)).toThrow(/crashed or was closed/);
});

test('a page has settled once it was quiet for the patience of who answers it, in half the time at the latest', () => {
  const since = BEGUN + 500;
  const settled = (changes: Partial<Trip>, after: number) =>
    isSettled(tripOf({ status: 200, activity: since, ...changes }), since, LIMIT, since + after);
  expect(settled({}, 1900)).toBe(false);
  expect(settled({}, 2100)).toBe(true);
  expect(settled({ activity: since + 1000 }, 2100)).toBe(false);
  expect(settled({ pending: 1 }, 6900)).toBe(false);
  expect(settled({ pending: 1 }, 7100)).toBe(true);
});

test('an error page has settled at once, but for a person who has sent a form and may try again', () => {
  const settled = (changes: Partial<Trip>, method: 'form' | 'by-hand') =>
    isSettled(tripOf({ status: 400, activity: BEGUN, ...changes }, method), BEGUN, LIMIT, BEGUN + 1);
  expect(settled({}, 'form')).toBe(true);
  expect(settled({ posted: true }, 'form')).toBe(true);
  expect(settled({}, 'by-hand')).toBe(true);
  expect(settled({ posted: true }, 'by-hand')).toBe(false);
});

test('an answer was fruitless once every request has ended for half the time', () => {
  const fruitless = (changes: Partial<Trip>, after: number) =>
    isFruitless(tripOf({ activity: BEGUN, ...changes }), BEGUN, LIMIT, BEGUN + after);
  expect(fruitless({}, 4900)).toBe(false);
  expect(fruitless({}, 5100)).toBe(true);
  expect(fruitless({ pending: 1 }, 9000)).toBe(false);
  expect(fruitless({ activity: BEGUN + 1000 }, 5100)).toBe(false);
});

test('a person has the time of a person', () => {
  expect(tripOf({}, 'by-hand').deadline - BEGUN).toBe(300_000);
  expect(tripOf({}).deadline - BEGUN).toBe(LIMIT);
});
