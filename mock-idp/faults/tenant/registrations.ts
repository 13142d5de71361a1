import type { Fault } from '../fault.ts';
import { both, daysAgo, withClient, withLogs, withSelfRegistered } from './change.ts';

/** At this time of yesterday, UTC. */
const yesterdayAt = (time: string) => `${daysAgo(1).slice(0, 10)}T${time}:00.000Z`;

const many = <Each>(count: number, each: Each): readonly Each[] => Array.from({ length: count }, () => each);

/** What the log has of registrations and their clients. */
export const REGISTRATION_LOG_FAULTS: readonly Fault[] = [
  {
    id: 'registered-a-client-from-afar',
    says: 'A client was registered from a network that nobody expects registrations from.',
    configuration: withLogs({ ip: '198.51.100.7' }),
    operator: { expectedRegistrations: { sources: ['203.0.113.0/24'] } },
    trips: ['tenant/registers-clients-from-where-they-are-expected:unexpected-source'],
  },
  {
    id: 'registered-a-client-at-night',
    says: 'A client was registered at an hour at which nobody works.',
    configuration: withLogs({ date: yesterdayAt('03:00') }),
    operator: { expectedRegistrations: { hours: { from: '08:00', to: '18:00' } } },
    trips: ['tenant/registers-clients-from-where-they-are-expected:unexpected-hour'],
  },
  {
    id: 'registered-many-clients-in-an-hour',
    says: 'Thirty clients were registered in one hour.',
    configuration: withLogs(...many(30, { date: yesterdayAt('10:30') })),
    trips: ['tenant/registers-no-more-clients-than-expected:burst'],
  },
  {
    id: 'has-a-client-at-an-address',
    says: 'A client that registered itself leads to an IP address.',
    configuration: withSelfRegistered({ callbacks: ['https://198.51.100.7/callback'] }),
    trips: ['tenant/has-no-self-registered-clients-at-odd-hosts:address'],
  },
  {
    id: 'has-a-client-behind-a-tunnel',
    says: 'A client that registered itself leads to a tunnel.',
    configuration: withSelfRegistered({ callbacks: ['https://a1b2c3.ngrok-free.app/callback'] }),
    trips: ['tenant/has-no-self-registered-clients-at-odd-hosts:throwaway-host'],
  },
  {
    id: 'has-a-client-with-a-name-in-disguise',
    says: 'A client that registered itself leads to a host with a Cyrillic letter in its name.',
    configuration: withSelfRegistered({ callbacks: ['https://xn--clude-5ve.example/callback'] }),
    trips: ['tenant/has-no-self-registered-clients-at-odd-hosts:name-in-disguise'],
  },
  {
    id: 'has-a-client-that-nobody-uses',
    says: 'A client registered itself two months ago and got no token in the forty days that the log has.',
    configuration: both(
      withSelfRegistered({}),
      withLogs({ type: 's', description: 'Success Login', client_id: 'another', date: daysAgo(40) }),
    ),
    operator: { earlier: (clients) => clients.map((client) => ({ ...client, firstSeen: daysAgo(60) })) },
    trips: ['tenant/has-no-idle-self-registered-clients:idle'],
  },
  {
    id: 'sends-a-client-elsewhere-than-before',
    says: 'A client has another redirect URI than an earlier run saw.',
    operator: {
      earlier: ([first, ...others]) => [{ ...first!, callbacks: ['http://127.0.0.1:1/before'] }, ...others],
    },
    trips: ['tenant/has-the-redirect-uris-of-the-run-before:changed'],
  },
  {
    id: 'has-a-client-that-keeps-failing',
    says: 'Thirty codes that a client brought were none.',
    configuration: both(
      withClient({}),
      withLogs(...many(30, { type: 'feacft', description: 'Invalid authorization code' })),
    ),
    trips: ['tenant/has-no-clients-that-keep-failing:keeps-failing'],
  },
];
