import { protectedOperation } from '../../fixtures/protected-operation.ts';
import { parameter } from '../../fixtures/protocol/challenges.ts';
import { defineCheck, notApplicable, untested } from '../check.ts';
import {
  ANY_401,
  answering,
  CHALLENGE,
  golden,
  goldenFacts,
  INVALID_TOKEN,
  METADATA,
  unauthorized,
  WITH_INVALID_TOKEN,
  WITHOUT_TOKEN,
} from '../golden.ts';
import {
  allRefusals,
  type Breach,
  judgeRefusals,
  noRefusal,
  quote,
  type Refusal,
  refusalsOfInvalidTokens,
  refusalsWithoutToken,
  withBearer,
} from './refusals.ts';

/** Every value of a parameter in the Bearer challenges of a refusal. */
function values({ bearer }: Refusal, name: string): readonly string[] {
  return bearer.flatMap((challenge) => parameter(challenge, name) ?? []);
}

/** Scope tokens, in a set's order (RFC 6749 3.3: the order does not matter). */
const scopeTokens = (scope: string) =>
  scope
    .split(' ')
    .filter((token) => token !== '')
    .sort();

export const writesWellFormedScopeTokens = defineCheck({
  id: 'challenge/writes-well-formed-scope-tokens',
  title: 'Writes scope as blank-separated scope tokens',
  keyword: 'MUST',
  severity: 'medium',
  party: 'mcp-server',
  requirements: ['RFC6750-3-scope-charset'],
  assurance: 'anonymous',
  needs: ['anonymous'],
  uses: ['challenge', 'credentials'],
  reasons: {
    'bad-character': {
      says: 'scope holds a character that no scope token may hold.',
      fix: {
        general:
          'Write scopes separated by single blanks, without quotes, backslashes, tabs or letters outside ASCII: scope="read write".',
      },
    },
    'stray-blank': {
      says: 'scope begins or ends with a blank, or has two in a row; strict clients read an empty scope there.',
      keyword: 'ADVICE',
      fix: { general: 'Separate scopes by exactly one blank.' },
    },
  },
  judge(evidence) {
    const refusals = allRefusals(evidence);
    if (refusals.length > 0 && refusals.every((refusal) => values(refusal, 'scope').length === 0)) {
      return notApplicable('no challenge has a scope');
    }
    return judgeRefusals(
      refusals,
      'scope tokens of the characters ! # to [ and ] to ~, separated by one blank',
      (refusal) =>
        values(refusal, 'scope').flatMap((scope): readonly Breach<'bad-character' | 'stray-blank'>[] => {
          const actual = `scope is ${quote(scope)}`;
          if (/[^\x20\x21\x23-\x5b\x5d-\x7e]/.test(scope)) return [{ reason: 'bad-character', actual }];
          return / {2}|^ .| $/.test(scope) ? [{ reason: 'stray-blank', actual }] : [];
        }),
      'each scope is well-formed',
    );
  },
  examples: {
    pass: [{ says: 'one scope', evidence: golden }],
    fail: {
      'bad-character': {
        says: 'a quote inside',
        evidence: answering(ANY_401, unauthorized('Bearer scope="read \\"write\\""')),
      },
      'stray-blank': { says: 'two blanks', evidence: answering(ANY_401, unauthorized('Bearer scope="read  write"')) },
    },
  },
});

export const keepsErrorTextAscii = defineCheck({
  id: 'challenge/keeps-error-text-ascii',
  title: 'Keeps error and error_description to the allowed characters',
  keyword: 'MUST',
  severity: 'low',
  party: 'mcp-server',
  requirements: ['RFC6750-3-error-charset'],
  assurance: 'anonymous',
  needs: ['anonymous'],
  uses: ['challenge', 'credentials'],
  reasons: {
    'bad-character': {
      says: 'error or error_description holds a character outside the allowed set.',
      fix: {
        general:
          'Use plain ASCII without double quote and backslash in both; never put text of the caller or of an exception into them.',
      },
    },
  },
  judge(evidence) {
    const refusals = allRefusals(evidence);
    const texts = (refusal: Refusal) =>
      ['error', 'error_description'].flatMap((name) => values(refusal, name).map((value) => ({ name, value })));
    if (refusals.length > 0 && refusals.every((refusal) => texts(refusal).length === 0))
      return notApplicable('no challenge has an error');
    return judgeRefusals(
      refusals,
      'characters %x20-21, %x23-5B, %x5D-7E',
      (refusal) =>
        texts(refusal)
          .filter(({ value }) => /[^\x20\x21\x23-\x5b\x5d-\x7e]/.test(value))
          .map(({ name, value }) => ({ reason: 'bad-character' as const, actual: `${name} is ${quote(value)}` })),
      'error and error_description keep to the set',
    );
  },
  examples: {
    pass: [{ says: 'plain text', evidence: golden }],
    fail: {
      'bad-character': {
        says: 'an escaped quote',
        evidence: answering(
          WITH_INVALID_TOKEN,
          unauthorized('Bearer error="invalid_token", error_description="bad \\"token\\""'),
        ),
      },
    },
  },
});

export const givesErrorUriAsAReference = defineCheck({
  id: 'challenge/gives-error-uri-as-a-reference',
  title: 'Gives error_uri as a URI reference',
  keyword: 'MUST',
  severity: 'low',
  party: 'mcp-server',
  requirements: ['RFC6750-3-error-uri-charset'],
  assurance: 'anonymous',
  needs: ['anonymous'],
  uses: ['challenge', 'credentials'],
  reasons: {
    'not-a-reference': {
      says: 'error_uri is no URI reference.',
      fix: {
        general: 'Give the address of a page about the error, percent-encoded where needed, or leave error_uri out.',
      },
    },
  },
  judge(evidence) {
    const refusals = allRefusals(evidence);
    if (refusals.length > 0 && refusals.every((refusal) => values(refusal, 'error_uri').length === 0)) {
      return notApplicable('no challenge has an error_uri');
    }
    return judgeRefusals(
      refusals,
      'a URI reference of the characters %x21, %x23-5B, %x5D-7E',
      (refusal) =>
        values(refusal, 'error_uri')
          .filter((value) => !/^[\x21\x23-\x5b\x5d-\x7e]+$/.test(value) || !URL.canParse(value, 'https://base.example'))
          .map((value) => ({ reason: 'not-a-reference' as const, actual: `error_uri is ${quote(value)}` })),
      'each error_uri is a URI reference',
    );
  },
  examples: {
    pass: [
      {
        says: 'an address',
        evidence: answering(ANY_401, unauthorized('Bearer error="invalid_token", error_uri="https://example.com/e"')),
      },
    ],
    fail: {
      'not-a-reference': {
        says: 'words',
        evidence: answering(ANY_401, unauthorized('Bearer error="invalid_token", error_uri="see the docs"')),
      },
    },
  },
});

export const sendsNoErrorWithoutCredentials = defineCheck({
  id: 'challenge/sends-no-error-without-credentials',
  title: 'Sends no error code to a caller without credentials',
  keyword: 'SHOULD',
  severity: 'low',
  party: 'mcp-server',
  requirements: ['RFC6750-3.1-no-error-without-credentials', 'AUTH0-rs-401-no-error-code'],
  assurance: 'anonymous',
  needs: ['anonymous'],
  uses: ['challenge'],
  reasons: {
    'error-code': {
      says: 'The challenge to a request without a token names an error, as if a token had been refused.',
      fix: {
        general:
          'Leave error and error_description out when no Authorization field was sent; send them only when a token was refused.',
        auth0: {
          text: 'Auth0’s FastMCP sample sends invalid_token here too: change the sample’s handler for a missing token.',
        },
      },
    },
  },
  judge(evidence) {
    return judgeRefusals(
      refusalsWithoutToken(evidence),
      'a challenge without error and error_description',
      (refusal) =>
        ['error', 'error_description'].flatMap((name) =>
          values(refusal, name).map((value) => ({
            reason: 'error-code' as const,
            actual: `${name} is ${quote(value)}`,
          })),
        ),
      'the challenge to a request without a token names no error',
    );
  },
  examples: {
    pass: [{ says: 'no error', evidence: golden }],
    fail: {
      'error-code': {
        says: 'invalid_token for no token',
        evidence: answering(WITHOUT_TOKEN, unauthorized(INVALID_TOKEN)),
      },
    },
  },
});

export const saysInvalidToken = defineCheck({
  id: 'challenge/says-invalid-token',
  title: 'Says invalid_token when it refuses a token',
  keyword: 'SHOULD',
  severity: 'medium',
  party: 'mcp-server',
  requirements: [
    'RFC6750-3-error-on-bad-token',
    'RFC6750-3.1-invalid-token-401',
    'MCP-challenge-oauth21-error-format',
    'AUTH0-opaque-rejected',
  ],
  assurance: 'anonymous',
  needs: ['anonymous', 'credentials'],
  reasons: {
    'no-error': {
      says: 'The challenge to a refused token names no error, so a client cannot tell a bad token from a missing one.',
      fix: { general: 'Add error="invalid_token" to the Bearer challenge when a token was sent and refused.' },
    },
    'other-error': {
      says: 'The challenge to a refused token names another error than invalid_token.',
      fix: {
        general:
          'Use error="invalid_token" for every token that is expired, revoked, malformed or otherwise not valid.',
      },
    },
  },
  judge(evidence) {
    const refusals = refusalsOfInvalidTokens(evidence);
    if (!refusals.some(withBearer)) {
      return untested(
        'no refused token was answered with a Bearer challenge',
        'a Bearer challenge with 401',
        'challenge/challenges-an-invalid-token',
      );
    }
    return judgeRefusals(
      refusals,
      'error="invalid_token"',
      (refusal) => {
        const [error] = values(refusal, 'error');
        if (error === 'invalid_token') return [];
        return error === undefined
          ? [{ reason: 'no-error' as const, actual: 'a challenge without error' }]
          : [{ reason: 'other-error' as const, actual: `error is ${quote(error)}` }];
      },
      `${refusals.length} refused tokens were answered with error="invalid_token"`,
      withBearer,
    );
  },
  examples: {
    pass: [{ says: 'invalid_token', evidence: golden }],
    fail: {
      'no-error': { says: 'no error', evidence: answering(WITH_INVALID_TOKEN, unauthorized(CHALLENGE)) },
      'other-error': {
        says: 'unauthorized',
        evidence: answering(WITH_INVALID_TOKEN, unauthorized('Bearer error="unauthorized"')),
      },
    },
  },
});

export const namesTheNeededScope = defineCheck({
  id: 'challenge/names-the-needed-scope',
  title: 'Names the needed scope in its challenge',
  keyword: 'SHOULD',
  severity: 'medium',
  party: 'mcp-server',
  requirements: ['MCP-challenge-scope-param'],
  assurance: 'anonymous',
  since: '2025-11-25',
  needs: ['anonymous'],
  uses: ['challenge'],
  reasons: {
    'no-scope': {
      says: 'The challenge does not say which scope the operation needs, so clients ask for every scope the metadata lists, or for none.',
      fix: {
        general:
          'Add scope="…" with the scopes the operation needs to the 401 challenge. If the server uses no scopes, say `scopes: []` under server in the profile.',
      },
    },
  },
  judge(evidence, { server }) {
    if (server.scopes?.length === 0) return notApplicable('the operator says that the server uses no scopes');
    return judgeRefusals(
      refusalsWithoutToken(evidence),
      'scope="…" in the Bearer challenge',
      (refusal) =>
        values(refusal, 'scope').length > 0 ? [] : [{ reason: 'no-scope', actual: 'a Bearer challenge without scope' }],
      'the Bearer challenge names the scope',
      withBearer,
    );
  },
  examples: {
    pass: [{ says: 'scope is named', evidence: golden }],
    fail: {
      'no-scope': {
        says: 'no scope',
        evidence: answering(WITHOUT_TOKEN, unauthorized(`Bearer resource_metadata="${METADATA}"`)),
      },
    },
  },
});

export const keepsTheScopeStable = defineCheck({
  id: 'challenge/keeps-the-scope-stable',
  title: 'Asks for the same scope each time the same request is refused',
  keyword: 'SHOULD',
  severity: 'low',
  party: 'mcp-server',
  requirements: ['MCP-challenge-scope-consistency'],
  assurance: 'anonymous',
  since: '2025-11-25',
  needs: ['anonymous', 'challenge'],
  uses: ['control'],
  reasons: {
    varies: {
      says: 'The same request without a token is asked for different scopes at different times.',
      fix: {
        general: 'Derive the challenged scope from the operation alone; instances behind one load balancer must agree.',
      },
    },
  },
  judge({ anonymous, challenge, control }) {
    const asked = protectedOperation(anonymous, control) ?? protectedOperation(anonymous);
    if (asked === undefined) return noRefusal();
    const same = refusalsWithoutToken({ anonymous: { operations: [asked] }, challenge });
    const scope = (refusal: Refusal) => scopeTokens(values(refusal, 'scope').join(' ')).join(' ');
    const distinct = [...new Set(same.filter(withBearer).map(scope))];
    const actual = `asked ${same.length} times, the scope was ${distinct.map((each) => (each === '' ? 'absent' : quote(each))).join(' or ')}`;
    return judgeRefusals(
      same,
      'one set of scopes for one operation',
      () => (distinct.length > 1 ? [{ reason: 'varies', actual }] : []),
      `asked ${same.length} times, the scope stayed the same`,
      withBearer,
    );
  },
  examples: {
    pass: [{ says: 'the same three times', evidence: golden }],
    fail: {
      varies: {
        says: 'another at the second request',
        evidence: answering(/^challenge\/second/, unauthorized('Bearer scope="admin"')),
      },
    },
  },
});

export const leavesOfflineAccessOut = defineCheck({
  id: 'challenge/leaves-offline-access-out',
  title: 'Leaves offline_access out of the challenged scope',
  keyword: 'SHOULD',
  severity: 'low',
  party: 'mcp-server',
  requirements: ['MCP-rs-no-offline-access-challenge'],
  assurance: 'anonymous',
  since: '2026-07-28',
  needs: ['anonymous'],
  uses: ['challenge', 'credentials'],
  reasons: {
    'offline-access': {
      says: 'The challenge asks for offline_access, though no resource needs a refresh token.',
      fix: {
        general:
          'Take offline_access out of the challenge; whether a refresh token is wanted is between client and authorization server.',
      },
    },
  },
  judge(evidence) {
    return judgeRefusals(
      allRefusals(evidence),
      'a scope without offline_access',
      (refusal) =>
        values(refusal, 'scope')
          .filter((scope) => scopeTokens(scope).includes('offline_access'))
          .map((scope) => ({ reason: 'offline-access' as const, actual: `scope is ${quote(scope)}` })),
      'no challenge asks for offline_access',
    );
  },
  examples: {
    pass: [{ says: 'not asked for', evidence: golden, facts: goldenFacts }],
    fail: {
      'offline-access': {
        says: 'asked for',
        evidence: answering(ANY_401, unauthorized('Bearer scope="mcp:tools offline_access"')),
      },
    },
  },
});

export const parameterChecks = [
  writesWellFormedScopeTokens,
  keepsErrorTextAscii,
  givesErrorUriAsAReference,
  sendsNoErrorWithoutCredentials,
  saysInvalidToken,
  namesTheNeededScope,
  keepsTheScopeStable,
  leavesOfflineAccessOut,
];
