import { unseenIn } from '../../fixtures/management/access.ts';
import { readOf, type TenantReadName } from '../../fixtures/management/reads.ts';
import { type JsonObject, namedIssuers, resourceDocument } from '../../fixtures/protocol/documents.ts';
import type { TenantEvidence } from '../../fixtures/tenant-evidence.ts';
import {
  type Check,
  defineCheck,
  type Facts,
  type Finding,
  fail,
  notApplicable,
  outOfScope,
  pass,
  type Reason,
  untested,
  type Verdict,
} from '../check.ts';
import { golden } from '../golden.ts';
import { amid, type TenantItems, withTenant } from '../golden-tenant.ts';
import { declaredReasons, mapReasons } from '../reasons.ts';
import { namesTheResourceThatWasAsked } from '../resource-metadata/identity.ts';
import { differenceOf, type Setup } from './example.ts';
import { fillsFor } from './fills.ts';

/** What a tenant's Management API shows of the things that a check reads. */
export type Tenant<N extends TenantReadName> = Readonly<Record<N, readonly JsonObject[]>>;

/** The setup that the tenant is to serve. */
export interface TenantSetting {
  /** `resource` of the protected resource metadata, which clients ask the tenant for (RFC 8707); absent: none is published. */
  readonly resource?: string;
  /** That metadata; empty: none is published. */
  readonly metadata: JsonObject;
  /** Id of the check that finds `resource` to be another than the URL that was asked; absent: none does. */
  misnamedBy(): string | undefined;
  /** Issuers that this metadata names, as written. */
  readonly issuers: readonly string[];
  /** Of what the check reads, what has more items than the API gives. */
  readonly cut: readonly TenantReadName[];
  /** Of what the check reads, what the tenant’s plan has not. */
  readonly notOffered: readonly TenantReadName[];
  /** What else is known of the tenant. */
  readonly around: TenantEvidence['tenant'];
  readonly facts: Facts;
}

/** What stands in the way of a judgement. */
export interface Obstacle {
  readonly because: string;
  readonly unlock: string;
  /** Id of the check whose failure it is. */
  readonly blockedBy?: string;
}

/** A reason, and what in the tenant gives it. */
export interface TenantReason<N extends TenantReadName> extends Reason {
  /** For findings: "an API whose identifier is the resource". */
  readonly expected: string;
  /** What is wrong, a finding each, for `actual`. */
  wrong(tenant: Tenant<N>, setting: TenantSetting): readonly string[];
  /** What the tenant has in place of the golden one, for examples. */
  readonly example: Partial<TenantItems>;
  /** What the example has besides; absent: what the passing one has. */
  readonly setup?: Setup;
}

interface Audit<N extends TenantReadName, R extends string>
  extends Pick<Check, 'id' | 'title' | 'keyword' | 'severity' | 'requirements'>,
    Partial<Pick<Check, 'pillar' | 'since' | 'until'>> {
  /** What has to be read. */
  readonly reads: readonly [N, ...N[]];
  /** In this order; each gives its findings. */
  readonly reasons: Readonly<Record<R, TenantReason<N>>>;
  /** Why it says nothing of this tenant. */
  unsaid?(tenant: Tenant<N>, setting: TenantSetting): string | undefined;
  /** What it takes that a profile need not give, and this one does not. */
  beyond?(tenant: Tenant<N>, setting: TenantSetting): Obstacle | undefined;
  /** What keeps it from being judged. */
  blocked?(tenant: Tenant<N>, setting: TenantSetting): Obstacle | undefined;
  /** What keeps nothing wrong from being a pass: something was not there to be seen. */
  untold?(tenant: Tenant<N>, setting: TenantSetting): { readonly because: string; readonly unlock: string } | undefined;
  /** What was seen where nothing was wrong. */
  seen(tenant: Tenant<N>, setting: TenantSetting): string;
  /** What the tenant of the passing example has in place of the golden one; absent: nothing. */
  readonly passes?: Partial<TenantItems>;
  readonly setup?: Setup;
}

/** A check on the configuration of an Auth0 tenant. */
export function auditsTenant<const N extends TenantReadName, const R extends string>({
  reads,
  reasons,
  unsaid = () => undefined,
  beyond = () => undefined,
  blocked = () => undefined,
  untold = () => undefined,
  seen,
  passes = {},
  setup: usual = {},
  ...declared
}: Audit<N, R>) {
  const entries = Object.entries(reasons) as [R, TenantReason<N>][];
  return defineCheck({
    party: 'tenant',
    ...declared,
    assurance: 'tenant-audit',
    needs: ['tenant'],
    // The issuer's metadata tells whose software it is.
    uses: ['resourceMetadata', 'issuerMetadata'],
    reasons: declaredReasons(reasons),
    judge({ tenant, resourceMetadata }, facts): Verdict<R> {
      const missed = unseenIn(tenant, reads);
      if (missed !== undefined) return missed;
      const items: Partial<Record<N, readonly JsonObject[]>> = {};
      const cut: N[] = [];
      const notOffered: N[] = [];
      for (const name of reads) {
        const read = readOf(name, tenant.asked[name]);
        items[name] = read.kind === 'read' ? read.items : [];
        if (read.kind === 'not-offered') notOffered.push(name);
        if (read.kind === 'read' && !read.whole) cut.push(name);
      }
      const found = items as Tenant<N>;
      const document = resourceMetadata && resourceDocument(resourceMetadata)?.document;
      const setting: TenantSetting = {
        ...(typeof document?.resource === 'string' && { resource: document.resource }),
        misnamedBy: () => misnamerOf(resourceMetadata, facts),
        metadata: document ?? {},
        issuers: resourceMetadata === undefined ? [] : namedIssuers(resourceMetadata),
        cut,
        notOffered,
        around: tenant,
        facts,
      };
      const because = unsaid(found, setting);
      if (because !== undefined) return notApplicable(because);
      const more = beyond(found, setting);
      if (more !== undefined) return outOfScope(more.because, more.unlock);
      const obstacle = blocked(found, setting);
      if (obstacle !== undefined) return untested(obstacle.because, obstacle.unlock, obstacle.blockedBy);
      const at = reads.flatMap((name) => tenant.asked[name].slice(0, 1).map(({ id }) => id));
      const findings = entries.flatMap(([reason, { expected, wrong }]) =>
        wrong(found, setting).map(
          (actual): Finding<R> => ({ reason, expected, actual, at, ...fillsFor(found, setting.resource, actual) }),
        ),
      );
      if (findings.length > 0) return fail(findings);
      const missing = untold(found, setting);
      return missing === undefined ? pass(seen(found, setting)) : untested(missing.because, missing.unlock);
    },
    examples: {
      pass: [{ says: 'as the reference tenant has it', ...exampleOf(passes, usual) }],
      fail: mapReasons(reasons, ({ example, setup = usual }) => ({
        says: differenceOf(example, passes, setup),
        ...exampleOf({ ...passes, ...example }, setup),
      })),
    },
  });
}

function misnamerOf(
  resourceMetadata: Parameters<typeof namesTheResourceThatWasAsked.judge>[0]['resourceMetadata'] | undefined,
  facts: Facts,
): string | undefined {
  if (resourceMetadata === undefined) return undefined;
  const named = namesTheResourceThatWasAsked.judge({ resourceMetadata }, facts);
  if (named.kind === 'fail') return namesTheResourceThatWasAsked.id;
  return named.kind === 'untested' ? named.blockedBy : undefined;
}

function exampleOf(items: Partial<TenantItems>, { facts, amid: surroundings = {} }: Setup) {
  return { evidence: withTenant(amid(golden, surroundings), items), ...(facts && { facts }) };
}
