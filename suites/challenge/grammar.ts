import { type Challenge, isScheme } from '../../fixtures/protocol/challenges.ts';
import { defineCheck } from '../check.ts';
import { ANY_401, answering, golden, METADATA, unauthorized } from '../golden.ts';
import { allRefusals, judgeRefusals, quote } from './refusals.ts';

const FIELD = 'WWW-Authenticate';

export const followsTheChallengeGrammar = defineCheck({
  id: 'challenge/follows-the-challenge-grammar',
  title: 'Writes WWW-Authenticate by the grammar of HTTP',
  keyword: 'MUST',
  severity: 'medium',
  party: 'mcp-server',
  requirements: ['RFC9110-2.2-grammar'],
  assurance: 'anonymous',
  needs: ['anonymous'],
  uses: ['challenge', 'credentials'],
  reasons: {
    'unquoted-value': {
      says: 'A parameter value that needs quotes stands without them.',
      fix: {
        general:
          'Put the value in double quotes: resource_metadata="https://…". Only letters, digits and !#$%&\'*+-.^_`|~ may stand without.',
      },
    },
    'no-comma': {
      says: 'Two parameters of a challenge are not separated by a comma.',
      fix: { general: 'Separate parameters by a comma: `Bearer realm="mcp", scope="read"`.' },
    },
    'inner-quote': {
      says: 'A quoted value holds a double quote that ends it too early, so what comes behind it is lost to clients.',
      fix: {
        general:
          'Escape double quotes and backslashes inside quotes with a backslash; in error_description neither may stand at all (RFC 6750 3): write a text of your own there, and not that of an exception.',
      },
    },
    unparsable: {
      says: 'The field value is no list of challenges.',
      fix: {
        general:
          'Write a scheme, a blank, then name="value" pairs separated by commas; close every quote; escape quotes inside with a backslash.',
      },
    },
  },
  judge(evidence) {
    return judgeRefusals(
      allRefusals(evidence),
      'a comma-separated list of challenges: scheme, blank, name="value" pairs',
      ({ parsed }) =>
        parsed.problems.map(({ kind, text }) => ({ reason: kind, actual: `${FIELD} breaks at ${quote(text)}` })),
      'each WWW-Authenticate field follows the grammar',
    );
  },
  examples: {
    pass: [{ says: 'well-formed', evidence: golden }],
    fail: {
      'unquoted-value': {
        says: 'a URL without quotes',
        evidence: answering(ANY_401, unauthorized(`Bearer resource_metadata=${METADATA}`)),
      },
      'no-comma': {
        says: 'a blank for a comma',
        evidence: answering(ANY_401, unauthorized('Bearer realm="mcp" scope="read"')),
      },
      'inner-quote': {
        says: 'the text of an exception that names a claim in quotes',
        evidence: answering(
          ANY_401,
          unauthorized('Bearer error="invalid_token", error_description="unexpected "iss" claim value"'),
        ),
      },
      unparsable: { says: 'an open quote', evidence: answering(ANY_401, unauthorized('Bearer realm="mcp')) },
    },
  },
});

export const givesBearerAParameter = defineCheck({
  id: 'challenge/gives-bearer-a-parameter',
  title: 'Gives its Bearer challenge at least one parameter',
  keyword: 'MUST',
  severity: 'low',
  party: 'mcp-server',
  requirements: ['RFC6750-3-bearer-scheme-with-param'],
  assurance: 'anonymous',
  needs: ['anonymous'],
  uses: ['challenge', 'credentials'],
  reasons: {
    bare: {
      says: 'The challenge is the word Bearer alone.',
      fix: {
        general: 'Add resource_metadata="…" to the challenge, which MCP clients look for, or at least realm="…".',
      },
    },
  },
  judge(evidence) {
    return judgeRefusals(
      allRefusals(evidence),
      'Bearer, followed by one or more parameters',
      ({ bearer, parsed }) =>
        // A challenge that could not be read may have had parameters: that is the grammar's finding.
        parsed.problems.length === 0 && bearer.some(({ parameters }) => parameters.length === 0)
          ? [{ reason: 'bare', actual: 'a Bearer challenge without parameters' }]
          : [],
      'each Bearer challenge has parameters',
    );
  },
  examples: {
    pass: [{ says: 'with parameters', evidence: golden }],
    fail: { bare: { says: 'Bearer alone', evidence: answering(ANY_401, unauthorized('Bearer')) } },
  },
});

export const namesEachParameterOnce = defineCheck({
  id: 'challenge/names-each-parameter-once',
  title: 'Names each parameter of a challenge once',
  keyword: 'MUST',
  severity: 'low',
  party: 'mcp-server',
  requirements: ['RFC9110-11.2-param-once', 'RFC6750-3-attrs-once'],
  assurance: 'anonymous',
  needs: ['anonymous'],
  uses: ['challenge', 'credentials'],
  reasons: {
    repeated: {
      says: 'A parameter stands twice in one challenge; which one counts is the reader’s guess.',
      fix: { general: 'Write each parameter once; several scopes go into one scope parameter, separated by blanks.' },
    },
  },
  judge(evidence) {
    return judgeRefusals(
      allRefusals(evidence),
      'each parameter name at most once in a challenge',
      ({ parsed }) =>
        parsed.challenges.flatMap((challenge) =>
          repeatedNames(challenge).map((name) => ({
            reason: 'repeated' as const,
            actual: `${name} stands more than once in the ${challenge.scheme} challenge`,
          })),
        ),
      'no parameter is repeated',
    );
  },
  examples: {
    pass: [{ says: 'once each', evidence: golden }],
    fail: {
      repeated: { says: 'two scopes', evidence: answering(ANY_401, unauthorized('Bearer scope="a", scope="b"')) },
    },
  },
});

function repeatedNames({ parameters }: Challenge): readonly string[] {
  const names = parameters.map(({ name }) => name.toLowerCase());
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}

export const quotesTheRealm = defineCheck({
  id: 'challenge/quotes-the-realm',
  title: 'Writes realm as a quoted string',
  keyword: 'MUST',
  severity: 'low',
  party: 'mcp-server',
  requirements: ['RFC9110-11.5-realm-quoted'],
  assurance: 'anonymous',
  needs: ['anonymous'],
  uses: ['challenge', 'credentials'],
  reasons: {
    unquoted: {
      says: 'realm stands without quotes.',
      fix: { general: 'Write realm="…" with double quotes, or leave realm out.' },
    },
  },
  judge(evidence) {
    return judgeRefusals(
      allRefusals(evidence),
      'realm="…", in double quotes',
      ({ parsed }) =>
        parsed.challenges.flatMap(({ parameters }) =>
          parameters
            .filter(({ name, quoted }) => name.toLowerCase() === 'realm' && !quoted)
            .map(({ value }) => ({ reason: 'unquoted' as const, actual: `realm=${value}` })),
        ),
      'no realm stands without quotes',
    );
  },
  examples: {
    pass: [
      { says: 'no realm', evidence: golden },
      { says: 'a quoted realm', evidence: answering(ANY_401, unauthorized('Bearer realm="mcp"')) },
    ],
    fail: { unquoted: { says: 'realm=mcp', evidence: answering(ANY_401, unauthorized('Bearer realm=mcp')) } },
  },
});

export const putsNoSpaceAroundEquals = defineCheck({
  id: 'challenge/puts-no-space-around-equals',
  title: 'Puts no white space around = in a challenge',
  keyword: 'MUST',
  severity: 'low',
  party: 'mcp-server',
  requirements: ['RFC9110-5.6.3-no-bad-whitespace'],
  assurance: 'anonymous',
  needs: ['anonymous'],
  uses: ['challenge', 'credentials'],
  reasons: {
    space: {
      says: 'White space stands around = in a challenge.',
      fix: { general: 'Write name="value" without blanks around =.' },
    },
  },
  judge(evidence) {
    return judgeRefusals(
      allRefusals(evidence),
      'name="value", without white space around =',
      ({ parsed }) =>
        parsed.challenges.flatMap(({ parameters }) =>
          parameters
            .filter(({ spaced }) => spaced)
            .map(({ name }) => ({ reason: 'space' as const, actual: `white space around = after ${name}` })),
        ),
      'no white space stands around =',
    );
  },
  examples: {
    pass: [{ says: 'none', evidence: golden }],
    fail: { space: { says: 'realm = "mcp"', evidence: answering(ANY_401, unauthorized('Bearer realm = "mcp"')) } },
  },
});

/** Only where DPoP is offered (RFC 9449). */
export const listsAlgorithmsForDpop = defineCheck({
  id: 'challenge/lists-algorithms-for-dpop',
  title: 'Lists the proof algorithms in its DPoP challenge',
  keyword: 'SHOULD',
  severity: 'low',
  party: 'mcp-server',
  requirements: ['RFC9449-7.1-challenge'],
  assurance: 'anonymous',
  feature: 'DPoP',
  needs: ['anonymous'],
  uses: ['challenge', 'credentials'],
  reasons: {
    'no-algorithms': {
      says: 'A DPoP challenge does not say which proof algorithms are accepted.',
      fix: { general: 'Add algs="ES256 …" to the DPoP challenge, blank-separated.' },
    },
  },
  judge(evidence) {
    const refusals = allRefusals(evidence);
    const offering = refusals.filter(({ parsed }) => parsed.challenges.some((each) => isScheme(each, 'DPoP')));
    if (refusals.length > 0 && offering.length === 0)
      return { kind: 'not-applicable', because: 'no challenge offers DPoP' };
    return judgeRefusals(
      offering,
      'DPoP algs="…"',
      ({ parsed }) =>
        parsed.challenges
          .filter(
            (each) =>
              isScheme(each, 'DPoP') &&
              !each.parameters.some(({ name, value }) => name.toLowerCase() === 'algs' && value !== ''),
          )
          .map(() => ({ reason: 'no-algorithms' as const, actual: 'a DPoP challenge without algs' })),
      'each DPoP challenge lists its algorithms',
    );
  },
  examples: {
    pass: [
      { says: 'algs are listed', evidence: answering(ANY_401, unauthorized('Bearer realm="mcp", DPoP algs="ES256"')) },
    ],
    fail: {
      'no-algorithms': {
        says: 'no algs',
        evidence: answering(ANY_401, unauthorized('Bearer realm="mcp", DPoP realm="mcp"')),
      },
    },
  },
});

export const grammarChecks = [
  followsTheChallengeGrammar,
  givesBearerAParameter,
  namesEachParameterOnce,
  quotesTheRealm,
  putsNoSpaceAroundEquals,
  listsAlgorithmsForDpop,
];
