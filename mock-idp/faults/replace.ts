import { decodeJwt } from 'jose';
import { emptyReply, type HeaderLine, type Reply } from '../http.ts';
import type {
  ChallengeKind,
  ChallengeParameter,
  Operation,
  RefusalKind,
  ServerBehaviour,
  ServerContext,
} from '../server/behaviour.ts';
import type { TenantBehaviour, TenantContext } from '../tenant/behaviour.ts';
import { ADA } from '../tenant/states/conforming.ts';

/** A deviation of the server: what it puts in place of the conforming functions. */
export type Replacement = (conforming: ServerBehaviour) => Partial<ServerBehaviour>;

/** A deviation of the tenant. */
export type TenantReplacement = (conforming: TenantBehaviour) => Partial<TenantBehaviour>;

/** Kinds that are answered with 401. */
export const UNAUTHORIZED: readonly ChallengeKind[] = ['no-token', 'invalid-token'];

/** Serves more than nothing without a token. */
export function servePublicly(test: (operation: Operation, context: ServerContext) => boolean): Replacement {
  return (conforming) => ({
    isPublic: (operation, context) => conforming.isPublic(operation, context) || test(operation, context),
  });
}

/** Accepts tokens that verification refuses, with every scope. */
export function acceptTokens(test: (token: string) => boolean): Replacement {
  return (conforming) => ({
    async verifyToken(token, context) {
      const verified = await conforming.verifyToken(token, context);
      if (verified.valid || !test(token)) return verified;
      const { scopes } = context.setup.server;
      return {
        valid: true,
        principal: { token, subject: subjectOf(token), clientId: 'stranger', scopes, expiresAt: 4102444800 },
      };
    },
  });
}

/** Whom the token names: a server that believes it takes the caller for them, and for the same user where it names none. */
function subjectOf(token: string): string {
  try {
    return decodeJwt(token).sub ?? ADA;
  } catch {
    return ADA;
  }
}

/** Changes the challenge as it is written, line by line; a line may become several. */
export function rewriteChallenge(
  kinds: readonly ChallengeKind[] | 'all',
  edit: (line: string) => string | readonly string[],
): Replacement {
  return (conforming) => ({
    challenge: (kind, context) => {
      const lines = conforming.challenge(kind, context);
      return kinds === 'all' || kinds.includes(kind) ? lines.flatMap(edit) : lines;
    },
  });
}

/** Changes the challenge's parameters before they are written. */
export function editParameters(
  kinds: readonly ChallengeKind[] | 'all',
  edit: (parameters: readonly ChallengeParameter[], context: ServerContext) => readonly ChallengeParameter[],
): Replacement {
  return (conforming) => ({
    challengeParameters: (kind, context) => {
      const parameters = conforming.challengeParameters(kind, context);
      return kinds === 'all' || kinds.includes(kind) ? edit(parameters, context) : parameters;
    },
  });
}

/** Puts another value in place of the parameter's, wherever it is sent. */
export function setParameter(
  kinds: readonly ChallengeKind[],
  name: string,
  value: (context: ServerContext) => string,
): Replacement {
  return editParameters(kinds, (parameters, context) =>
    parameters.map((parameter) => (parameter[0] === name ? [name, value(context)] : parameter)),
  );
}

export function dropParameters(kinds: readonly ChallengeKind[], names: readonly string[]): Replacement {
  return editParameters(kinds, (parameters) => parameters.filter(([name]) => !names.includes(name)));
}

export function editRefusal(
  kinds: readonly RefusalKind[],
  edit: (reply: Reply, context: ServerContext) => Reply,
): Replacement {
  return (conforming) => ({
    refuse: (kind, context) => {
      const reply = conforming.refuse(kind, context);
      return kinds.includes(kind) ? edit(reply, context) : reply;
    },
  });
}

/** Lets the reply through as it is, but for lines of this name. */
export function withoutHeader(reply: Reply, name: string): Reply {
  return { ...reply, headers: reply.headers.filter(([field]) => field.toLowerCase() !== name.toLowerCase()) };
}

/** The reply with another value of a field. */
export function setField(reply: Reply, name: string, value: string): Reply {
  const line: HeaderLine = [name, value];
  return { ...reply, headers: [...withoutHeader(reply, name).headers, line] };
}

/** Answers some paths before the tenant does; `undefined` leaves the request to it. The world's own server is spared. */
export function answerTenantPaths(
  paths: readonly string[],
  reply: (context: TenantContext) => Reply | undefined,
): TenantReplacement {
  return (conforming) => ({
    sideDoor: (context) =>
      (paths.includes(context.request.path) && context.request.internal !== true ? reply(context) : undefined) ??
      conforming.sideDoor(context),
  });
}

/**
 * Answers plain http at these paths, as over https or by `reply`, and leads the rest to https. Goes with `publicName`
 * and `plainHttp`.
 */
export function alsoOverHttp(paths: readonly string[], reply?: (context: TenantContext) => Reply): TenantReplacement {
  return (conforming) => ({
    sideDoor: (context) => {
      const { request, setup } = context;
      if (request.scheme === 'https' || request.internal === true) return conforming.sideDoor(context);
      if (paths.includes(request.path)) return reply?.(context) ?? conforming.sideDoor(context);
      return emptyReply(308, [['Location', new URL(`${request.path}${request.query}`, setup.issuer).href]]);
    },
  });
}

/** Answers requests that pass the test, before credentials are looked at. */
export function answerFirst(
  test: (context: ServerContext) => boolean,
  reply: (context: ServerContext) => Reply,
): Replacement {
  return (conforming) => ({
    sideDoor: (context) => (test(context) ? reply(context) : conforming.sideDoor(context)),
  });
}

/** Two replacements as one; neither may name a function that the other names. */
export function together(...replacements: readonly Replacement[]): Replacement {
  return (conforming) =>
    Object.assign({}, ...replacements.map((replace) => replace(conforming))) as Partial<ServerBehaviour>;
}

/** A `text/event-stream` answer that begins so and stays open. */
export function openStream(first = ': open\n\n'): Reply {
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode(first)),
  });
  return { status: 200, headers: [['Content-Type', 'text/event-stream']], body };
}
