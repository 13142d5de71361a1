import { textsIn } from '../../fixtures/management/record.ts';
import type { JsonObject } from '../../fixtures/protocol/documents.ts';
import { checks } from '../check.ts';
import { auditsTenant } from './audit.ts';
import { patching } from './commands.ts';
import { nameOf, someOf } from './names.ts';

/** Kinds of connections at which the tenant itself checks a password or a code; with the others somebody else does. */
const OWN_SIGN_IN: readonly unknown[] = ['auth0', 'auth0-adldap', 'ad', 'email', 'sms'];

/** Of a database: passwords that are known from elsewhere. */
const keepsPasswords = (connections: readonly JsonObject[]) => connections.some(({ strategy }) => strategy === 'auth0');

const isOff = (items: readonly JsonObject[]) => items[0]?.enabled === false;

const blocks = (items: readonly JsonObject[]) => textsIn(items[0]?.shields).includes('block');

const setTo = (protection: string, members: JsonObject) => patching(`attack-protection/${protection}`, members);

export const protectsSignInFromAttacks = auditsTenant({
  id: 'tenant/protects-sign-in-from-attacks',
  title: 'Protects the sign-in of its users from guessed and stolen passwords',
  keyword: 'SHOULD',
  severity: 'medium',
  requirements: ['AUTH0-attack-protection'],
  reads: ['connections', 'bruteForceProtection', 'suspiciousIpThrottling', 'breachedPasswordDetection', 'botDetection'],
  unsaid: ({ connections }) =>
    connections.some(({ strategy }) => OWN_SIGN_IN.includes(strategy))
      ? undefined
      : 'no connection of the tenant checks passwords itself: users sign in elsewhere',
  reasons: {
    'guesses-unlimited': {
      says: 'Nobody is stopped who guesses the password of one account: brute-force protection is off.',
      fix: {
        general: 'Limit the attempts to sign in to one account.',
        auth0: {
          text: 'Switch brute-force protection on; every plan has it.',
          dashboard: 'Security > Attack Protection > Brute-force Protection',
          command: setTo('brute-force-protection', { enabled: true, shields: ['block', 'user_notification'] }),
        },
      },
      expected: 'brute-force-protection: enabled',
      wrong: ({ bruteForceProtection }) => (isOff(bruteForceProtection) ? ['off'] : []),
      example: { bruteForceProtection: [{ enabled: false, shields: [], max_attempts: 10 }] },
    },
    'addresses-unlimited': {
      says: 'Nobody is stopped who tries many accounts from one address: suspicious IP throttling is off.',
      fix: {
        general: 'Limit the attempts to sign in from one address.',
        auth0: {
          text: 'Switch suspicious IP throttling on; every plan has it.',
          dashboard: 'Security > Attack Protection > Suspicious IP Throttling',
          command: setTo('suspicious-ip-throttling', { enabled: true, shields: ['block', 'admin_notification'] }),
        },
      },
      expected: 'suspicious-ip-throttling: enabled',
      wrong: ({ suspiciousIpThrottling }) => (isOff(suspiciousIpThrottling) ? ['off'] : []),
      example: { suspiciousIpThrottling: [{ enabled: false, shields: [] }] },
    },
    'watched-alone': {
      says: 'Attacks on passwords are noticed and not stopped: a protection is on without blocking anything.',
      keyword: 'ADVICE',
      fix: {
        general: 'Let the protection block what it recognises.',
        auth0: {
          text: 'Add Block to the responses of the protection.',
          dashboard: 'Security > Attack Protection > (the protection) > Response',
          command: setTo('YOUR_PROTECTION', { shields: ['block'] }),
        },
      },
      expected: 'block among the shields',
      wrong: ({ bruteForceProtection, suspiciousIpThrottling }) =>
        Object.entries({
          'brute-force-protection': bruteForceProtection,
          'suspicious-ip-throttling': suspiciousIpThrottling,
        })
          .filter(([, items]) => items[0]?.enabled === true && !blocks(items))
          .map(([name, items]) => `${name}: ${someOf(textsIn(items[0]?.shields)) || 'no shields'}`),
      example: { suspiciousIpThrottling: [{ enabled: true, shields: ['admin_notification'] }] },
    },
    'breached-passwords': {
      says: 'Users sign in with passwords that are known to have been stolen elsewhere: breached password detection is off.',
      keyword: 'ADVICE',
      fix: {
        general: 'Refuse passwords that are known to be stolen, or ask for a second factor.',
        auth0: {
          text: 'Switch breached password detection on. Where the plan lacks it, ask for a second factor (Security > Multi-factor Auth), or sign users in at an identity provider that does.',
          dashboard: 'Security > Attack Protection > Breached Password Detection',
          command: setTo('breached-password-detection', { enabled: true, shields: ['block'] }),
        },
      },
      expected: 'breached-password-detection: enabled',
      wrong: ({ connections, breachedPasswordDetection }) =>
        keepsPasswords(connections) && isOff(breachedPasswordDetection) ? ['off'] : [],
      example: { breachedPasswordDetection: [{ enabled: false, shields: [] }] },
    },
  },
  seen({ botDetection }) {
    const { bot_detection_level: level } = botDetection[0] ?? {};
    // High levels show a test's browser a captcha, so that a reader wants to know.
    return `on and blocking; bot detection: ${typeof level === 'string' ? level : 'not said'}`;
  },
});

const kidOf = ({ kid }: JsonObject) => (typeof kid === 'string' ? kid : 'one without kid');

export const isReadyToRotateItsKeys = auditsTenant({
  id: 'tenant/is-ready-to-rotate-its-keys',
  title: 'Signs with a key that is not revoked, and has the next one ready',
  keyword: 'MUST',
  severity: 'high',
  pillar: 'signing-key-retrieval',
  requirements: ['PRACTICE-auth0-signing-keys'],
  reads: ['signingKeys'],
  reasons: {
    'revoked-in-use': {
      says: 'The tenant signs tokens with a key that is revoked.',
      fix: {
        general: 'Sign with a key that nobody else may have.',
        auth0: {
          text: 'Rotate the signing key, and revoke the one before once the tokens it signed have ended.',
          dashboard: 'Settings > Signing Keys > Rotate Signing Key',
          command: 'auth0 api post keys/signing/rotate',
        },
      },
      expected: 'revoked: false of the current key',
      wrong: ({ signingKeys }) =>
        signingKeys.filter(({ current, revoked }) => current === true && revoked === true).map(kidOf),
      example: {
        signingKeys: [
          { kid: 'key-1', current: true, next: false, previous: false, revoked: true },
          { kid: 'key-2', current: false, next: true, previous: false, revoked: false },
        ],
      },
    },
    'no-next': {
      says: 'The tenant has no next signing key: whoever caches its keys has never seen the one that a rotation brings.',
      keyword: 'SHOULD',
      fix: {
        general: 'Publish the next key before it signs.',
        auth0: {
          text: 'Rotate the signing key once, after which the tenant makes the next one; if there is none then, ask Auth0’s support.',
          dashboard: 'Settings > Signing Keys > Rotate Signing Key',
          command: 'auth0 api post keys/signing/rotate',
        },
      },
      expected: 'a key with next: true that is not revoked',
      wrong: ({ signingKeys }) =>
        signingKeys.some(({ next, revoked }) => next === true && revoked !== true)
          ? []
          : [`${signingKeys.length} keys: ${someOf(signingKeys.map(kidOf)) || 'none'}`],
      example: {
        signingKeys: [{ kid: 'key-1', current: true, next: false, previous: false, revoked: false }],
      },
    },
  },
  seen: ({ signingKeys }) =>
    `current: ${someOf(signingKeys.filter(({ current }) => current === true).map(kidOf)) || 'none'}, with a next one`,
});

export const streamsItsLogs = auditsTenant({
  id: 'tenant/streams-its-logs',
  title: 'Streams its logs to where they are kept and watched',
  keyword: 'ADVICE',
  severity: 'low',
  requirements: ['PRACTICE-auth0-log-streams', 'AUTH0-dcr-log-review'],
  reads: ['logStreams'],
  reasons: {
    none: {
      says: 'The logs of the tenant go nowhere: registrations and sign-ins of a month ago are gone, and nobody is alerted.',
      fix: {
        general: 'Keep the logs outside the tenant, and watch them.',
        auth0: {
          text: 'Create a log stream to a SIEM. How many there may be depends on the plan; without one, fetch the log by checkpoint (GET /api/v2/logs?from=…) in a job of your own, before its retention ends.',
          dashboard: 'Monitoring > Streams > Create Log Stream',
          command:
            'auth0 logs streams create http --name SIEM --endpoint YOUR_ENDPOINT --type application/json --format JSONLINES --authorization YOUR_TOKEN',
        },
      },
      expected: 'a log stream',
      wrong: ({ logStreams }) => (logStreams.length === 0 ? ['no log stream'] : []),
      example: { logStreams: [] },
    },
    stopped: {
      says: 'A log stream of the tenant is paused or suspended: what happens meanwhile reaches nobody.',
      fix: {
        general: 'Mend the stream, or delete it.',
        auth0: {
          text: 'See in the health of the stream why it failed, and start it again.',
          dashboard: 'Monitoring > Streams > YOUR_STREAM > Health',
          command: `auth0 api patch log-streams/YOUR_STREAM_ID --data '{"status":"active"}'`,
        },
      },
      expected: 'status: active of each log stream',
      wrong: ({ logStreams }) =>
        logStreams
          .filter(({ status }) => status === 'paused' || status === 'suspended')
          .map((stream) => `${nameOf(stream)}: ${stream.status}`),
      example: { logStreams: [{ id: 'lst_1', name: 'SIEM', type: 'http', status: 'suspended' }] },
    },
  },
  seen: ({ logStreams }) => someOf(logStreams.map(nameOf)),
});

export const tenantProtectionChecks = checks(protectsSignInFromAttacks, isReadyToRotateItsKeys, streamsItsLogs);
