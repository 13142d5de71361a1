import { emptyReply, type HeaderLine, jsonReply, type Reply } from '../../http.ts';
import type { Problem } from '../access.ts';
import type { TenantContext } from '../behaviour.ts';
import type { Plan } from '../store.ts';

/** Why nobody is registered, whatever was sent. */
export type RegistrationRefusal = 'blocked' | 'too-many-requests' | 'closed' | 'unauthorized' | 'full' | 'no-json';

const NO_STORE: readonly HeaderLine[] = [['Cache-Control', 'no-store']];

const problem = (status: number, error: string, text: string, headers: readonly HeaderLine[] = []): Reply =>
  jsonReply(status, { error, error_description: text }, [...NO_STORE, ...headers]);

const DISABLED = 'Bad Request: dynamic client registration is disabled';
const LIMIT = 'You reached the limit of entities of this type for this tenant.';

/** RFC 7591 has words for client metadata only; what is said of the rest is the server's. */
const REFUSALS: Readonly<Record<RegistrationRefusal, Reply>> = {
  // The status of a blocked request is not documented.
  blocked: problem(403, 'access_denied', 'The request is blocked by a rule of the network.'),
  'too-many-requests': problem(429, 'too_many_requests', 'Rate limit exceeded.', [['Retry-After', '1']]),
  closed: problem(400, 'invalid_request', DISABLED),
  unauthorized: emptyReply(401, [...NO_STORE, ['WWW-Authenticate', 'Bearer error="invalid_token"']]),
  full: problem(403, 'too_many_entities', LIMIT),
  'no-json': problem(400, 'invalid_client_metadata', 'The body must be a JSON object, sent as application/json.'),
};

const SPOKEN: Readonly<Record<Plan['speaks'], Readonly<Record<RegistrationRefusal, Reply>>>> = {
  standard: REFUSALS,
  auth0: {
    ...REFUSALS,
    closed: { status: 400, headers: [['Content-Type', 'text/plain; charset=utf-8'], ...NO_STORE], body: DISABLED },
    full: jsonReply(403, { errorCode: 'too_many_entities', message: LIMIT }, NO_STORE),
  },
};

export function refuseRegistration(refusal: RegistrationRefusal, { store }: TenantContext): Reply {
  return SPOKEN[store.plan.speaks][refusal];
}

/** RFC 7591 3.2.2. */
export function refuseMetadata({ error, description }: Problem, _context: TenantContext): Reply {
  return problem(400, error, description);
}
