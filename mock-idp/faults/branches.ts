import { publicDocument } from '../http.ts';
import type { TenantContext } from '../tenant/behaviour.ts';
import type { Replacement, TenantReplacement } from './replace.ts';

const PATH =
  /^(?:\/\.well-known\/(?:oauth-authorization-server|openid-configuration))?(\/branch-\d)(\/\.well-known\/openid-configuration|\/keys)?$/;

/** Identifiers of further issuers, at paths of the tenant's host. */
export const branchesOf = ({ issuer }: { readonly issuer: string }, count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => new URL(`/branch-${index}`, issuer).href);

/** The resource metadata names as many behind the tenant. */
export const namesBranches =
  (count: number): Replacement =>
  (conforming) => ({
    resourceMetadata: (context) => ({
      ...conforming.resourceMetadata(context),
      authorization_servers: [context.setup.issuer, ...branchesOf(context.setup, count)],
    }),
  });

/** Each has the tenant's metadata in its own name; and a key set of its own, where one is given. */
export const hasBranches =
  (keySet?: object): TenantReplacement =>
  (conforming) => ({
    sideDoor: (context: TenantContext) => {
      const { request, setup } = context;
      const [, path, document] = PATH.exec(request.path) ?? [];
      if (path === undefined) return conforming.sideDoor(context);
      const issuer = new URL(path, setup.issuer).href;
      if (document === '/keys') return keySet && publicDocument(request, 15, () => keySet);
      const keys = keySet === undefined ? {} : { jwks_uri: `${issuer}/keys` };
      return publicDocument(request, 15, () => ({ ...conforming.metadata(context), issuer, ...keys }));
    },
  });
