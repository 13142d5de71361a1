import type { Fault } from '../fault.ts';

export const PKCE_FAULTS: readonly Fault[] = [
  {
    id: 'needs-no-code-challenge',
    says: 'Clients get a code without PKCE, public ones too.',
    tenant: () => ({ needsCodeChallenge: () => false }),
    trips: [],
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
    trips: [],
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
    trips: [],
  },
  {
    id: 'takes-unknown-challenge-methods-as-s256',
    says: 'A challenge counts as S256 if code_challenge_method has a value that nobody knows.',
    tenant: ({ codeChallengeOf }) => ({
      codeChallengeOf: (parameters, client, context) => {
        const value = parameters.get('code_challenge');
        return value !== null && !['S256', 'plain', null].includes(parameters.get('code_challenge_method'))
          ? { value, method: 'S256' }
          : codeChallengeOf(parameters, client, context);
      },
    }),
    trips: [],
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
    trips: [],
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
    trips: [],
  },
];
