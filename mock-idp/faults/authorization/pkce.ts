import type { CodeChallenge } from '../../tenant/store.ts';
import type { Fault } from '../fault.ts';

/** No hash is empty. */
const UNREDEEMABLE: CodeChallenge = { value: '', method: 'S256' };

const isOfUnknownMethod = (parameters: URLSearchParams) =>
  parameters.has('code_challenge') && !['S256', 'plain', null].includes(parameters.get('code_challenge_method'));

export const PKCE_FAULTS: readonly Fault[] = [
  {
    id: 'needs-no-code-challenge',
    says: 'Clients get a code without PKCE, public ones too.',
    tenant: () => ({ needsCodeChallenge: () => false }),
    trips: [
      'authorization/requires-pkce-of-public-clients:token-without-challenge',
      'authorization/requires-pkce-of-confidential-clients:token-without-challenge',
    ],
  },
  {
    id: 'accepts-plain-code-challenges',
    says: 'The code challenge may be the verifier itself.',
    tenant: ({ codeChallengeOf }) => ({
      codeChallengeOf: (parameters, client, context) => {
        const value = parameters.get('code_challenge');
        const method = parameters.get('code_challenge_method') ?? 'plain';
        return value !== null && method === 'plain' ? { value, method } : codeChallengeOf(parameters, client, context);
      },
    }),
    trips: [
      'authorization/refuses-plain-code-challenges:plain-accepted',
      'authorization/refuses-plain-code-challenges:plain-by-default',
    ],
  },
  {
    id: 'takes-challenges-without-a-method-as-s256',
    says: 'A code challenge without a method, which is a plain one by RFC 7636, counts as S256.',
    tenant: ({ codeChallengeOf }) => ({
      codeChallengeOf: (parameters, client, context) => {
        const value = parameters.get('code_challenge');
        return value !== null && !parameters.has('code_challenge_method')
          ? { value, method: 'S256' }
          : codeChallengeOf(parameters, client, context);
      },
    }),
    trips: ['authorization/checks-verifiers-of-challenges-without-a-method:s256-by-default'],
  },
  {
    id: 'takes-unknown-challenge-methods-as-s256',
    says: 'A challenge counts as S256 if code_challenge_method has a value that nobody knows.',
    tenant: ({ codeChallengeOf }) => ({
      codeChallengeOf: (parameters, client, context) => {
        const value = parameters.get('code_challenge');
        return value !== null && isOfUnknownMethod(parameters)
          ? { value, method: 'S256' }
          : codeChallengeOf(parameters, client, context);
      },
    }),
    trips: ['authorization/refuses-unknown-challenge-methods:taken-for-a-known-one'],
  },
  {
    id: 'forgets-the-code-challenge',
    says: 'The code challenge is demanded and judged, and then not kept with the code, which goes to whatever verifier.',
    tenant: ({ issueCode, checkCodeVerifier }) => ({
      checkCodeVerifier: (code, verifier, context) =>
        code.challenge === undefined ? undefined : checkCodeVerifier(code, verifier, context),
      issueCode: (...given) => {
        const { challenge: _, ...code } = issueCode(...given);
        return code;
      },
    }),
    trips: [
      'token-endpoint/takes-code-verifiers-of-their-length-only:other-length',
      'token-endpoint/verifies-code-verifiers:challenge-as-verifier',
      'token-endpoint/verifies-code-verifiers:no-verifier',
      'token-endpoint/verifies-code-verifiers:verifier-of-another-flow',
      'token-endpoint/verifies-code-verifiers:wrong-verifier',
    ],
  },
  {
    id: 'accepts-any-text-as-a-code-challenge',
    says: 'A code challenge may be of any length and of any characters.',
    tenant: ({ codeChallengeOf }) => ({
      codeChallengeOf: (parameters, client, context) => {
        const value = parameters.get('code_challenge');
        return value !== null && parameters.get('code_challenge_method') === 'S256'
          ? { value, method: 'S256' }
          : codeChallengeOf(parameters, client, context);
      },
    }),
    trips: ['authorization/refuses-malformed-code-challenges:malformed-challenge-accepted'],
  },
  {
    id: 'gives-codes-without-a-challenge-that-nothing-redeems',
    says: 'PKCE is demanded at the token endpoint alone, where codes without a challenge are refused.',
    tenant: ({ checkCodeVerifier }) => ({
      needsCodeChallenge: () => false,
      checkCodeVerifier: (code, verifier, context) =>
        checkCodeVerifier(
          code.challenge === undefined ? { ...code, challenge: UNREDEEMABLE } : code,
          verifier,
          context,
        ),
    }),
    trips: ['authorization/requires-pkce-of-public-clients:code-without-challenge'],
  },
  {
    id: 'never-checks-challenges-without-a-method',
    says: 'A code challenge without a method is kept, and no verifier is ever compared with it.',
    tenant: ({ codeChallengeOf, checkCodeVerifier }) => ({
      codeChallengeOf: (parameters, client, context) => {
        const value = parameters.get('code_challenge');
        return value !== null && !parameters.has('code_challenge_method')
          ? { value, method: 'plain' }
          : codeChallengeOf(parameters, client, context);
      },
      checkCodeVerifier: (code, verifier, context) =>
        code.challenge?.method === 'plain' ? undefined : checkCodeVerifier(code, verifier, context),
    }),
    trips: ['authorization/checks-verifiers-of-challenges-without-a-method:any-verifier'],
  },
  {
    id: 'never-checks-challenges-of-unknown-methods',
    says: 'A code challenge whose method nobody knows is kept, and no verifier is ever compared with it.',
    tenant: ({ codeChallengeOf, checkCodeVerifier }) => ({
      codeChallengeOf: (parameters, client, context) =>
        isOfUnknownMethod(parameters)
          ? { value: parameters.get('code_challenge') ?? '', method: 'plain' }
          : codeChallengeOf(parameters, client, context),
      checkCodeVerifier: (code, verifier, context) =>
        code.challenge?.method === 'plain' ? undefined : checkCodeVerifier(code, verifier, context),
    }),
    trips: ['authorization/refuses-unknown-challenge-methods:any-verifier'],
  },
  {
    id: 'gives-codes-for-unknown-challenge-methods',
    says: 'A code challenge whose method nobody knows gets a code, for which no verifier is right.',
    tenant: ({ codeChallengeOf }) => ({
      codeChallengeOf: (parameters, client, context) =>
        isOfUnknownMethod(parameters) ? UNREDEEMABLE : codeChallengeOf(parameters, client, context),
    }),
    trips: ['authorization/refuses-unknown-challenge-methods:code-for-nothing'],
  },
];
