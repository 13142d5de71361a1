import { expect, test } from '@playwright/test';
import fc from 'fast-check';
import { parseChallenges } from '../fixtures/protocol/challenges.ts';

/** Field value → scheme with its parameters or token68, and the kinds of problems (RFC 9110 11.6.1). */
const READ: readonly (readonly [string, readonly unknown[], readonly string[]])[] = [
  ['Bearer', [['Bearer']], []],
  ['Bearer realm="mcp"', [['Bearer', { realm: 'mcp' }]], []],
  ['Bearer realm="a, b", scope="x y"', [['Bearer', { realm: 'a, b', scope: 'x y' }]], []],
  ['Bearer realm="say \\"hi\\""', [['Bearer', { realm: 'say "hi"' }]], []],
  ['Bearer error=invalid_token', [['Bearer', { error: 'invalid_token' }]], []],
  ['bearer  realm = "mcp"', [['bearer', { realm: 'mcp' }]], []],
  [
    'Negotiate abc==, Bearer realm="x"',
    [
      ['Negotiate', 'abc=='],
      ['Bearer', { realm: 'x' }],
    ],
    [],
  ],
  [
    'Basic realm="a", Bearer realm="b", scope="c", DPoP algs="ES256"',
    [
      ['Basic', { realm: 'a' }],
      ['Bearer', { realm: 'b', scope: 'c' }],
      ['DPoP', { algs: 'ES256' }],
    ],
    [],
  ],
  [
    'Newauth realm="apps", type=1, title="Login to \\"apps\\"", Basic realm="simple"',
    [
      ['Newauth', { realm: 'apps', type: '1', title: 'Login to "apps"' }],
      ['Basic', { realm: 'simple' }],
    ],
    [],
  ],
  [',, Bearer realm="x",, ', [['Bearer', { realm: 'x' }]], []],
  ['', [], []],
  [
    'Bearer resource_metadata=https://a.example/x',
    [['Bearer', { resource_metadata: 'https://a.example/x' }]],
    ['unquoted-value'],
  ],
  ['Bearer realm="a" scope="b"', [['Bearer', { realm: 'a', scope: 'b' }]], ['no-comma']],
  [
    'Bearer error="invalid_token", error_description="Unsupported "alg" value", scope="a"',
    [['Bearer', { error: 'invalid_token', error_description: 'Unsupported ', scope: 'a' }]],
    ['inner-quote'],
  ],
  [
    'Bearer error_description=""exp" claim", scope="a"',
    [['Bearer', { error_description: '', scope: 'a' }]],
    ['inner-quote'],
  ],
  ['Bearer realm="open', [['Bearer']], ['unparsable']],
  ['realm="no scheme"', [], ['unparsable']],
  ['Bearer realm=', [['Bearer', 'realm=']], []],
  ['Bearer scope=', [['Bearer', 'scope=']], []],
  ['"Bearer"', [], ['unparsable']],
];

for (const [value, challenges, problems] of READ) {
  test(`reads ${value === '' ? 'nothing' : value}`, () => {
    const parsed = parseChallenges([value]);
    expect(
      parsed.challenges.map(({ scheme, token68, parameters }) => {
        if (token68 !== undefined) return [scheme, token68];
        return parameters.length === 0
          ? [scheme]
          : [scheme, Object.fromEntries(parameters.map((each) => [each.name, each.value]))];
      }),
    ).toEqual(challenges);
    expect(parsed.problems.map(({ kind }) => kind)).toEqual(problems);
  });
}

test('a parameter never continues the challenge of the field line before', () => {
  expect(parseChallenges(['Bearer realm="x"', 'scope="y"']).problems).toEqual([
    { kind: 'unparsable', text: 'scope="y"' },
  ]);
});

test('what it writes by the grammar, it reads back', () => {
  const token = fc.stringMatching(/^[a-z][a-z0-9_-]{0,8}$/);
  const text = fc.string({ unit: fc.constantFrom(...' abc,="\\;/:') });
  const challenge = fc.record({
    scheme: token,
    parameters: fc.uniqueArray(fc.tuple(token, text), { minLength: 1, maxLength: 4, selector: ([name]) => name }),
  });
  fc.assert(
    fc.property(fc.array(challenge, { minLength: 1, maxLength: 3 }), (written) => {
      const field = written
        .map(
          ({ scheme, parameters }) =>
            `${scheme} ${parameters.map(([name, value]) => `${name}="${value.replace(/["\\]/g, '\\$&')}"`).join(', ')}`,
        )
        .join(', ');
      const { challenges, problems } = parseChallenges([field]);
      expect(problems).toEqual([]);
      expect(
        challenges.map(({ scheme, parameters }) => ({
          scheme,
          parameters: parameters.map(({ name, value }) => [name, value]),
        })),
      ).toEqual(written);
    }),
  );
});

test('no field value makes it throw', () => {
  fc.assert(fc.property(fc.array(fc.string()), (values) => void parseChallenges(values)));
});
