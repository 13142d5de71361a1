import type { Doors } from '../fixtures/doors/doors.ts';
import type { Evidence, EvidenceKey, EvidenceMap } from '../fixtures/evidence.ts';
import { MANAGEMENT } from '../fixtures/management/reads.ts';
import type { Effect, Probe, Skipped } from '../fixtures/probe.ts';
import { PROBES } from '../fixtures/probes/index.ts';
import type { Target } from '../fixtures/target.ts';

export type Progress =
  | { readonly kind: 'probe-began'; readonly probe: string; readonly asks: string; readonly requests: number }
  | { readonly kind: 'probe-ended'; readonly probe: string; readonly requests: number };

/** Why a probe's evidence is missing. */
export type Missing =
  | { readonly kind: 'not-given'; readonly because: string; readonly unlock: string }
  | { readonly kind: 'not-allowed'; readonly because: string; readonly unlock: string }
  | { readonly kind: 'untested'; readonly because: string; readonly unlock: string; readonly blockedBy?: string }
  | { readonly kind: 'not-applicable'; readonly because: string }
  /** The probe itself broke: our own fault. */
  | { readonly kind: 'broken'; readonly because: string };

export interface Captured {
  readonly evidence: Evidence;
  readonly missing: Readonly<Partial<Record<EvidenceKey, Missing>>>;
}

/** What stands against running a probe on this target, if anything: no provision, or an effect that is not allowed. */
export function whyNotRun(
  probe: Probe,
  target: Pick<
    Target,
    'tokens' | 'clients' | 'users' | 'issuer' | 'documentHost' | 'management' | 'authorized' | 'allow'
  >,
): Extract<Missing, { readonly unlock: string }> | undefined {
  if (probe.requires.includes('tokens.good') && target.tokens.good === undefined) {
    return {
      kind: 'not-given',
      because: 'it takes a good token',
      unlock: 'tokens.good: an access token that the server accepts',
    };
  }
  if (probe.requires.includes('sign-in')) {
    const missing = missingForSignIn(target);
    if (missing !== undefined) return missing;
  }
  if (probe.requires.includes('tokens.otherUser') && target.tokens.otherUser === undefined) {
    // No level promises a second user.
    return {
      kind: 'not-allowed',
      because: 'tokens.otherUser is not given',
      unlock: 'tokens.otherUser: a good token of another user',
    };
  }
  if (probe.requires.includes('issuer.signingKey') && target.issuer?.signingKey === undefined) {
    return {
      kind: 'not-given',
      because: 'it takes tokens signed by an issuer we control',
      unlock: 'issuer.signingKey: the private key a staging issuer signs with, or that of the mock tenant',
    };
  }
  if (probe.requires.includes('issuer.control') && target.issuer?.control === undefined) {
    // No level promises it.
    return {
      kind: 'not-allowed',
      because: 'it takes an issuer whose keys the run may change',
      unlock:
        'issuer.control: the desk of mcp-auth-conformance mock, where the server trusts that tenant; or a run of the embedded world (embedded: {})',
    };
  }
  if (probe.requires.includes('documentHost') && target.documentHost === undefined) {
    // The same: no level promises it.
    return {
      kind: 'not-allowed',
      because: 'it takes a host of the run that the parties under test could reach',
      unlock:
        'documentHost: a URL that leads from them to this machine, and the address to listen on; or a run of the embedded world (embedded: {})',
    };
  }
  if (probe.requires.includes('clients.machine') && target.clients.machine === undefined) {
    // The same.
    return {
      kind: 'not-allowed',
      because: 'it takes a client that acts for itself',
      unlock: 'clients.machine: a client registered for the tests that may use the client credentials grant',
    };
  }
  if (probe.requires.includes('clients.documents') && (target.clients.documents ?? []).length === 0) {
    // The same.
    return {
      kind: 'not-allowed',
      because: 'it takes clients that are known by their metadata document',
      unlock: 'clients.documents: the URLs of the metadata documents (CIMD) of your clients',
    };
  }
  if (probe.requires.includes('management') && target.management === undefined) {
    return {
      kind: 'not-given',
      because: 'it reads the Auth0 tenant by its Management API, to which the profile gives no access',
      unlock: MANAGEMENT,
    };
  }
  const allowed: Readonly<Record<Effect, boolean>> = {
    none: true,
    trials: target.authorized,
    load: target.authorized && target.allow.includes('load'),
    writes: target.authorized && target.allow.includes('writes'),
  };
  if (allowed[probe.effects]) return undefined;
  if (target.authorized) {
    return {
      kind: 'not-allowed',
      because: `nobody said that a run may have this effect: ${probe.effects}`,
      unlock: `allow: [${probe.effects}] in the profile`,
    };
  }
  return {
    kind: 'not-allowed',
    because: 'it sends hostile inputs, and nobody said that you may try them on this target',
    unlock: 'authorized: true in the profile, or check --active: your word that you may',
  };
}

/** Whether a user can sign in for a client: an authorization server that asks nobody needs no user. */
export function missingForSignIn({
  clients,
  users,
}: Pick<Target, 'clients' | 'users'>): Extract<Missing, { readonly unlock: string }> | undefined {
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

export interface CaptureOptions {
  readonly onProgress?: ((event: Progress) => void) | undefined;
  /** What was captured before, and is not asked again. */
  readonly seed?: Captured;
}

/** Runs every probe that may run, each once, as soon as those before it are done. */
export async function capture(
  doors: Doors,
  target: Target,
  probes: readonly Probe[] = PROBES,
  { onProgress = () => {}, seed }: CaptureOptions = {},
): Promise<Captured> {
  const isSignedIn = (probe: Probe) => probe.requires.includes('sign-in') && whyNotRun(probe, target) === undefined;
  // It takes half a second to start, in which others find out where it has to go.
  if (probes.some(isSignedIn)) doors.browser.prepare();
  const evidence: Partial<Record<EvidenceKey, EvidenceMap[EvidenceKey]>> = { ...seed?.evidence };
  const missing: Partial<Record<EvidenceKey, Missing>> = { ...seed?.missing };
  const running = new Map<EvidenceKey, Promise<void>>();

  const start = (probe: Probe): Promise<void> => {
    const begun = running.get(probe.key) ?? runAfterOthers(probe);
    running.set(probe.key, begun);
    return begun;
  };
  const runAfterOthers = async (probe: Probe): Promise<void> => {
    if (evidence[probe.key] !== undefined || missing[probe.key] !== undefined) return;
    const before = [...probe.needs, ...(probe.uses ?? []), ...(probe.after ?? [])];
    await Promise.all(probes.filter(({ key }) => before.includes(key)).map(start));
    const reason =
      whyNotRun(probe, target) ?? probe.needs.map((key) => missing[key]).find((each) => each !== undefined);
    if (reason !== undefined) {
      missing[probe.key] = reason;
      return;
    }
    onProgress({ kind: 'probe-began', probe: probe.key, asks: probe.asks, requests: doors.requests() });
    try {
      const gathered: EvidenceMap[EvidenceKey] | Skipped = await probe.capture(doors, target, evidence as EvidenceMap);
      if ('skipped' in gathered) {
        const { skipped: kind, ...why } = gathered;
        missing[probe.key] = { kind, ...why } as Missing;
      } else evidence[probe.key] = gathered;
    } catch (error) {
      missing[probe.key] = {
        kind: 'broken',
        because: `probe ${probe.key}: ${error instanceof Error ? error.message : error}`,
      };
    }
    onProgress({ kind: 'probe-ended', probe: probe.key, requests: doors.requests() });
  };

  await Promise.all(probes.map(start));
  return { evidence: evidence as Evidence, missing };
}
