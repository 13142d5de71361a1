import { expect, test } from '@playwright/test';
import fc from 'fast-check';
import { openDoors } from '../fixtures/doors/open-doors.ts';
import { createPace } from '../fixtures/doors/pace.ts';
import { retryAfter } from '../fixtures/doors/retry-after.ts';
import { quickClock, targetOf } from './door-lab.ts';

const ORIGIN = 'http://server.test';

test('a burst of one second’s worth goes at once, the rest at the rate', async () => {
  const clock = quickClock(0);
  const pace = createPace({ requestsPerSecond: 4, concurrency: 100, clock });
  const times: number[] = [];
  for (let request = 0; request < 8; request += 1) {
    await pace.enter(ORIGIN);
    times.push(clock.now());
  }
  expect(times).toEqual([0, 0, 0, 0, 250, 500, 750, 1000]);
});

test('less than one request a second is still a rate', async () => {
  const clock = quickClock(0);
  const pace = createPace({ requestsPerSecond: 0.5, concurrency: 1, clock });
  for (let request = 0; request < 3; request += 1) (await pace.enter(ORIGIN))();
  expect(clock.slept).toEqual([2000, 2000]);
});

/** Time that passes only when everybody sleeps, and then up to the next who wakes. */
function sharedClock() {
  const sleepers: { readonly until: number; readonly wake: () => void }[] = [];
  let now = 0;
  return {
    now: () => now,
    sleep: (milliseconds: number) =>
      new Promise<void>((wake) => {
        sleepers.push({ until: now + milliseconds, wake });
      }),
    async pass(): Promise<void> {
      await new Promise((resolve) => setImmediate(resolve));
      const next = sleepers.sort((a, b) => a.until - b.until).shift();
      if (next === undefined) return;
      now = next.until;
      next.wake();
      return this.pass();
    },
  };
}

test('never more than the burst and the rate go out, however they are asked for', async () => {
  const loads = fc.record({
    rate: fc.integer({ min: 1, max: 20 }),
    requests: fc.integer({ min: 1, max: 60 }),
    concurrency: fc.integer({ min: 1, max: 8 }),
    took: fc.integer({ min: 0, max: 700 }),
  });
  await fc.assert(
    fc.asyncProperty(loads, async ({ rate, requests, concurrency, took }) => {
      const clock = sharedClock();
      const pace = createPace({ requestsPerSecond: rate, concurrency, clock });
      const times: number[] = [];
      let under = 0;
      let most = 0;
      const all = Array.from({ length: requests }, async () => {
        const leave = await pace.enter(ORIGIN);
        times.push(clock.now());
        under += 1;
        most = Math.max(most, under);
        await clock.sleep(took);
        under -= 1;
        leave();
      });
      await clock.pass();
      await Promise.all(all);
      expect(times).toHaveLength(requests);
      expect(most).toBeLessThanOrEqual(concurrency);
      // A full bucket and what flows in meanwhile; a millisecond is the clock's grain.
      const allowed = (start: number, end: number) => rate + ((end - start + 1) * rate) / 1000;
      const excess = times.flatMap((start, first) =>
        times.filter((end, last) => last >= first && last - first + 1 > allowed(start, end)),
      );
      expect(excess).toEqual([]);
    }),
    { numRuns: 50 },
  );
});

test('origins have a pace each, and one gate together', async () => {
  const clock = quickClock(0);
  const pace = createPace({ requestsPerSecond: 1, concurrency: 2, clock });
  const leave = await pace.enter('http://one.test');
  await pace.enter('http://two.test');
  let entered = false;
  const third = pace.enter('http://three.test').then(() => {
    entered = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(entered).toBe(false);
  leave();
  await third;
  expect(clock.slept).toEqual([]);
});

test('leaving twice gives one place back', async () => {
  const pace = createPace({ requestsPerSecond: 100, concurrency: 1, clock: quickClock(0) });
  const leave = await pace.enter(ORIGIN);
  leave();
  leave();
  await pace.enter(ORIGIN);
  let entered = false;
  void pace.enter(ORIGIN).then(() => {
    entered = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(entered).toBe(false);
});

test('an origin that asked for patience is left alone by everybody, others are not', async () => {
  const clock = quickClock(0);
  const pace = createPace({ requestsPerSecond: 100, concurrency: 100, clock });
  expect(pace.holdBack(ORIGIN, 5000)).toBe(true);
  await pace.enter('http://other.test');
  expect(clock.now()).toBe(0);
  await pace.enter(ORIGIN);
  expect(clock.now()).toBe(5000);
});

test('patience asked for twice at once is waited for once', () => {
  const pace = createPace({ requestsPerSecond: 1, concurrency: 1, clock: quickClock(0) });
  const holds = Array.from({ length: 20 }, () => pace.holdBack(ORIGIN, 30_000));
  expect(holds).not.toContain(false);
});

test('patience has its limits: 30 seconds at once, 2 minutes in all', () => {
  const pace = createPace({ requestsPerSecond: 1, concurrency: 1, clock: quickClock(0) });
  expect(pace.holdBack(ORIGIN, 30_001)).toBe(false);
  const holds = ['a', 'b', 'c', 'd', 'e'].map((host) => pace.holdBack(`http://${host}.test`, 30_000));
  expect(holds).toEqual([true, true, true, true, false]);
});

test('an origin that asks for more is closed for as long, others are not', async () => {
  const clock = quickClock(0);
  const pace = createPace({ requestsPerSecond: 1, concurrency: 1, clock });
  pace.holdBack(ORIGIN, 60_000);
  expect([pace.closedFor(ORIGIN), pace.closedFor('http://other.test')]).toEqual([60_000, undefined]);
  // Later patience, and a shorter time, do not open it.
  pace.holdBack(ORIGIN, 1000);
  pace.holdBack(ORIGIN, 40_000);
  await clock.sleep(59_999);
  expect(pace.closedFor(ORIGIN)).toBe(60_000);
  await clock.sleep(1);
  expect(pace.closedFor(ORIGIN)).toBeUndefined();
});

test('a 429 without Retry-After says by x-ratelimit-reset when it is over, where that is a time to come', () => {
  const now = Date.UTC(2026, 0, 1);
  const waits = (status: number, ...headers: readonly (readonly [string, string])[]) =>
    retryAfter({ status, headers }, now);
  const reset = (seconds: number) => ['X-RateLimit-Reset', String(now / 1000 + seconds)] as const;
  expect(waits(429, reset(7))).toBe(7000);
  expect(waits(429, ['Retry-After', '2'], reset(7))).toBe(2000);
  for (const odd of [reset(-7), reset(999_999), ['x-ratelimit-reset', '30'] as const])
    expect(waits(429, odd)).toBe(1000);
  expect(waits(503, reset(7))).toBeUndefined();
  expect(waits(200, reset(7))).toBeUndefined();
});

for (const end of ['interrupt', 'close'] as const) {
  test(`a pause of a minute is over at once when the run is ended: ${end}`, async () => {
    const doors = openDoors(targetOf(ORIGIN));
    const pause = doors.pause(60);
    expect(await doors.pause(0.01)).toBe(true);
    await doors[end]();
    expect(await pause).toBe(false);
    expect(await doors.pause(60)).toBe(false);
    await doors.close();
  });
}
