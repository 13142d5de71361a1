import type { Assurance, Keyword, Party, Pillar, Provider, Severity } from '../suites/check.ts';
import type { ChangeKind, Outcome, PillarState, Report } from './report.ts';

/** Words for people, in the order reports show them. */
export const PARTY_NAMES = {
  'mcp-server': 'MCP server',
  'authorization-server': 'Authorization server',
  client: 'Client',
  tenant: 'Tenant',
} as const satisfies Record<Party, string>;

export const PILLAR_NAMES = {
  'client-registration': 'Client registration',
  'token-issuance': 'Token issuance',
  'audience-handling': 'Audience handling',
  'signing-key-retrieval': 'Signing key retrieval',
  'server-side-validation': 'Server-side validation',
} as const satisfies Record<Pillar, string>;

export const PILLAR_STATE_NAMES = {
  met: 'met',
  'not-met': 'not met',
  'not-shown': 'not shown',
} as const satisfies Record<PillarState, string>;

export const OUTCOME_NAMES = {
  failed: 'failed',
  errored: 'errored',
  warned: 'warned',
  noted: 'noted',
  waived: 'waived',
  passed: 'passed',
  'not-applicable': 'not applicable',
  untested: 'not tested',
  'out-of-scope': 'out of scope',
} as const satisfies Record<Outcome, string>;

export const REVISION_SOURCES = {
  claimed: 'claimed by the profile',
  detected: 'detected',
  narrowed: 'narrowed down from its answers',
  unknown: 'could not be told; each rule is judged at its weakest',
} as const satisfies Record<Report['revision']['source'], string>;

export const PROVIDER_NAMES = {
  auth0: 'Auth0',
  other: 'not Auth0',
} as const satisfies Record<Provider, string>;

/** What a run was given, as a reader lists it. */
export const ASSURANCE_NAMES = {
  anonymous: 'anonymous requests',
  token: 'good token',
  'sign-in': 'sign-in',
  'controlled-issuer': 'controlled issuer',
  'tenant-audit': 'tenant audit',
} as const satisfies Record<Assurance, string>;

/** In the order they are told. */
export const CHANGE_NAMES = {
  regressed: 'Worse',
  'changed-reason': 'For another reason or elsewhere',
  'newly-run': 'Newly run',
  'no-longer-seen': 'No longer seen, and not shown to be mended',
  'no-longer-run': 'No longer run',
  'newly-noted': 'Noted since',
  'no-longer-noted': 'Noted no more',
  waived: 'Waived since',
  fixed: 'Better',
} as const satisfies Record<ChangeKind, string>;

/** What a level of assurance rests on, as the subject of a sentence: "A good token … unlocks". */
export const ASSURANCE_GIVERS = {
  anonymous: 'Nothing but the URL',
  token: 'A good token (tokens.good)',
  'sign-in': 'A sign-in (clients and users)',
  'controlled-issuer': 'A signing key of a staging issuer (issuer.signingKey)',
  'tenant-audit': 'Read access to the tenant (management)',
} as const satisfies Record<Assurance, string>;

/** Worst first. */
export const SEVERITIES = ['critical', 'high', 'medium', 'low'] as const satisfies readonly Severity[];

/** Strongest first. */
export const KEYWORDS = ['MUST', 'SHOULD', 'MAY', 'ADVICE'] as const satisfies readonly Keyword[];

export const PARTIES = Object.keys(PARTY_NAMES) as readonly Party[];
export const PILLARS = Object.keys(PILLAR_NAMES) as readonly Pillar[];
export const OUTCOMES = Object.keys(OUTCOME_NAMES) as readonly Outcome[];
export const CHANGE_KINDS = Object.keys(CHANGE_NAMES) as readonly ChangeKind[];
