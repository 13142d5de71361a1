import { oneTimePassword, timeStepAt } from '../../tenant/authorization/totp.ts';
import type { Fault } from '../fault.ts';

/** Who the user is, and whether they are asked at all. */
export const SIGN_IN_FAULTS: readonly Fault[] = [
  {
    id: 'asks-for-no-second-factor',
    says: 'Users with an authenticator sign in by their password alone.',
    tenant: () => ({ needsSecondFactor: () => false }),
    trips: [],
  },
  {
    id: 'accepts-one-time-passwords-twice',
    says: 'A one-time password is good for as long as its time step lasts, however often it comes.',
    tenant: ({ checkOneTimePassword }) => ({
      checkOneTimePassword: (user, given, context) => {
        context.store.usedTimeSteps.delete(user.user_id);
        return checkOneTimePassword(user, given, context);
      },
    }),
    trips: [],
  },
  {
    id: 'accepts-one-time-passwords-of-the-last-hour',
    says: 'One-time passwords are good for an hour.',
    tenant: ({ checkOneTimePassword }) => ({
      checkOneTimePassword: (user, given, context) => {
        const { totp_secret: secret } = user;
        const current = timeStepAt(context.now());
        const isRecent =
          secret !== undefined &&
          Array.from({ length: 120 }, (_, back) => oneTimePassword(secret, current - back)).includes(given);
        return isRecent || checkOneTimePassword(user, given, context);
      },
    }),
    trips: [],
  },
  {
    id: 'lets-passwords-be-guessed',
    says: 'However many attempts fail, the next one is taken.',
    tenant: () => ({ isBlocked: () => false }),
    trips: [],
  },
  {
    id: 'shows-pages-though-the-prompt-is-none',
    says: 'prompt=none is answered with a login page.',
    tenant: () => ({ isSilent: () => false }),
    trips: [],
  },
  {
    id: 'ignores-prompts-to-sign-in-again',
    says: 'prompt=login is answered from the session, and nobody signs in.',
    tenant: ({ sessionSuffices }) => ({
      sessionSuffices: (session, parameters, context) => {
        const others = new URLSearchParams([...parameters].filter(([name]) => name !== 'prompt'));
        return sessionSuffices(session, others, context);
      },
    }),
    trips: [],
  },
  {
    id: 'ignores-the-age-of-a-session',
    says: 'max_age is answered from a session that is older.',
    tenant: ({ sessionSuffices }) => ({
      sessionSuffices: (session, parameters, context) => {
        const others = new URLSearchParams([...parameters].filter(([name]) => name !== 'max_age'));
        return sessionSuffices(session, others, context);
      },
    }),
    trips: [],
  },
  {
    id: 'accepts-forms-of-other-browsers',
    says: 'Whoever knows the address of a page goes on with the sign-in that somebody else began.',
    tenant: () => ({ ownsTransaction: () => true }),
    trips: [],
  },
  {
    id: 'keeps-old-sessions-at-sign-in',
    says: 'Signing in again as somebody else leaves the session of the one before open.',
    tenant: ({ startSession }) => ({
      startSession: (user, context) => {
        const before = context.behaviour.currentSession(context);
        const lines = startSession(user, context);
        if (before !== undefined) context.store.sessions.set(before.id, before);
        return lines;
      },
    }),
    trips: [],
  },
  {
    id: 'sends-browsers-anywhere-after-logout',
    says: 'After a logout the browser is sent to whatever address the request names.',
    tenant: () => ({ mayReturnTo: () => true }),
    trips: ['authorization/sends-nobody-anywhere-after-a-logout:open-redirect'],
  },
];
