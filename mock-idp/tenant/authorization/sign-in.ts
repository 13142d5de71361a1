import { createHash, timingSafeEqual } from 'node:crypto';
import type { TenantContext } from '../behaviour.ts';
import type { User } from '../entities.ts';
import { writeLog } from '../management/log.ts';
import type { Transaction } from '../store.ts';
import { matchingTimeStep } from './totp.ts';

/** The user who has this password, by one of the transaction's connections. */
export function checkPassword(
  identifier: string,
  password: string,
  { client, connections }: Transaction,
  context: TenantContext,
): User | undefined {
  const user = context.store.users.find(
    ({ email, connection }) => email.toLowerCase() === identifier.toLowerCase() && connections.includes(connection),
  );
  // Compared even where there is no such user: the time it takes tells nothing.
  const isRight = isSame(user?.password ?? '', password) && user !== undefined;
  if (!isRight) {
    const type = user === undefined ? 'fu' : 'fp';
    writeLog(context, { type, description: 'Wrong email or password.', client, ...(user && { user }) });
  }
  return isRight ? user : undefined;
}

export function needsSecondFactor(user: User): boolean {
  return user.totp_secret !== undefined;
}

/** A password of the user's authenticator that was not used before, nor is older than one that was (RFC 6238 5.2). */
export function checkOneTimePassword(user: User, given: string, { store, now }: TenantContext): boolean {
  const step = user.totp_secret === undefined ? undefined : matchingTimeStep(user.totp_secret, given, now());
  if (step === undefined || step <= (store.usedTimeSteps.get(user.user_id) ?? -1)) return false;
  store.usedTimeSteps.set(user.user_id, step);
  return true;
}

/** Brute-force protection: after so many failures in a row nobody signs in by this identifier, with no password. */
export function isBlocked(identifier: string, { store }: TenantContext): boolean {
  const { enabled, shields, max_attempts } = store.attackProtection['brute-force-protection'];
  const failed = store.failedSignIns.get(identifier.toLowerCase()) ?? 0;
  return enabled && shields.includes('block') && failed >= max_attempts;
}

export function countFailure(identifier: string, { client }: Transaction, context: TenantContext): void {
  const { store, behaviour } = context;
  const key = identifier.toLowerCase();
  store.failedSignIns.set(key, (store.failedSignIns.get(key) ?? 0) + 1);
  if (behaviour.isBlocked(identifier, context)) {
    writeLog(context, { type: 'limit_wc', description: 'Blocked account after failed attempts to sign in.', client });
  }
}

function isSame(expected: string, given: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(expected), digest(given));
}
