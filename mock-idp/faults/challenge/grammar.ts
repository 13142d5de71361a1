import type { Fault } from '../fault.ts';
import { editParameters, rewriteChallenge, setParameter, UNAUTHORIZED } from '../replace.ts';

/** How `WWW-Authenticate` is written. */
export const GRAMMAR_FAULTS: readonly Fault[] = [
  {
    id: 'sends-no-challenge-with-401',
    says: 'A 401 has no WWW-Authenticate.',
    server: rewriteChallenge(UNAUTHORIZED, () => []),
    trips: ['challenge/sends-a-challenge-with-401:missing'],
  },
  {
    id: 'lets-a-proxy-rename-the-challenge',
    says: 'A gateway in front renames WWW-Authenticate to x-amzn-remapped-www-authenticate.',
    server: () => ({ challengeField: () => 'x-amzn-remapped-www-authenticate' }),
    trips: [
      'challenge/sends-a-challenge-with-401:stripped-by-proxy',
      'access-tokens/tells-how-to-get-more-scope:no-challenge',
    ],
  },
  {
    id: 'writes-the-metadata-url-without-quotes',
    says: 'The value of resource_metadata is not quoted.',
    server: rewriteChallenge('all', (line) => line.replace(/resource_metadata="([^"]*)"/, 'resource_metadata=$1')),
    trips: ['challenge/follows-the-challenge-grammar:unquoted-value'],
  },
  {
    id: 'separates-challenge-parameters-by-blanks',
    says: 'No comma stands between the parameters of the challenge.',
    server: rewriteChallenge('all', (line) => line.replaceAll('", ', '" ')),
    trips: ['challenge/follows-the-challenge-grammar:no-comma'],
  },
  {
    id: 'writes-the-text-of-an-exception-into-the-challenge',
    says: 'error_description is the text of an exception, with quotes that are not escaped.',
    server: rewriteChallenge(['invalid-token'], (line) =>
      line.replace(/error_description="[^"]*"/, 'error_description="Unsupported "alg" value for a JSON Web Key Set"'),
    ),
    trips: ['challenge/follows-the-challenge-grammar:inner-quote'],
  },
  {
    id: 'adds-an-unreadable-challenge',
    says: 'A second challenge has a colon where an equals sign belongs.',
    server: rewriteChallenge('all', (line) => [line, 'Basic realm: "mcp"']),
    trips: ['challenge/follows-the-challenge-grammar:unparsable'],
  },
  {
    id: 'leaves-a-quoted-string-open',
    says: 'A second challenge has a quoted string that does not end.',
    server: rewriteChallenge('all', (line) => [line, 'Basic realm="mcp']),
    trips: ['challenge/follows-the-challenge-grammar:unparsable'],
  },
  {
    id: 'offers-only-basic',
    says: 'The only challenge is one for Basic.',
    server: rewriteChallenge('all', () => 'Basic realm="mcp"'),
    trips: ['challenge/offers-the-bearer-scheme:no-bearer', 'access-tokens/tells-how-to-get-more-scope:no-challenge'],
  },
  {
    id: 'sends-a-bare-bearer-challenge',
    says: 'The challenge to a request without a token is the word Bearer alone.',
    server: rewriteChallenge(['no-token'], () => 'Bearer'),
    trips: [
      'challenge/gives-bearer-a-parameter:bare',
      'challenge/names-the-needed-scope:no-scope',
      'challenge/points-to-resource-metadata:absent',
    ],
  },
  {
    id: 'adds-a-bare-bearer-challenge',
    says: 'Something in front adds a challenge that is the word Bearer alone.',
    server: rewriteChallenge('all', (line) => ['Bearer', line]),
    trips: ['challenge/gives-bearer-a-parameter:bare'],
  },
  {
    id: 'repeats-the-scope-parameter',
    says: 'The challenge has the scope parameter twice.',
    server: editParameters('all', (parameters) => [...parameters, ...parameters.filter(([name]) => name === 'scope')]),
    trips: ['challenge/names-each-parameter-once:repeated'],
  },
  {
    id: 'writes-the-realm-without-quotes',
    says: 'The realm is written as a token.',
    server: rewriteChallenge('all', (line) => line.replace('Bearer ', 'Bearer realm=mcp, ')),
    trips: ['challenge/quotes-the-realm:unquoted'],
  },
  {
    id: 'writes-blanks-around-equals',
    says: 'Blanks stand around the equals sign of the realm.',
    server: rewriteChallenge('all', (line) => line.replace('Bearer ', 'Bearer realm = "mcp", ')),
    trips: ['challenge/puts-no-space-around-equals:space'],
  },
  {
    id: 'separates-scopes-by-two-blanks',
    says: 'Two blanks stand between the scope tokens.',
    server: setParameter(UNAUTHORIZED, 'scope', ({ setup }) => setup.server.scopes.join('  ')),
    trips: ['challenge/writes-well-formed-scope-tokens:stray-blank'],
  },
  {
    id: 'writes-a-quote-in-a-scope',
    says: 'A scope token holds an escaped quote.',
    server: setParameter(UNAUTHORIZED, 'scope', () => 'mcp:"tools"'),
    trips: ['challenge/writes-well-formed-scope-tokens:bad-character'],
  },
  {
    id: 'writes-error-text-in-utf-8',
    says: 'error_description has a character outside ASCII.',
    // A field value is bytes to Node.js, given as the Latin-1 characters of the same numbers.
    server: setParameter(['invalid-token'], 'error_description', () =>
      Buffer.from('Le jeton est refusé', 'utf8').toString('latin1'),
    ),
    trips: ['challenge/keeps-error-text-ascii:bad-character'],
  },
  {
    id: 'quotes-inside-error-text',
    says: 'error_description has an escaped quote.',
    server: setParameter(['invalid-token'], 'error_description', () => 'The "access token" is not valid'),
    trips: ['challenge/keeps-error-text-ascii:bad-character'],
  },
  {
    id: 'gives-text-as-error-uri',
    says: 'error_uri is no URI reference.',
    server: editParameters(['invalid-token'], (parameters) => [...parameters, ['error_uri', 'not a uri']]),
    trips: ['challenge/gives-error-uri-as-a-reference:not-a-reference'],
  },
  {
    id: 'offers-dpop-without-algorithms',
    says: 'A further challenge offers DPoP and lists no algorithms.',
    server: rewriteChallenge('all', (line) => [line, 'DPoP realm="mcp"']),
    trips: [
      'challenge/lists-algorithms-for-dpop:no-algorithms',
      'access-tokens/refuses-bound-tokens-as-bearer:dpop-key',
    ],
  },
];
