import { checks } from '../check.ts';
import { ACCESS_TOKEN, grant, withCode } from '../golden-authorization.ts';
import { type AskedTrial, judgesRequests, tokenGrant } from './requests.ts';

/** What the token is for, where it can be read. */
function audiencesOf(asked: AskedTrial): readonly string[] | undefined {
  const claims = tokenGrant(asked)?.tokens.access_token?.claims;
  if (claims === undefined) return undefined;
  return [claims.aud].flat().filter((each) => typeof each === 'string');
}

const resourcesOf = ({ parameters }: AskedTrial) =>
  parameters.filter(([name]) => name === 'resource').map(([, value]) => value);

/** A token that was given, and whose it says it is. */
function aToken(asked: AskedTrial): string | undefined {
  if (tokenGrant(asked) === undefined) return undefined;
  const audiences = audiencesOf(asked);
  if (audiences === undefined) return 'an access token that is no JWT';
  return audiences.length === 0 ? 'an access token without an audience' : `an access token for ${audiences.join(', ')}`;
}

const example = (trial: string, claims: Readonly<Record<string, unknown>> = {}) => ({
  end: withCode(`authorizations/${trial}`),
  grants: [
    grant(`authorizations/${trial}/grant-1`, 'with the same resource', {
      tokens: { access_token: { ...ACCESS_TOKEN, claims: { ...ACCESS_TOKEN.claims, ...claims } } },
    }),
  ],
});

const KNOW_RESOURCES = {
  general:
    'Compare resource with the APIs you issue tokens for, as a whole and character by character, and answer invalid_target where it is none of them (RFC 8707 2).',
  auth0: {
    text: 'Switch on the Resource Parameter Compatibility Profile: without it resource means nothing, and tokens are for the default audience.',
    dashboard: 'Settings > Advanced > Resource Parameter Compatibility Profile',
    command: `auth0 api patch tenants/settings --data '{"resource_parameter_profile": "compatibility"}'`,
  },
};

export const issuesNoTokensForUnknownResources = judgesRequests({
  id: 'authorization/issues-no-tokens-for-unknown-resources',
  title: 'Issues no tokens for resources that it does not know',
  // RFC 8707 2 says "should" in lower case, and a server without it ignores the parameter (RFC 6749 3.1).
  keyword: 'MUST',
  severity: 'high',
  requirements: ['B38', 'B39', 'RFC8707-2-invalid-target-code', 'RFC8707-2-resource-absolute-uri'],
  done: 'refused, or led to no token',
  reasons: {
    'token-names-it': {
      says: 'A resource that nobody registered becomes the audience of the token: whoever asks gets tokens for any API that trusts this issuer.',
      fix: KNOW_RESOURCES,
      trials: [
        'resource-unknown',
        'resource-sibling',
        'resource-relative',
        'resource-fragment',
        'resource-script',
        'resource-twice',
      ],
      expected: 'invalid_target, or a token that does not name it',
      wrong(asked, { resource }) {
        const foreign = resourcesOf(asked).filter((each) => each !== resource);
        return audiencesOf(asked)?.some((audience) => foreign.includes(audience)) ? aToken(asked) : undefined;
      },
      example: example('resource-unknown', { aud: 'https://canary.example/mcp' }),
    },
    'served-all-the-same': {
      says: 'A request for a resource that nobody registered is answered with a token for something else, and the client is not told.',
      fix: KNOW_RESOURCES,
      keyword: 'ADVICE',
      trials: ['resource-unknown', 'resource-sibling'],
      expected: 'invalid_target',
      wrong: aToken,
      example: example('resource-unknown'),
    },
    'no-uri-served': {
      says: 'A resource that is no absolute URI without a fragment is answered with a token for something else.',
      fix: { general: 'Answer invalid_target where resource is no absolute URI, or has a fragment (RFC 8707 2).' },
      keyword: 'ADVICE',
      trials: ['resource-relative', 'resource-fragment', 'resource-script'],
      expected: 'invalid_target',
      wrong: aToken,
      example: example('resource-relative'),
    },
  },
});

export const leavesNoResourceOutInSilence = judgesRequests({
  id: 'authorization/leaves-no-resource-out-in-silence',
  title: 'Tells clients when it does not serve every resource that they name',
  keyword: 'ADVICE',
  severity: 'low',
  requirements: ['B40', 'B43', 'RFC8707-2.1-multiple-resources', 'AUTH0-audience-wins'],
  done: 'refused, or led to no token',
  reasons: {
    'one-of-several': {
      says: 'Of several resources one is served, and the others are left out without a word.',
      fix: {
        general: 'Issue a token for all of the resources, or answer invalid_target or invalid_request (RFC 8707 2.2).',
      },
      trials: ['resource-twice'],
      expected: 'an error, or a token for all of them',
      wrong: (asked) =>
        resourcesOf(asked).every((each) => audiencesOf(asked)?.includes(each) === true) ? undefined : aToken(asked),
      example: example('resource-twice'),
    },
    'audience-goes-before': {
      says: 'Beside an audience parameter the resource means nothing, be it unknown: what a client names by RFC 8707 is not what it gets.',
      fix: {
        general: 'Refuse requests whose audience and resource differ with invalid_target.',
        auth0: {
          text: 'Have clients send resource alone: where there is an audience, Auth0 does not look at resource.',
        },
      },
      providerFact: { auth0: 'Where a request has an audience, Auth0 does not look at its resource.' },
      trials: ['resource-beside-audience'],
      expected: 'invalid_target',
      wrong: aToken,
      example: example('resource-beside-audience'),
    },
  },
});

export const restrictsTokensWithoutAResource = judgesRequests({
  id: 'authorization/restricts-tokens-without-a-resource',
  title: 'Restricts tokens to an audience also where the request names no resource',
  keyword: 'ADVICE',
  severity: 'medium',
  requirements: ['B37', 'RFC8707-2.1-resource-missing', 'RFC8707-2-audience-restricted'],
  done: 'refused, or led to a token with an audience, or to one that does not show whom it is for',
  reasons: {
    'without-an-audience': {
      says: 'A request without resource leads to an access token for nobody in particular, which every API of this issuer may take for its own.',
      fix: {
        general:
          'Give requests without resource a default audience, or answer invalid_target (RFC 8707 2, RFC 9700 2.3).',
      },
      trials: ['resource-missing'],
      expected: 'an error, or a token with an audience',
      wrong: (asked) => (audiencesOf(asked)?.length === 0 ? aToken(asked) : undefined),
      example: example('resource-missing', { aud: undefined }),
    },
  },
});

export const resourceChecks = checks(
  issuesNoTokensForUnknownResources,
  leavesNoResourceOutInSilence,
  restrictsTokensWithoutAResource,
);
