import { systemNetwork } from '../fixtures/doors/egress.ts';
import { secret } from '../fixtures/doors/secrets.ts';
import { HarnessError } from '../fixtures/errors.ts';
import type { Profile } from '../fixtures/profile/profile.ts';
import type { Target } from '../fixtures/target.ts';

export interface OpenTarget {
  readonly target: Target;
  /** Stops what was started for it. */
  close(): Promise<void>;
}

/** A profile as something to be asked: the embedded world is started for a profile that names it. */
export async function openTarget(profile: Profile): Promise<OpenTarget> {
  const { server, embedded, network, ...rest } = profile;
  if (embedded === undefined) {
    if (server === undefined)
      throw new HarnessError('profile', 'server.url is missing: write the URL of the MCP endpoint');
    return { target: { ...rest, server, network: { ...network, ...systemNetwork() } }, close: async () => {} };
  }
  // Loaded only where it is used: the MCP SDK is the largest thing a command would read.
  const { startWorld } = await import('../mock-idp/world.ts');
  const world = await startWorld(embedded).catch((error: unknown) => {
    throw new HarnessError('profile', `embedded: ${error instanceof Error ? error.message : error}`, { cause: error });
  });
  try {
    const good = rest.tokens.good ?? secret('tokens.good', await world.mint());
    const target: Target = {
      ...rest,
      server: { audience: [], ...world.server },
      tokens: { ...rest.tokens, good },
      secrets: [...rest.secrets, good],
      network: { ...network, ...world.network },
    };
    return { target, close: () => world.close() };
  } catch (error) {
    await world.close();
    throw error;
  }
}
