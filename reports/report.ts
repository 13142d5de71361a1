import type { Revision } from '../fixtures/protocol/revisions.ts';
import type { Implementation, Waiver } from '../fixtures/target.ts';
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
  /** Somebody accepts it: it is told, and counts no more. */
  readonly waiver?: Pick<Waiver, 'owner' | 'why' | 'until'>;
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

/** `applied`: its finding is there; `stale`: it is not, though the check was judged; `untried`: the check was not judged. */
export type WaiverState = 'applied' | 'stale' | 'expired' | 'untried';

export interface ReportedWaiver extends Waiver {
  readonly state: WaiverState;
  /** Where what it accepts was found; absent: nowhere. */
  readonly found?: readonly string[];
  /** Where its reason was found besides, which it does not cover. */
  readonly beyond?: readonly string[];
}

/** What a run found of the setup, as far as a later run can tell by it what changed. */
export interface Setup {
  /** Protected resource metadata that a client ends up with. */
  readonly resource?: FoundDocument;
  /** Metadata of each issuer that it names. */
  readonly issuers: readonly (FoundDocument & { readonly issuer: string })[];
  /** Key sets of the issuers; absent where the keys are made anew for each run. */
  readonly keys?: readonly { readonly owner: string; readonly keys: readonly FoundKey[] }[];
  /** Whom the registration endpoint let in; absent: it was not tried. */
  readonly registration?: RegistrationState;
  /** Settings of the Auth0 tenant, as its Management API shows them; absent: they were not read. */
  readonly tenant?: FoundDocument;
}

export interface FoundDocument {
  readonly url: string;
  /** Its members that are text, numbers, or lists of text. */
  readonly members: Readonly<Record<string, Member>>;
}

export type Member = string | number | boolean | readonly string[];

export interface FoundKey {
  readonly kid?: string;
  /** RFC 7638, SHA-256. */
  readonly thumbprint: string;
}

export type RegistrationState = 'open' | 'protected' | 'closed';

export type ChangeKind =
  | 'regressed'
  | 'fixed'
  | 'waived'
  | 'changed-reason'
  | 'newly-run'
  | 'no-longer-run'
  /** It failed or warned, and could not be judged: nothing shows that it is mended. */
  | 'no-longer-seen'
  | 'newly-noted'
  | 'no-longer-noted';

/** A check that came to something else than in an earlier run. */
export interface Change {
  readonly check: string;
  readonly title: string;
  readonly severity: Severity;
  readonly kind: ChangeKind;
  /** Absent: that run did not have the check. */
  readonly before?: Outcome;
  readonly now?: Outcome;
  /** Reasons that are given now and were not. */
  readonly came: readonly string[];
  readonly went: readonly string[];
  /** Reasons that were given already and are found in further places, a line each; absent: none. */
  readonly spread?: readonly string[];
  /** A nightly run is red for it. */
  readonly isWorse: boolean;
}

/** What changed in a document, a key set, or a setting of the setup. */
export interface Drift {
  readonly party: Party;
  /** Issuer, or URL of the document. */
  readonly about: string;
  /** A sentence. */
  readonly says: string;
}

/** How a report differs from an earlier one. */
export interface Comparison {
  readonly baseline: { readonly startedAt: string; readonly server: string; readonly version: string };
  /** Why the two can be compared in part only, a line each. */
  readonly limits: readonly string[];
  readonly changes: readonly Change[];
  /** Pillars that are not met, and were. */
  readonly lostPillars: readonly Pillar[];
  /** The server is judged by an older revision than it was, and nobody claims that one; absent: it is not. */
  readonly olderRevision?: { readonly before: string; readonly now: string };
  /** Waivers that are stale or expired, and were not. */
  readonly lapsedWaivers: readonly Pick<ReportedWaiver, 'check' | 'reason' | 'state'>[];
  readonly drift: readonly Drift[];
}

/** An earlier nightly run in a line. */
export interface Night {
  readonly startedAt: string;
  readonly exitCode: 0 | 1;
  readonly summary: Readonly<Record<Outcome, number>>;
  /** Checks that failed. */
  readonly failed: readonly string[];
  /** Checks that failed in a night before and could not be judged in this one; absent: none. */
  readonly unseen?: readonly string[];
  /** Checks that failed in a night before and are not among those that this one was held to (`--only`); absent: none. */
  readonly carried?: readonly string[];
  /** Checks that failed in the night before and that this tool does not have any more; absent: none. */
  readonly gone?: readonly string[];
  /** Checks of which nothing of weight is left that is not waived; absent: none. */
  readonly waived?: readonly string[];
  /** What had changed in the setup since its baseline. */
  readonly drift: readonly string[];
}

export type PillarState = 'met' | 'not-met' | 'not-shown';

/** The one canonical result of a run (`reports/report.schema.json`). Everything else is rendered from it. */
export interface Report {
  readonly format: 'mcp-auth-conformance/report/1';
  readonly tool: { readonly name: string; readonly version: string };
  /** `embedded`: the mock server of this tool stood in for a server. */
  readonly target: { readonly name: string; readonly server: string; readonly embedded?: true };
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
  /** Findings that the profile accepts; absent: none. */
  readonly waivers?: readonly ReportedWaiver[];
  /** Absent: nothing of it was read. */
  readonly setup?: Setup;
  /** With the baseline of a nightly run; absent: there was none. */
  readonly comparison?: Comparison;
  /** Nightly runs before this one, oldest first; absent: none are known. */
  readonly history?: readonly Night[];
  /** What a run in mode certify is held to: a frozen set of requirements, up to a level of assurance. */
  readonly certification?: {
    readonly set: string;
    readonly level: Assurance;
    /** Whose findings count: the MCP server's alone, or those of the whole setup (absent). */
    readonly subject?: 'mcp-server';
  };
  /** What was tested, as the profile says; absent: it says nothing. */
  readonly implementation?: Implementation;
  /** SHA-256 of the text of the profile, hexadecimal; absent: there was none. */
  readonly profileDigest?: string;
  /** What a reader should know of the run itself, a line each; absent: nothing. */
  readonly remarks?: readonly string[];
}
