import type { EvidenceMap } from '../../fixtures/evidence.ts';
import { headerValues, isObject } from '../../fixtures/protocol/answers.ts';
import { isScheme, parseChallenges } from '../../fixtures/protocol/challenges.ts';
import { documentIn, last } from '../../fixtures/protocol/documents.ts';
import { answering, golden, RESOURCE_DOCUMENT, served } from '../golden.ts';

/** What a condition may read. */
export type Circumstances = Partial<
  Pick<EvidenceMap, 'anonymous' | 'resourceMetadata' | 'mintedTokens' | 'forgedTokens'>
>;

/** A rule that binds some targets only: those that have promised to follow the document it stands in. */
export interface Condition {
  holds(evidence: Circumstances): boolean;
  /** Why it does not hold, for a reader. */
  readonly otherwise: string;
  /** Golden evidence of a target for which it holds. */
  readonly example: EvidenceMap;
}

/** RFC 9068 2.1 asks for this type and RFC 7515 4.1.9 gives its two forms: such tokens are how a setup says that it follows RFC 9068. */
function isTyped({ mintedTokens, forgedTokens }: Circumstances): boolean {
  const { typ } = (mintedTokens ?? forgedTokens)?.control.token.header ?? {};
  return typeof typ === 'string' && /^(?:application\/)?at\+jwt$/i.test(typ);
}

export const FOLLOWS_RFC9068: Condition = {
  holds: isTyped,
  otherwise: 'the good token is not typed at+jwt, so this setup does not say that it follows RFC 9068',
  example: golden,
};

const plainly = (asked: EvidenceMap['mintedTokens']): EvidenceMap['mintedTokens'] => ({
  ...asked,
  control: { ...asked.control, token: { ...asked.control.token, header: { alg: 'RS256', typ: 'JWT' } } },
});

/** Tokens of Auth0's own dialect, and of most issuers that are older than RFC 9068. */
export const HAS_PLAIN_TOKENS: Condition = {
  holds: (evidence) => !isTyped(evidence),
  otherwise: 'the good token is typed at+jwt, so the stricter rules of RFC 9068 hold',
  example: {
    ...golden,
    mintedTokens: plainly(golden.mintedTokens),
    forgedTokens: plainly(golden.forgedTokens),
  },
};

function documentsIn({ resourceMetadata }: Circumstances): readonly Readonly<Record<string, unknown>>[] {
  const { wellKnown = [], fromChallenge = [] } = resourceMetadata ?? {};
  return [...wellKnown, ...fromChallenge.flatMap(({ fetched }) => (fetched === undefined ? [] : [fetched]))]
    .map((fetched) => documentIn(last(fetched)))
    .filter(isObject);
}

const publishing = (members: Readonly<Record<string, unknown>>): EvidenceMap =>
  answering(/^resourceMetadata\/(challenge-1|well-known-1)$/, served({ ...RESOURCE_DOCUMENT, ...members }));

/** RFC 9449 7.1 and 7.2: a resource server that knows DPoP; one that does not cannot tell a bound token. */
export const OFFERS_DPOP: Condition = {
  holds: (evidence) =>
    documentsIn(evidence).some(
      ({ dpop_signing_alg_values_supported: algorithms, dpop_bound_access_tokens_required: required }) =>
        required === true || (Array.isArray(algorithms) && algorithms.length > 0),
    ) ||
    (evidence.anonymous?.operations ?? []).some(({ exchange }) =>
      parseChallenges(headerValues(exchange.answer, 'www-authenticate')).challenges.some((each) =>
        isScheme(each, 'DPoP'),
      ),
    ),
  otherwise: 'neither a challenge nor the resource metadata offers DPoP or certificate-bound tokens',
  example: publishing({ dpop_signing_alg_values_supported: ['ES256'] }),
};

/** RFC 9728 2, RFC 8705 3. */
export const BINDS_TO_CERTIFICATES: Condition = {
  holds: (evidence) =>
    documentsIn(evidence).some(({ tls_client_certificate_bound_access_tokens: bound }) => bound === true),
  otherwise: OFFERS_DPOP.otherwise,
  example: publishing({ tls_client_certificate_bound_access_tokens: true }),
};
