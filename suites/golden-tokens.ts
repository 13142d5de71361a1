import {
  MACHINE_TRIALS,
  REFRESH_STEPS,
  type RefreshStep,
  type TokenEndpointEvidence,
} from '../fixtures/token-endpoint-evidence.ts';
import {
  ASSERTION_TRIALS,
  type ClientAuthenticationTrial,
  SECRET_TRIALS,
} from '../fixtures/trials/token-requests/client-authentication.ts';
import { ODD_REQUESTS, type OddRequest } from '../fixtures/trials/token-requests/odd-requests.ts';
import { ACCESS_TOKEN, goldenAuthorization, grant, type ShortGrant } from './golden-authorization.ts';

/** Evidence of a token endpoint that conforms, for examples. */

const RESOURCE = 'https://mcp.example.com/mcp';
const JSON_TYPE = { 'content-type': 'application/json', 'cache-control': 'no-store' };

export const refused = (error: string, status = 400): ShortGrant => ({ status, body: { error } });

/** A token whose claims are these. */
export const tokenOf = (claims: Readonly<Record<string, unknown>>): ShortGrant => ({
  body: { access_token: '«access_token 1»', token_type: 'Bearer', expires_in: 3600, ...scopeOf(claims) },
  tokens: { access_token: { ...ACCESS_TOKEN, claims: { ...ACCESS_TOKEN.claims, ...claims } } },
});

const scopeOf = ({ scope }: Readonly<Record<string, unknown>>) => (typeof scope === 'string' ? { scope } : {});

const BASIC_REFUSED: ShortGrant = {
  ...refused('invalid_client', 401),
  headers: { ...JSON_TYPE, 'www-authenticate': 'Basic realm="tenant"' },
};

const ODD: Readonly<Record<OddRequest | 'control', ShortGrant>> = {
  control: refused('invalid_grant'),
  'unknown-grant-type': refused('unsupported_grant_type'),
  'no-grant-type': refused('invalid_request'),
  'repeated-grant-type': refused('invalid_request'),
  get: { status: 405, body: { error: 'method_not_allowed' } },
  'parameters-in-url': refused('invalid_request'),
  'unknown-client-basic': BASIC_REFUSED,
  'unknown-client-body': refused('invalid_client', 401),
  'password-grant': refused('unsupported_grant_type'),
  'client-credentials-of-a-public-client': refused('unauthorized_client'),
  'client-credentials-of-a-public-client-by-audience': refused('unauthorized_client'),
  'client-credentials-of-a-public-client-bare': refused('unauthorized_client'),
  'made-up-device-code': refused('unauthorized_client'),
  'made-up-subject-token': refused('unsupported_grant_type'),
  'made-up-assertion': refused('unsupported_grant_type'),
  'foreign-origin': refused('invalid_grant'),
  introspection: refused('invalid_client', 401),
};

const CONTROLS = ['confidential-control', 'privateKeyJwt-control'] as const;
const AFTER = ['confidential-control-after', 'privateKeyJwt-control-after'] as const;
const HOSTILE: readonly ClientAuthenticationTrial[] = [...SECRET_TRIALS, ...ASSERTION_TRIALS, 'assertion-replayed'];

const narrow = tokenOf({ scope: 'mcp:tools' });
const gone = refused('invalid_grant');
/** Revoked. */
export const done: ShortGrant = { body: {}, tokens: {} };

/** Good tokens, of which the refresh token is a new one. */
export function rotatedTo(label: string): ShortGrant {
  return { tokens: { access_token: ACCESS_TOKEN, refresh_token: { label, fingerprint: label, length: 43, parts: 1 } } };
}

const STEPS: Readonly<Record<RefreshStep, ShortGrant>> = {
  first: narrow,
  'other-client': gone,
  'no-client-id': refused('invalid_client'),
  'wider-scope': refused('invalid_scope'),
  'spare-control': rotatedTo('refresh_token 4'),
  'unknown-resource': refused('invalid_target'),
  'second-control': rotatedTo('refresh_token 5'),
  'other-resource': refused('invalid_target'),
  'before-revocation': narrow,
  'revoke-unknown-token': done,
  'revoke-as-another-client': gone,
  'after-foreign-revocation': narrow,
  'revoke-with-wrong-hint': done,
  'after-wrong-hint': gone,
  revoke: done,
  'after-revocation': gone,
  'after-revocation-later': gone,
  rotation: rotatedTo('refresh_token 2'),
  successor: rotatedTo('refresh_token 3'),
  replay: gone,
  'late-replay': gone,
  newest: gone,
};

/** Steps that are taken only where one before them went wrong. */
const RARE: readonly RefreshStep[] = ['revoke', 'after-revocation', 'after-revocation-later', 'late-replay'];

export const goldenTokens: TokenEndpointEvidence = {
  tokenRequests: {
    asked: (['control', ...ODD_REQUESTS, 'introspection'] as const).map((trial) => ({
      trial,
      ...grant(`tokenRequests/${trial}`, trial, ODD[trial]),
    })),
    unfit: {},
    methods: ['none', 'client_secret_basic'],
  },
  clientAuthentication: {
    asked: [
      ...CONTROLS.map((trial) => ({ trial, ...grant(`clientAuthentication/${trial}`, 'as it should be') })),
      ...HOSTILE.map((trial) => ({
        trial,
        ...grant(`clientAuthentication/${trial}`, trial, refused('invalid_client', 401)),
      })),
      ...AFTER.map((trial) => ({ trial, ...grant(`clientAuthentication/${trial}`, 'as it should be') })),
    ],
    unfit: {},
    signIns: [],
  },
  refreshTokens: {
    asked: REFRESH_STEPS.filter((step) => !RARE.includes(step)).map((trial) => ({
      trial,
      ...grant(`refreshTokens/${trial}`, trial, STEPS[trial]),
    })),
    unfit: {},
    client: 'public',
    signIns: [goldenAuthorization.signIn],
    narrowScope: 'mcp:tools offline_access',
    widerScope: 'mcp:tools mcp:identity offline_access',
    unknownResource: 'https://canary.example/mcp',
    otherResource: 'https://other-api.example',
    waited: 0,
  },
  machineToken: {
    asked: MACHINE_TRIALS.map((trial) => ({
      trial,
      ...grant(
        `machineToken/${trial}`,
        trial,
        {
          good: tokenOf({ scope: 'mcp:tools mcp:identity' }),
          'one-scope': narrow,
          'invented-scope': refused('invalid_scope'),
          'unknown-resource': refused('invalid_target'),
        }[trial],
      ),
    })),
    unfit: {},
    resource: RESOURCE,
    accepted: [RESOURCE],
    oneScope: 'mcp:tools',
    inventedScope: 'conformance:invented',
    unknownResource: 'https://canary.example/mcp',
  },
};

type Key = keyof TokenEndpointEvidence;
type TrialOf<K extends Key> = TokenEndpointEvidence[K]['asked'][number]['trial'];

export type Answers<K extends Key> = Readonly<Partial<Record<TrialOf<K>, ShortGrant>>>;

/** The evidence, but these trials were answered so; one that was not made before was made at the end. */
export function answeringTrials<E extends TokenEndpointEvidence, K extends Key>(
  evidence: E,
  key: K,
  answers: Answers<K>,
  more: Partial<TokenEndpointEvidence[K]> = {},
): E {
  const given = Object.entries(answers) as [TrialOf<K>, ShortGrant][];
  const { asked } = evidence[key];
  const others = asked.filter(({ trial }) => !given.some(([each]) => each === trial));
  const replaced = given.map(([trial, short]) => ({ trial, ...grant(`${key}/${trial}`, trial, short) }));
  return { ...evidence, [key]: { ...evidence[key], asked: [...others, ...replaced], ...more } };
}
