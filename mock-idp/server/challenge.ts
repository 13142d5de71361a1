import type { ChallengeKind, ChallengeParameter, ServerContext } from './behaviour.ts';

/** The Bearer challenge for `kind` (RFC 6750 3, RFC 9728 5.1). */
export function challenge(kind: ChallengeKind, context: ServerContext): readonly string[] {
  return [writeChallenge('Bearer', context.behaviour.challengeParameters(kind, context))];
}

/** Error codes and their texts (RFC 6750 3.1); who brings no token is told no error. */
const ERRORS: Readonly<Record<ChallengeKind, (context: ServerContext) => readonly ChallengeParameter[]>> = {
  'no-token': () => [],
  'malformed-credential': () => [
    ['error', 'invalid_request'],
    ['error_description', 'The Authorization field is not one bearer token'],
  ],
  'invalid-token': ({ problem }) => [
    ['error', 'invalid_token'],
    ['error_description', problem ?? 'The access token is not valid'],
  ],
  'insufficient-scope': () => [
    ['error', 'insufficient_scope'],
    ['error_description', 'The operation needs more scope than the access token has'],
  ],
};

export function challengeParameters(kind: ChallengeKind, context: ServerContext): readonly ChallengeParameter[] {
  const { behaviour } = context;
  const url = behaviour.resourceMetadataUrl(context);
  return [
    ...ERRORS[kind](context),
    ...(url === undefined ? [] : [['resource_metadata', url] as const]),
    ['scope', behaviour.neededScopes(context).join(' ')],
  ];
}

/** Every value as a quoted-string (RFC 9110 11.2), which all parameters allow and some require. */
export function writeChallenge(scheme: string, parameters: readonly ChallengeParameter[]): string {
  const written = parameters.map(([name, value]) => `${name}="${value.replace(/["\\]/g, '\\$&')}"`);
  return written.length === 0 ? scheme : `${scheme} ${written.join(', ')}`;
}
