import { setTimeout as sleep } from 'node:timers/promises';
import { type MintingDesk, mintingDeskAt } from '../fixtures/doors/minting-desk.ts';
import { type Secret, secret } from '../fixtures/doors/secrets.ts';
import { signsInSecond } from '../fixtures/probes/second-user.ts';
import type { Profile } from '../fixtures/profile/profile.ts';
import type { IssuerControl, Target } from '../fixtures/target.ts';

export interface ControlledIssuer {
  readonly given: Required<Pick<Target, 'tokens' | 'secrets'>> & { readonly issuer: NonNullable<Target['issuer']> };
  /** From now on no key is turned; a key set that the run has broken is whole again, or `onLeftover` was told of it. */
  close(): Promise<void>;
}

export interface ControlOptions {
  /** Ends what is waited for, and turns no key from then on. */
  readonly signal?: AbortSignal | undefined;
  /** Told what is left as no tenant should be, and what to do. */
  readonly onLeftover?: ((line: string) => void) | undefined;
}

const HOUR = 3600;

/**
 * What a mock tenant gives to the run of a server that trusts it: tokens where the profile has none, the key, and the
 * turning of keys.
 *
 * @throws {HarnessError} `environment` when there is no desk.
 */
export async function controlledIssuer(
  { url, patience }: NonNullable<NonNullable<Profile['issuer']>['control']>,
  given: Pick<Profile, 'tokens' | 'secrets' | 'clients' | 'users'>,
  options: ControlOptions = {},
): Promise<ControlledIssuer> {
  const desk = mintingDeskAt(url);
  const now = Math.floor(Date.now() / 1000);
  const signingKey = secret('issuer.signingKey', JSON.stringify(await desk.signingKey()));
  const minted: Readonly<Partial<Record<keyof Target['tokens'], Secret>>> = {
    good: secret('tokens.good', await desk.token()),
    otherAudience: secret('tokens.otherAudience', await desk.token({ aud: 'https://other-api.example' })),
    ...(!signsInSecond(given) && {
      otherUser: secret('tokens.otherUser', await desk.token({ sub: 'auth0|another-user' })),
    }),
    expired: secret('tokens.expired', await desk.token({ iat: now - 3 * HOUR, exp: now - 2 * HOUR })),
  };
  const tokens = { ...minted, ...given.tokens };
  const { control, close } = controlBy(desk, patience, options.signal);
  return {
    given: {
      tokens,
      issuer: { signingKey, control },
      secrets: [...new Set([...given.secrets, ...Object.values(tokens), signingKey])],
    },
    async close() {
      await close().catch(({ message }: Error) => options.onLeftover?.(`${BROKEN} (${message})`));
    },
  };
}

const BROKEN =
  'perhaps the mock tenant does not give out its keys: if it is running still, end it and start it again before a server trusts it';

/** @param patience seconds that may be waited at a stretch: the clock of a server elsewhere is nobody's to turn. */
function controlBy(
  desk: MintingDesk,
  patience: number,
  signal?: AbortSignal,
): { readonly control: IssuerControl; close(): Promise<void> } {
  const closing = new AbortController();
  const ended = AbortSignal.any([closing.signal, ...(signal ? [signal] : [])]);
  let isBroken = false;
  let last: Promise<unknown> = Promise.resolve();
  /** One after another: an order that is under way when the run ends must not come in after the mending. */
  const inTurn = <T>(order: () => Promise<T>): Promise<T> => {
    const done = last.then(order);
    last = done.catch(() => {});
    return done;
  };
  const unlessEnded = <T>(order: () => Promise<T>): Promise<T> =>
    inTurn(() => {
      ended.throwIfAborted();
      return order();
    });
  const mend = () =>
    inTurn(async () => {
      if (!isBroken) return;
      await desk.answerWith('keys');
      isBroken = false;
    });
  return {
    control: {
      rotateKeys: () =>
        unlessEnded(async () => {
          await desk.rotate();
          return desk.signingKey();
        }),
      removeKey: (kid) => unlessEnded(() => desk.revoke(kid)),
      keyFetches: () => desk.keyFetches(),
      breakKeys: (mode) =>
        unlessEnded(() => {
          // Before it is known whether the order came through.
          isBroken = true;
          return desk.answerWith(mode);
        }),
      mendKeys: mend,
      letTimePass: async (seconds) => {
        if (seconds > patience) return false;
        await sleep(seconds * 1000, undefined, { signal: ended });
        return true;
      },
    },
    close() {
      closing.abort();
      return mend();
    },
  };
}
