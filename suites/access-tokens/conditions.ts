import type { EvidenceMap } from '../../fixtures/evidence.ts';
import { headerValues, isObject, isServed } from '../../fixtures/protocol/answers.ts';
import { isScheme, parseChallenges } from '../../fixtures/protocol/challenges.ts';
import { documentIn, last } from '../../fixtures/protocol/documents.ts';
import { notApplicable, untested, type Verdict } from '../check.ts';
import { answering, golden, RESOURCE_DOCUMENT, served } from '../golden.ts';

/** What a condition may read. */
export type Circumstances = Partial<
  Pick<EvidenceMap, 'anonymous' | 'resourceMetadata' | 'control' | 'tokenUse' | 'mintedTokens' | 'forgedTokens'>
>;

/** A rule that binds some targets only: those that have promised to follow the document it stands in. */
export interface Condition {
  /** Why the rule cannot be judged of this target; `undefined`: it holds. */
  otherwise(evidence: Circumstances): Verdict<never> | undefined;
  /** Golden evidence of a target for which it holds. */
  readonly example: EvidenceMap;
}

/** One verdict for all: what is only missing goes before what the target has no use for. */
export function notHeld(verdicts: readonly Verdict<never>[]): Verdict<never> {
  const missing = verdicts.find(({ kind }) => kind === 'untested');
  if (missing !== undefined) return missing;
  const reasons = verdicts.flatMap((verdict) => ('because' in verdict ? [verdict.because] : []));
  return notApplicable([...new Set(reasons)].join('; '));
}

/**
 * RFC 9068 2.1 asks for this type and RFC 7515 4.1.9 gives its two forms: such tokens are how a setup says that it
 * follows RFC 9068. Only a token of the issuer says it: what is minted without one has a type of our own choice.
 */
function typeOf({ control }: Circumstances): 'unknown' | 'rfc9068' | 'plain' {
  if (control?.token.header === undefined) return 'unknown';
  const { typ } = control.token.header;
  return typeof typ === 'string' && /^(?:application\/)?at\+jwt$/i.test(typ) ? 'rfc9068' : 'plain';
}

const TYPE_UNKNOWN = untested(
  "without an access token of the issuer it is not known of what type (typ) those are, and so which document's rules hold",
  'tokens.good: an access token that the server accepts',
);

export const FOLLOWS_RFC9068: Condition = {
  otherwise: (evidence) =>
    ({
      rfc9068: undefined,
      unknown: TYPE_UNKNOWN,
      plain: notApplicable('the good token is not typed at+jwt, so this setup does not say that it follows RFC 9068'),
    })[typeOf(evidence)],
  example: golden,
};

/** Tokens of Auth0's own dialect, and of most issuers that are older than RFC 9068. */
export const HAS_PLAIN_TOKENS: Condition = {
  otherwise: (evidence) =>
    ({
      plain: undefined,
      unknown: TYPE_UNKNOWN,
      rfc9068: notApplicable('the good token is typed at+jwt, so the stricter rules of RFC 9068 hold'),
    })[typeOf(evidence)],
  example: {
    ...golden,
    control: { ...golden.control, token: { ...golden.control.token, header: { alg: 'RS256', typ: 'JWT' } } },
  },
};

const namesAudience = (claims: Readonly<Record<string, unknown>>) =>
  [claims.aud].flat().some((aud) => aud !== undefined && aud !== null && aud !== '');

/**
 * MCP ("Access Token Privilege Restriction") takes another proof of the recipient than aud. Access tokens of Amazon
 * Cognito, for one, name a client and no audience, and a verifier of those has no audience to look for.
 */
export const NAMES_AN_AUDIENCE: Condition = {
  otherwise: ({ mintedTokens }) =>
    namesAudience(mintedTokens?.control.token.claims ?? { aud: 'not shown' })
      ? undefined
      : untested(
          'the good token names no audience (aud), so from tokens it cannot be seen by what the server knows those that were issued for it',
          'an issuer that writes the resource a client names (RFC 8707) into aud of its access tokens',
        ),
  example: golden,
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
const offersDpop = (evidence: Circumstances): boolean =>
  documentsIn(evidence).some(
    ({ dpop_signing_alg_values_supported: algorithms, dpop_bound_access_tokens_required: required }) =>
      required === true || (Array.isArray(algorithms) && algorithms.length > 0),
  ) ||
  (evidence.anonymous?.operations ?? []).some(({ exchange }) =>
    parseChallenges(headerValues(exchange.answer, 'www-authenticate')).challenges.some((each) =>
      isScheme(each, 'DPoP'),
    ),
  );

export const OFFERS_DPOP: Condition = {
  otherwise: (evidence) =>
    offersDpop(evidence) ? undefined : notApplicable('neither a challenge nor the resource metadata offers DPoP'),
  example: publishing({ dpop_signing_alg_values_supported: ['ES256'] }),
};

/** A server that knows nothing of DPoP, and looks at the scheme: any scheme will do for one that does not. */
export const WITHOUT_DPOP: Condition = {
  otherwise: (evidence) => {
    if (offersDpop(evidence)) return notApplicable('the server offers DPoP');
    return evidence.tokenUse !== undefined && isServed(evidence.tokenUse.otherScheme)
      ? notApplicable('any scheme will do here, which challenge/takes-a-token-behind-bearer-only tells')
      : undefined;
  },
  example: golden,
};

/** RFC 9728 2, RFC 8705 3. */
export const BINDS_TO_CERTIFICATES: Condition = {
  otherwise: (evidence) =>
    documentsIn(evidence).some(({ tls_client_certificate_bound_access_tokens: bound }) => bound === true)
      ? undefined
      : notApplicable('the resource metadata does not say that tokens are bound to client certificates'),
  example: publishing({ tls_client_certificate_bound_access_tokens: true }),
};
