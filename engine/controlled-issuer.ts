import { setTimeout as sleep } from 'node:timers/promises';
import { type MintingDesk, mintingDeskAt } from '../fixtures/doors/minting-desk.ts';
import { type Secret, secret } from '../fixtures/doors/secrets.ts';
import { signsInSecond } from '../fixtures/probes/second-user.ts';
import type { Profile } from '../fixtures/profile/profile.ts';
import type { IssuerControl, Target } from '../fixtures/target.ts';

type Controlled = Required<Pick<Target, 'tokens' | 'secrets'>> & { readonly issuer: NonNullable<Target['issuer']> };

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
): Promise<Controlled> {
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
  return {
    tokens,
    issuer: { signingKey, control: controlBy(desk, patience) },
    secrets: [...new Set([...given.secrets, ...Object.values(tokens), signingKey])],
  };
}

/** @param patience seconds that may be waited at a stretch: the clock of a server elsewhere is nobody's to turn. */
function controlBy(desk: MintingDesk, patience: number): IssuerControl {
  return {
    rotateKeys: async () => {
      await desk.rotate();
      return desk.signingKey();
    },
    removeKey: (kid) => desk.revoke(kid),
    keyFetches: () => desk.keyFetches(),
    breakKeys: (mode) => desk.answerWith(mode),
    mendKeys: () => desk.answerWith('keys'),
    letTimePass: async (seconds) => {
      if (seconds > patience) return false;
      await sleep(seconds * 1000);
      return true;
    },
  };
}
