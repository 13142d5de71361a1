import type { EvidenceKey, EvidenceMap } from '../fixtures/evidence.ts';
import type { Revision } from '../fixtures/protocol/revisions.ts';
import type { Exposure, GovernedClient, Policy } from '../fixtures/target.ts';

export type Keyword = 'MUST' | 'SHOULD' | 'MAY' | 'ADVICE';
export type Severity = 'critical' | 'high' | 'medium' | 'low';
export type Party = 'mcp-server' | 'authorization-server' | 'client' | 'tenant';
export type Pillar =
  | 'client-registration'
  | 'token-issuance'
  | 'audience-handling'
  | 'signing-key-retrieval'
  | 'server-side-validation';

/** The least that must be given to test a check, weakest first. */
export const ASSURANCES = ['anonymous', 'token', 'sign-in', 'controlled-issuer', 'tenant-audit'] as const;
export type Assurance = (typeof ASSURANCES)[number];

export const AREAS = {
  challenge: '401 and WWW-Authenticate',
  'resource-metadata': 'Protected resource metadata (RFC 9728)',
  'issuer-metadata': 'Authorization server metadata and keys (RFC 8414, OpenID Discovery)',
  'access-tokens': 'Access tokens at the MCP server: what it accepts, and for whom',
  authorization: 'The authorization endpoint: PKCE, redirect URIs, responses, sign-in and consent',
  'token-endpoint': 'The token endpoint: codes, refresh tokens, client authentication, what is issued',
  registration: 'How clients become known: registered beforehand, or by themselves (RFC 7591)',
  tenant: 'The Auth0 tenant behind it, read through its Management API',
  'client-documents': 'Clients that are known by the URL of their metadata document (CIMD)',
  flow: 'The way from a 401 to a token, leg by leg',
} as const;

export type Provider = 'auth0' | 'other';

/** What a judge may know besides evidence. Time judgements use `capturedAt`. */
export interface Facts {
  readonly server: {
    readonly url: string;
    readonly exposure: Exposure;
    readonly origins: readonly string[];
    /** Scopes in use: `undefined` unknown, `[]` the operator says none. */
    readonly scopes?: readonly string[];
    /** Broader scopes with the narrower ones that each implies, as the operator says. */
    readonly implies?: Readonly<Record<string, readonly string[]>>;
    /** The harmless tool that the operator names, and says is protected: an anonymous call of it must not succeed. */
    readonly guardedTool?: string;
  };
  /** Revisions the target may be judged by: one when claimed or detected, else all that the evidence allows. */
  readonly revisions: readonly Revision[];
  readonly revisionSource: 'claimed' | 'detected' | 'narrowed' | 'unknown';
  readonly policy: Policy;
  /** Clients that somebody answers for; absent: nobody has written them down. */
  readonly inventory?: readonly GovernedClient[];
  /** The issuer that the operator means the MCP server to name. */
  readonly expectedIssuer?: string;
  /** Whose software the authorization server is, as far as it can be told; `undefined`: nothing was there to tell by. */
  readonly provider?: Provider;
  /** What was given, so what can be tested. */
  readonly assurance: readonly Assurance[];
  /** ISO 8601, UTC. */
  readonly capturedAt: string;
}

export interface Fix {
  readonly general: string;
  readonly auth0?: {
    readonly text: string;
    /** Where in the dashboard: `Settings > Advanced > …`. */
    readonly dashboard?: string;
    /** A command that does it, ready to paste, with YOUR_… for what the reader fills in. */
    readonly command?: string;
    /** Plan it needs. */
    readonly plan?: string;
  };
}

export interface Reason {
  /** What is wrong, a sentence about the target. */
  readonly says: string;
  readonly fix: Fix;
  /** Lowers the check's keyword for this reason. */
  readonly keyword?: Keyword;
  /** Providers whose customers cannot change it, with what they do, a sentence: the finding is noted as their fact. */
  readonly providerFact?: Readonly<Partial<Record<Exclude<Provider, 'other'>, string>>>;
}

export interface Finding<R extends string = string> {
  readonly reason: R;
  readonly expected: string;
  readonly actual: string;
  /** Ids of the exchanges that show it. */
  readonly at: readonly string[];
  /** What is known of the placeholders in its fix: `YOUR_CLIENT_ID`. */
  readonly fills?: Readonly<Record<string, string>>;
}

export type Verdict<R extends string = string> =
  | { readonly kind: 'pass'; readonly seen: string }
  | { readonly kind: 'fail'; readonly findings: readonly Finding<R>[] }
  | { readonly kind: 'not-applicable'; readonly because: string }
  /** It takes something that the profile need not give. */
  | { readonly kind: 'out-of-scope'; readonly because: string; readonly unlock: string }
  | { readonly kind: 'untested'; readonly because: string; readonly unlock: string; readonly blockedBy?: string };

/** What a judge reads: the evidence it needs, and what else there is of the evidence it can use. */
export type Seen<Needs extends EvidenceKey, Uses extends EvidenceKey> = Pick<EvidenceMap, Needs> &
  Partial<Pick<EvidenceMap, Uses>>;

/** Evidence a judge is shown in documentation and tests, complete for the probes it needs. */
export interface Example<Needs extends EvidenceKey = EvidenceKey, Uses extends EvidenceKey = EvidenceKey> {
  readonly says: string;
  readonly evidence: Seen<Needs, Uses>;
  readonly facts?: Partial<Facts>;
}

export interface Check<
  Needs extends EvidenceKey = EvidenceKey,
  R extends string = string,
  Uses extends EvidenceKey = EvidenceKey,
> {
  /** `<area>/<kebab-case sentence about the right behaviour>`; never changes. */
  readonly id: string;
  /** A sentence with the target as its subject. */
  readonly title: string;
  /** One keyword, or one by revision: a revision counts from its own entry until the next. */
  readonly keyword: Keyword | Readonly<Partial<Record<Revision, Keyword>>>;
  readonly severity: Severity;
  readonly party: Party;
  readonly pillar?: Pillar;
  /** Ids in `suites/requirements/` (documents, attack rows). */
  readonly requirements: readonly string[];
  readonly assurance: Assurance;
  readonly since?: Revision;
  readonly until?: Revision;
  /**
   * The revision that is claimed by giving what it judges, as a client's metadata document is: where several are possible,
   * those before it do not weaken the rule.
   */
  readonly claims?: Revision;
  readonly feature?: string;
  /** Fields of a profile without which it does not apply, beyond what its probes require: `issuer.canonicalHost`. */
  readonly settings?: readonly string[];
  /** Probes without whose evidence it cannot be judged. */
  readonly needs: readonly Needs[];
  /** Probes whose evidence sharpens it, when there is any. */
  readonly uses?: readonly Uses[];
  /** Ids of the trials it judges, `<probe>/<trial>`. */
  readonly trials?: readonly string[];
  readonly reasons: Readonly<Record<R, Reason>>;
  /** Pure and synchronous: no clock, no randomness, no input or output. */
  judge(evidence: Seen<Needs, Uses>, facts: Facts): Verdict<R>;
  readonly examples: {
    readonly pass: readonly [Example<Needs, Uses>, ...Example<Needs, Uses>[]];
    readonly fail: Readonly<Record<R, Example<Needs, Uses>>>;
  };
}

/** Declares a check. The compiler refuses an undeclared probe, an undeclared reason, and a reason without an example. */
export function defineCheck<
  const Needs extends EvidenceKey,
  const R extends string,
  const Uses extends EvidenceKey = never,
>(
  check: Omit<Check<Needs, R, Uses>, 'judge' | 'examples'> & {
    judge(evidence: Seen<NoInfer<Needs>, NoInfer<Uses>>, facts: Facts): Verdict<NoInfer<R>>;
    readonly examples: Check<NoInfer<Needs>, NoInfer<R>, NoInfer<Uses>>['examples'];
  },
): Check<Needs, R, Uses> {
  return check;
}

/**
 * Checks of any needs and reasons as one list. The compiler cannot follow that each judge gets the evidence its own
 * `needs` name: the engine sees to that.
 */
export function checks(...list: readonly Pick<Check, 'id' | 'title' | 'needs'>[]): readonly Check[] {
  return list as readonly Check[];
}

export function pass(seen: string): Verdict<never> {
  return { kind: 'pass', seen };
}

export function fail<const R extends string>(findings: readonly Finding<R>[]): Verdict<R> {
  return { kind: 'fail', findings };
}

export function notApplicable(because: string): Verdict<never> {
  return { kind: 'not-applicable', because };
}

export function outOfScope(because: string, unlock: string): Verdict<never> {
  return { kind: 'out-of-scope', because, unlock };
}

/** @param blockedBy id of the check whose failure stands in the way: one defect is reported once. */
export function untested(because: string, unlock: string, blockedBy?: string): Verdict<never> {
  return { kind: 'untested', because, unlock, ...(blockedBy === undefined ? {} : { blockedBy }) };
}
