import { jsonReply } from '../../http.ts';
import type { AttackProtection, LogStream } from '../../tenant/entities.ts';
import type { Configuration } from '../../tenant/store.ts';
import type { Fault } from '../fault.ts';
import { answerTenantPaths } from '../replace.ts';

const withProtection =
  (members: Partial<AttackProtection>) =>
  (configuration: Configuration): Configuration => ({
    ...configuration,
    attackProtection: { ...configuration.attackProtection, ...members },
  });

const withLogStreams =
  (logStreams: LogStream[]) =>
  (configuration: Configuration): Configuration => ({ ...configuration, logStreams });

const OFF = { enabled: false, shields: [] };

const KEY = { next: false, previous: false, revoked: false };

/** What the Management API says of the signing keys. */
const withSigningKeys = (keys: readonly object[]) =>
  answerTenantPaths(['/api/v2/keys/signing'], () => jsonReply(200, keys));

/** What keeps attackers out, and records of them. */
export const PROTECTION_FAULTS: readonly Fault[] = [
  {
    id: 'tenant-lets-passwords-be-guessed',
    says: 'Brute-force protection is off.',
    configuration: withProtection({ 'brute-force-protection': { ...OFF, max_attempts: 10 } }),
    trips: ['tenant/protects-sign-in-from-attacks:guesses-unlimited'],
  },
  {
    id: 'tenant-throttles-no-address',
    says: 'Suspicious IP throttling is off.',
    configuration: withProtection({ 'suspicious-ip-throttling': OFF }),
    trips: ['tenant/protects-sign-in-from-attacks:addresses-unlimited'],
  },
  {
    id: 'tenant-watches-attacks',
    says: 'Suspicious IP throttling tells the administrator, and blocks nothing.',
    configuration: withProtection({ 'suspicious-ip-throttling': { enabled: true, shields: ['admin_notification'] } }),
    trips: ['tenant/protects-sign-in-from-attacks:watched-alone'],
  },
  {
    id: 'tenant-takes-stolen-passwords',
    says: 'Breached password detection is off.',
    configuration: withProtection({ 'breached-password-detection': OFF }),
    trips: ['tenant/protects-sign-in-from-attacks:breached-passwords'],
  },
  {
    id: 'tenant-signs-with-a-revoked-key',
    says: 'The current signing key is revoked.',
    tenant: withSigningKeys([
      { ...KEY, kid: 'one', current: true, revoked: true },
      { ...KEY, kid: 'two', current: false, next: true },
    ]),
    trips: ['tenant/is-ready-to-rotate-its-keys:revoked-in-use'],
  },
  {
    id: 'tenant-has-no-next-key',
    says: 'There is no signing key besides the current one.',
    tenant: withSigningKeys([{ ...KEY, kid: 'one', current: true }]),
    trips: ['tenant/is-ready-to-rotate-its-keys:no-next'],
  },
  {
    id: 'tenant-streams-no-logs',
    says: 'No log stream was made.',
    configuration: withLogStreams([]),
    trips: ['tenant/streams-its-logs:none'],
  },
  {
    id: 'tenant-streams-logs-no-more',
    says: 'The log stream was suspended.',
    configuration: withLogStreams([{ id: 'lst_0000000000000001', name: 'SIEM', type: 'http', status: 'suspended' }]),
    trips: ['tenant/streams-its-logs:stopped'],
  },
];
