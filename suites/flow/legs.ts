import type { EvidenceMap, Exchange } from '../../fixtures/evidence.ts';
import { issuerDocument, type JsonObject, resourceDocument } from '../../fixtures/protocol/documents.ts';
import { type Breach, gather } from '../challenge/refusals.ts';
import { fail, notApplicable, pass, untested, type Verdict } from '../check.ts';
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

export const wasNotSent = ({ failure }: Exchange) => failure?.kind === 'egress' || failure?.kind === 'budget';

const NAMED_BY: Readonly<Record<EndpointName, string>> = {
  authorization_endpoint: 'issuer-metadata/names-an-authorization-endpoint',
  token_endpoint: 'issuer-metadata/names-a-token-endpoint',
};

/** RFC 8414 2: a grant that is not offered needs no endpoint; without a list authorization_code and implicit are. */
function isNeeded(name: EndpointName, issuerMetadata: EvidenceMap['issuerMetadata']): boolean {
  return livingIssuers(issuerMetadata).some(({ document: { grant_types_supported: grants } }) =>
    !Array.isArray(grants)
      ? true
      : name === 'token_endpoint'
        ? grants.some((grant) => grant !== 'implicit')
        : grants.includes('authorization_code') || grants.includes('implicit'),
  );
}

/** Says "not now" and not "not here" (RFC 6585 4, RFC 9110 15.6.4). */
export const isForLater = ({ answer }: Exchange) => answer?.status === 429 || answer?.status === 503;

/** Judges an endpoint of each issuer by one rule. */
export function judgeEndpoint<R extends string>(
  evidence: Metadata & Pick<EvidenceMap, 'endpoints'>,
  name: EndpointName,
  rule: {
    readonly expected: string;
    breaches(exchange: Exchange): readonly Breach<R>[];
    seen(exchange: Exchange): string;
  },
): Verdict<R> {
  const missing = withoutMetadata(evidence);
  if (missing !== undefined) return missing;
  const asked = evidence.endpoints.asked.filter((each) => each.name === name);
  if (asked.length === 0) {
    const named = livingIssuers(evidence.issuerMetadata).some(({ document }) => document[name] !== undefined);
    if (named) {
      const unlock = `an absolute https URL as ${name}`;
      return untested(`${name} is no URL`, unlock, 'issuer-metadata/names-endpoints-by-absolute-urls');
    }
    return isNeeded(name, evidence.issuerMetadata)
      ? untested(`the metadata names no ${name}`, name, NAMED_BY[name])
      : notApplicable(`no grant of the issuer needs a ${name}`);
  }
  const unsent = asked.find(({ exchange }) => wasNotSent(exchange));
  if (unsent !== undefined) {
    const { request, failure } = unsent.exchange;
    return untested(`${request.url}: ${failure?.message}`, 'network.hosts: the host, if it may be asked');
  }
  const later = asked.find(({ exchange }) => isForLater(exchange));
  if (later !== undefined) {
    return untested(`${name} answers ${later.exchange.answer?.status} for now`, 'an endpoint that is not overloaded');
  }
  const findings = gather(
    asked.flatMap(({ exchange }) => rule.breaches(exchange).map((breach) => ({ ...breach, at: exchange.id }))),
    rule.expected,
  );
  return findings.length > 0 ? fail(findings) : pass(asked.map(({ exchange }) => rule.seen(exchange)).join('; '));
}
