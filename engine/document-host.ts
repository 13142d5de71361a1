import { randomUUID } from 'node:crypto';
import { HarnessError } from '../fixtures/errors.ts';
import type { Profile } from '../fixtures/profile/profile.ts';
import type { DocumentHost, HostedAnswer } from '../fixtures/target.ts';
import type { DocumentHost as Host } from '../mock-idp/document-host.ts';

/** A host of the world's, or of the run's own, as probes see it. */
export function documentHostOf({ origin, publish }: Host, inside?: string): DocumentHost {
  return {
    origin,
    ...(inside !== undefined && { inside }),
    publish: async (first, path = `/documents/${randomUUID()}`) => {
      let answer: HostedAnswer = first;
      const { url, hits } = publish(() => answer, path);
      return {
        url,
        fetches: async () => hits().length,
        change: (next) => {
          answer = next;
        },
      };
    },
  };
}

/**
 * Opens the host that the profile describes, for as long as the run.
 *
 * @throws {HarnessError} `environment` where nothing can listen there
 */
export async function openOwnHost({
  publicUrl,
  listen,
}: NonNullable<Profile['documentHost']>): Promise<{ readonly host: DocumentHost; close(): Promise<void> }> {
  const [, address = '', port = ''] = /^\[?(.+?)\]?:(\d+)$/.exec(listen) ?? [];
  const now = () => Math.floor(Date.now() / 1000);
  // Loaded only where it is used, as everything of the embedded world.
  const { openDocumentHostAt } = await import('../mock-idp/document-host.ts');
  try {
    const host = await openDocumentHostAt(new URL(publicUrl).origin, { address, port: Number(port) }, now);
    return { host: documentHostOf(host), close: () => host.close() };
  } catch (error) {
    const why = error instanceof Error ? error.message : error;
    throw new HarnessError('environment', `documentHost.listen: nothing can listen at ${listen} (${why})`, {
      cause: error,
    });
  }
}
