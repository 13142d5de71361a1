import type { EvidenceMap, Exchange } from '../../fixtures/evidence.ts';
import { issuerDocument, type JsonObject, resourceDocument } from '../../fixtures/protocol/documents.ts';
import { type Breach, gather } from '../challenge/refusals.ts';
import { fail, notApplicable, pass, untested, type Verdict } from '../check.ts';
import { unheard } from '../delivery.ts';
import { usesAuthorizationEndpoint, usesTokenEndpoint } from '../issuer-metadata/documents/document.ts';
import { noDocument } from '../resource-metadata/documents.ts';

export const COMMON = { since: '2025-06-18', party: 'authorization-server', assurance: 'anonymous' } as const;

type Metadata = Pick<EvidenceMap, 'resourceMetadata' | 'issuerMetadata'>;
type EndpointName = EvidenceMap['endpoints']['asked'][number]['name'];

/** Why no issuer was asked: the way breaks before, where another check reports it. */
export function withoutIssuer({ resourceMetadata, issuerMetadata }: Metadata): Verdict<never> | undefined {
  if (resourceDocument(resourceMetadata) === undefined) return noDocument(resourceMetadata);
  if (issuerMetadata.issuers.length === 0) {
    return untested(
      'no authorization server is named',
      'authorization_servers with an issuer',
      'resource-metadata/names-an-authorization-server',
    );
  }
  if (issuerMetadata.issuers.every(({ candidates }) => candidates.length === 0)) {
    return untested(
      'no issuer is an absolute URL',
      'an issuer that is an absolute URL',
      'resource-metadata/names-issuers-by-absolute-urls',
    );
  }
  return undefined;
}

/** Issuers whose metadata was found: one is enough for a client. */
export function livingIssuers({ issuers }: EvidenceMap['issuerMetadata']): readonly {
  readonly issuer: string;
  readonly exchange: Exchange;
  readonly document: JsonObject;
}[] {
  return issuers.flatMap((asked) => {
    const found = issuerDocument(asked);
    return found === undefined ? [] : [{ issuer: asked.issuer, ...found }];
  });
}

/** Why the metadata of no issuer can be followed. */
export function withoutMetadata(evidence: Metadata): Verdict<never> | undefined {
  const missing = withoutIssuer(evidence);
  if (missing !== undefined || livingIssuers(evidence.issuerMetadata).length > 0) return missing;
  return untested('no issuer has metadata', 'metadata of an issuer', 'issuer-metadata/publishes-metadata');
}

const NAMED_BY: Readonly<Record<EndpointName, string>> = {
  authorization_endpoint: 'issuer-metadata/names-an-authorization-endpoint',
  token_endpoint: 'issuer-metadata/names-a-token-endpoint',
};

const NEEDED: Readonly<Record<EndpointName, (document: JsonObject) => boolean>> = {
  authorization_endpoint: usesAuthorizationEndpoint,
  token_endpoint: usesTokenEndpoint,
};

/** Why an endpoint was not asked: the metadata names none, or in a way that leads nowhere. */
function withoutEndpoint(name: EndpointName, documents: readonly JsonObject[]): Verdict<never> {
  const named = documents.map((document) => document[name]).filter((value) => value !== undefined);
  if (named.length > 0) {
    const unlock = `an absolute https URL as ${name}`;
    return named.some((value) => typeof value === 'string')
      ? untested(`${name} is no absolute URL`, unlock, 'issuer-metadata/names-endpoints-by-absolute-urls')
      : untested(`${name} is no string`, unlock, 'issuer-metadata/writes-texts-as-strings');
  }
  return documents.some(NEEDED[name])
    ? untested(`the metadata names no ${name}`, name, NAMED_BY[name])
    : notApplicable(`no grant of the issuer needs a ${name}`);
}

/** Judges an endpoint of each issuer by one rule; one that cannot be judged hides no breach of another. */
export function judgeEndpoint<R extends string>(
  evidence: Metadata & Pick<EvidenceMap, 'endpoints'>,
  name: EndpointName,
  rule: {
    readonly expected: string;
    breaches(exchange: Exchange): readonly Breach<R>[];
    /** Why nothing can be said of an endpoint that has no breach. */
    unsaid?(exchange: Exchange): Verdict<never> | undefined;
    seen(exchange: Exchange): string;
  },
): Verdict<R> {
  const missing = withoutMetadata(evidence);
  if (missing !== undefined) return missing;
  const asked = evidence.endpoints.asked.flatMap((each) => (each.name === name ? [each.exchange] : []));
  if (asked.length === 0) {
    return withoutEndpoint(
      name,
      livingIssuers(evidence.issuerMetadata).map(({ document }) => document),
    );
  }
  const heard = asked.filter((exchange) => unheard(exchange) === undefined);
  const findings = gather(
    heard.flatMap((exchange) => rule.breaches(exchange).map((breach) => ({ ...breach, at: exchange.id }))),
    rule.expected,
  );
  if (findings.length > 0) return fail(findings);
  const unsaid = asked
    .map((exchange) => unheard(exchange) ?? rule.unsaid?.(exchange))
    .find((verdict) => verdict !== undefined);
  return unsaid ?? pass(asked.map(rule.seen).join('; '));
}
