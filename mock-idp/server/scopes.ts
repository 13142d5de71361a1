import type { ServerContext } from './behaviour.ts';

/** Scopes that all operations of the request need together: those of every operation, and those of each tool called. */
export function neededScopes({ operations, setup }: ServerContext): readonly string[] {
  const { baseScopes, tools } = setup.server;
  const ofTools = operations.flatMap(({ tool }) =>
    tool !== undefined && Object.hasOwn(tools, tool) ? tools[tool]! : [],
  );
  return [...new Set([...baseScopes, ...ofTools])];
}
