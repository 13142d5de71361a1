import type { Revision } from '../fixtures/protocol/revisions.ts';
import type { Assurance, Fix, Keyword, Party, Pillar, Provider, Severity } from '../suites/check.ts';

export type Outcome =
  | 'passed'
  | 'failed'
  | 'warned'
  | 'noted'
  | 'waived'
  | 'not-applicable'
  | 'untested'
  | 'out-of-scope'
  | 'errored';

export type Mode = 'check' | 'gate' | 'nightly' | 'certify';

export interface ReportedFinding {
  readonly reason: string;
  /** The keyword that holds for this reason in the judged revision. */
  readonly keyword: Keyword;
  readonly says: string;
  /** Why the authorization server's operator cannot change it: then the finding is noted only. */
  readonly providerFact?: string;
  readonly expected: string;
  readonly actual: string;
  readonly fix: Fix;
  /** Ids of exchanges in the evidence folder. */
  readonly evidence: readonly string[];
}

export interface ReportedRequirement {
  readonly id: string;
  readonly says: string;
  /** "RFC 9110". */
  readonly document: string;
  /** Empty where the document has none. */
  readonly section: string;
  readonly url?: string;
}

export interface ReportedCheck {
  readonly id: string;
  readonly title: string;
  readonly keyword: Keyword;
  /** By revision, where those judged by differ: `keyword` is the weakest of them. */
  readonly keywords?: Readonly<Partial<Record<Revision, Keyword>>>;
  readonly severity: Severity;
  readonly party: Party;
  readonly pillar?: Pillar;
  /** The least that must be given to test it. */
  readonly assurance: Assurance;
  /** Those that hold in a revision judged by. */
  readonly requirements: readonly ReportedRequirement[];
  readonly trials?: readonly string[];
  readonly outcome: Outcome;
  /** What a pass saw. */
  readonly seen?: string;
  readonly findings?: readonly ReportedFinding[];
  readonly because?: string;
  readonly unlock?: string;
  readonly blockedBy?: string;
}

export type PillarState = 'met' | 'not-met' | 'not-shown';

/** The one canonical result of a run (`reports/report.schema.json`). Everything else is rendered from it. */
export interface Report {
  readonly format: 'mcp-auth-conformance/report/1';
  readonly tool: { readonly name: string; readonly version: string };
  readonly target: { readonly name: string; readonly server: string };
  readonly mode: Mode;
  /** A failing SHOULD failed. */
  readonly strict: boolean;
  /** Areas or check ids the run was held to; absent: every check ran. */
  readonly only?: readonly string[];
  /** The revision judged by; several when it could not be told apart, each judged at the weakest keyword. */
  readonly revision: {
    readonly judged: readonly string[];
    readonly source: 'claimed' | 'detected' | 'narrowed' | 'unknown';
  };
  /** Whose software the authorization server is; absent: it could not be told. */
  readonly provider?: Provider;
  readonly assurance: readonly string[];
  readonly startedAt: string;
  readonly durationMs: number;
  readonly requests: number;
  /** Hostile inputs sent. */
  readonly trials: number;
  readonly summary: Readonly<Record<Outcome, number>>;
  readonly pillars: Readonly<Record<Pillar, { readonly state: PillarState; readonly because: string }>>;
  readonly checks: readonly ReportedCheck[];
  /** Things a run made and could not remove. */
  readonly leftovers: readonly string[];
  /** What a reader should know of the run itself, a line each; absent: nothing. */
  readonly remarks?: readonly string[];
}
