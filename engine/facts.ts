import type { Evidence } from '../fixtures/evidence.ts';
import { documentIn, last } from '../fixtures/protocol/documents.ts';
import { REVISIONS, type Revision } from '../fixtures/protocol/revisions.ts';
import type { Exposure, IssuerKind, Target } from '../fixtures/target.ts';
import { ASSURANCES, type Assurance, type Facts, type Provider } from '../suites/check.ts';
import { providerOf } from '../suites/providers.ts';
import { missingForSignIn } from './provisions.ts';

export function factsOf(target: Target, evidence: Evidence, exposure: Exposure, capturedAt: string): Facts {
  const { safeTool, tools, implies } = target.server;
  // Tools that need no scope, and nothing said of scopes: the server uses none.
  const needed = Object.values(tools);
  const scopes = target.server.scopes ?? (needed.length > 0 && needed.flat().length === 0 ? [] : undefined);
  const { kind, expect } = target.issuer ?? {};
  const provider = kind === undefined ? providerOf(evidence) : PROVIDERS[kind];
  return {
    server: {
      url: target.server.url,
      exposure,
      origins: target.server.origins,
      ...(scopes === undefined ? {} : { scopes }),
      ...(implies === undefined ? {} : { implies }),
      ...(safeTool === undefined || !(safeTool.name in tools) ? {} : { guardedTool: safeTool.name }),
    },
    ...revisionsOf(target, evidence),
    policy: target.policy,
    ...(target.inventory && { inventory: target.inventory }),
    ...(expect !== undefined && { expectedIssuer: expect }),
    ...(provider === undefined ? {} : { provider }),
    assurance: assuranceOf(target),
    capturedAt,
  };
}

const PROVIDERS: Readonly<Record<IssuerKind, Provider>> = { auth0: 'auth0', generic: 'other' };

/** What is in scope: up to the level that is promised, else what the given things allow; the audit also by its own word. */
function assuranceOf(target: Target): readonly Assurance[] {
  const { tenantAudit } = target;
  const levels = promisedOrGiven(target);
  return ASSURANCES.filter((level) =>
    level === 'tenant-audit' ? (tenantAudit ?? levels.includes(level)) : levels.includes(level),
  );
}

function promisedOrGiven({ assurance, tokens, clients, users, issuer, management }: Target): readonly Assurance[] {
  if (assurance !== undefined) return ASSURANCES.slice(0, ASSURANCES.indexOf(assurance) + 1);
  const signsIn = missingForSignIn({ clients, users }) === undefined;
  const given: Readonly<Partial<Record<Assurance, boolean>>> = {
    anonymous: true,
    // A sign-in promises the token that comes of it.
    token: tokens.good !== undefined || signsIn,
    'sign-in': signsIn,
    'controlled-issuer': issuer?.signingKey !== undefined,
    'tenant-audit': management !== undefined,
  };
  return ASSURANCES.filter((level) => given[level] === true);
}

/**
 * The revisions to judge by. A claim decides; else what the server said to a good token; else whatever the evidence
 * leaves open: a server that publishes or names protected resource metadata is later than 2025-03-26, which has none.
 */
function revisionsOf(target: Target, evidence: Evidence): Pick<Facts, 'revisions' | 'revisionSource'> {
  if (target.revision !== undefined) return { revisions: [target.revision], revisionSource: 'claimed' };
  const newest = evidence.control?.revisions.at(-1);
  if (newest !== undefined) return { revisions: [newest], revisionSource: 'detected' };
  const { fromChallenge = [], wellKnown = [] } = evidence.resourceMetadata ?? {};
  const published = fromChallenge.length > 0 || wellKnown.some((fetched) => documentIn(last(fetched)) !== undefined);
  return published
    ? { revisions: REVISIONS.filter((revision: Revision) => revision > '2025-03-26'), revisionSource: 'narrowed' }
    : { revisions: REVISIONS, revisionSource: 'unknown' };
}
