import { MANAGEMENT } from '../fixtures/management/reads.ts';
import type { Effect, Probe, Provision } from '../fixtures/probe.ts';
import { PROBES } from '../fixtures/probes/index.ts';
import { ANOTHER_USER, signsInSecond } from '../fixtures/probes/second-user.ts';
import type { Target } from '../fixtures/target.ts';
import type { Assurance, Check } from '../suites/check.ts';

/** What of a target decides whether a probe may run. */
export type Given = Pick<
  Target,
  'tokens' | 'clients' | 'users' | 'issuer' | 'documentHost' | 'management' | 'authorized' | 'allow'
>;

/** Something that a probe takes and the profile does not give. */
export interface Lack {
  /** `not-given`: a level of assurance promises it; `not-allowed`: none does. */
  readonly kind: 'not-given' | 'not-allowed';
  readonly because: string;
  readonly unlock: string;
}

interface Rule extends Lack {
  isGiven(target: Given): boolean;
}

/** In the order in which they are asked for. */
const PROVISIONS: Readonly<Record<Exclude<Provision, 'sign-in'>, Rule>> = {
  'tokens.good': {
    kind: 'not-given',
    because: 'it takes a good token',
    unlock: 'tokens.good: an access token that the server accepts',
    isGiven: ({ tokens }) => tokens.good !== undefined,
  },
  'tokens.otherUser': {
    kind: 'not-allowed',
    because: 'tokens.otherUser is not given, and there is no users.second whom the run could sign in',
    unlock: ANOTHER_USER,
    isGiven: (target) => target.tokens.otherUser !== undefined || signsInSecond(target),
  },
  'issuer.signingKey': {
    kind: 'not-given',
    because: 'it takes tokens signed by an issuer we control',
    unlock: 'issuer.signingKey: the private key a staging issuer signs with, or that of the mock tenant',
    isGiven: ({ issuer }) => issuer?.signingKey !== undefined,
  },
  'issuer.control': {
    kind: 'not-allowed',
    because: 'it takes an issuer whose keys the run may change',
    unlock:
      'issuer.control: the desk of mcp-auth-conformance mock, where the server trusts that tenant; or a run of the embedded world (embedded: {})',
    isGiven: ({ issuer }) => issuer?.control !== undefined,
  },
  documentHost: {
    kind: 'not-allowed',
    because: 'it takes a host of the run that the parties under test could reach',
    unlock:
      'documentHost: a URL that leads from them to this machine, and the address to listen on; or a run of the embedded world (embedded: {})',
    isGiven: ({ documentHost }) => documentHost !== undefined,
  },
  'clients.machine': {
    kind: 'not-allowed',
    because: 'it takes a client that acts for itself',
    unlock: 'clients.machine: a client registered for the tests that may use the client credentials grant',
    isGiven: ({ clients }) => clients.machine !== undefined,
  },
  'clients.documents': {
    kind: 'not-allowed',
    because: 'it takes clients that are known by their metadata document',
    unlock: 'clients.documents: the URLs of the metadata documents (CIMD) of your clients',
    isGiven: ({ clients }) => (clients.documents ?? []).length > 0,
  },
  management: {
    kind: 'not-given',
    because: 'it reads the Auth0 tenant by its Management API, to which the profile gives no access',
    unlock: MANAGEMENT,
    isGiven: ({ management }) => management !== undefined,
  },
};

/** Everything that stands against running a probe on this target: what is not given, and an effect that is not allowed. */
export function lacksOf({ requires, effects }: Probe, target: Given): readonly Lack[] {
  const signIn = requires.includes('sign-in') ? missingForSignIn(target) : undefined;
  const others = Object.entries(PROVISIONS).flatMap(([provision, { isGiven, ...lack }]) =>
    requires.includes(provision as Provision) && !isGiven(target) ? [lack] : [],
  );
  const given = [...(signIn ? [signIn] : []), ...others];
  // Without leave to test at all there is no use in talking of effects before the rest is there.
  return target.authorized || given.length === 0 ? [...given, ...forbidden(effects, target)] : given;
}

/** What unlocks hostile inputs. */
export const YOUR_WORD = 'authorized: true in the profile, or check --active: your word that you may';

/** Whether a user can sign in for a client: an authorization server that asks nobody needs no user. */
export function missingForSignIn({ clients, users }: Pick<Target, 'clients' | 'users'>): Lack | undefined {
  if (clients.public === undefined && clients.confidential === undefined) {
    return {
      kind: 'not-given',
      because: 'it takes a client that users sign in for',
      unlock: 'clients.public (or clients.confidential): a client registered for the tests, with its redirect URI',
    };
  }
  const method = users.signIn?.method;
  if (users.first !== undefined || method === 'by-hand' || method === 'none') return undefined;
  return {
    kind: 'not-given',
    because: 'it takes a user who signs in',
    unlock: 'users.first: a test user with a password, or users.signIn.method: by-hand',
  };
}

function forbidden(effect: Effect, { authorized, allow }: Given): readonly Lack[] {
  if (effect === 'none') return [];
  if (!authorized) {
    return [
      {
        kind: 'not-allowed',
        because: 'it sends hostile inputs, and nobody said that you may try them on this target',
        unlock: YOUR_WORD,
      },
    ];
  }
  if (effect === 'trials' || allow.includes(effect)) return [];
  return [
    {
      kind: 'not-allowed',
      because: `nobody said that a run may have this effect: ${effect}`,
      unlock: `allow: [${effect}] in the profile`,
    },
  ];
}

/** What a level of assurance promises by itself. */
const PROMISED: Readonly<Record<Assurance, readonly Provision[]>> = {
  anonymous: [],
  token: ['tokens.good'],
  'sign-in': ['sign-in', 'tokens.good'],
  'controlled-issuer': ['tokens.good', 'issuer.signingKey'],
  'tenant-audit': ['management'],
};

/** What a profile has to say before a check is judged, beyond what its assurance rests on: `documentHost`, `allow: [writes]`. */
export function furtherNeedsOf(check: Check): readonly string[] {
  const probes = probesBehind(check.needs);
  const provisions = probes.flatMap(({ requires }) => requires);
  const effects = probes.map(({ effects: effect }) => effect);
  return [
    ...new Set([
      ...provisions.filter((each) => !PROMISED[check.assurance].includes(each)).map((each) => NAMES[each] ?? each),
      ...(check.settings ?? []),
      ...(['load', 'writes'] as const).filter((each) => effects.includes(each)).map((each) => `allow: [${each}]`),
    ]),
  ];
}

const NAMES: Readonly<Partial<Record<Provision, string>>> = {
  'sign-in': 'clients and users',
  'tokens.otherUser': 'tokens.otherUser or users.second',
};

function probesBehind(keys: readonly string[]): readonly Probe[] {
  return PROBES.filter(({ key }) => keys.includes(key)).flatMap((probe) => [probe, ...probesBehind(probe.needs)]);
}
