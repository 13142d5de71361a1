import { jsonReply, publicDocument, type Reply } from '../../../http.ts';
import type { TenantContext } from '../../../tenant/behaviour.ts';
import type { Fault } from '../../fault.ts';
import { answerTenantPaths, type TenantReplacement } from '../../replace.ts';

type Metadata = Readonly<Record<string, unknown>>;
type Changes = Metadata | ((metadata: Metadata, context: TenantContext) => Metadata);

export const OAUTH = '/.well-known/oauth-authorization-server';
export const OPENID = '/.well-known/openid-configuration';

const changed = (metadata: Metadata, changes: Changes, context: TenantContext) => ({
  ...metadata,
  ...(typeof changes === 'function' ? changes(metadata, context) : changes),
});

/** Changes the metadata at both locations; a member that is `undefined` is left out. */
export function metadata(changes: Changes): TenantReplacement {
  return (conforming) => ({ metadata: (context) => changed(conforming.metadata(context), changes, context) });
}

/** Changes one of the documents. */
export function metadataAt(path: string, changes: Changes): TenantReplacement {
  return (conforming) =>
    answerTenantPaths([path], (context) =>
      publicDocument(context.request, 15, () => changed(conforming.metadata(context), changes, context)),
    )(conforming);
}

/** Changes the answer with the metadata at both locations. */
export function delivery(edit: (reply: Reply, context: TenantContext) => Reply): TenantReplacement {
  return (conforming) =>
    answerTenantPaths([OAUTH, OPENID], (context) =>
      edit(
        publicDocument(context.request, 15, () => conforming.metadata(context)),
        context,
      ),
    )(conforming);
}

export const notFound = (): Reply => jsonReply(404, { error: 'not_found' });

/** One deviation of the metadata by one change. Of checks on the metadata the area is left out. */
export function change(id: string, says: string, changes: Changes, ...trips: readonly string[]): Fault {
  const named = trips.map((trip) => (trip.includes('/') ? trip : `issuer-metadata/${trip}`));
  return { id, says, tenant: metadata(changes), trips: named };
}
