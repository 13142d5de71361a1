import type { JsonObject } from '../../fixtures/protocol/documents.ts';

/** A command of the Auth0 CLI that changes members of a thing of the tenant; `path` is behind `/api/v2/`. */
export const patching = (path: string, members: JsonObject): string =>
  `auth0 api patch ${path} --data '${JSON.stringify(members)}'`;
