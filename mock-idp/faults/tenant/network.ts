import type { CustomDomain } from '../../tenant/entities.ts';
import type { Configuration } from '../../tenant/store.ts';
import type { Fault } from '../fault.ts';
import { withOpenRegistration } from './change.ts';

const withDomains =
  (change: (domains: readonly CustomDomain[]) => readonly CustomDomain[]) =>
  (configuration: Configuration): Configuration => ({
    ...configuration,
    customDomains: [...change(configuration.customDomains)],
  });

const LOGIN: CustomDomain = {
  custom_domain_id: 'cd_0000000000000002',
  domain: 'login.world.example',
  primary: true,
  status: 'ready',
  type: 'auth0_managed_certs',
};

const SCOPE = 'dynamic_client_registration';

/** Rules of the network and domains that leave a way open. */
export const NETWORK_FAULTS: readonly Fault[] = [
  {
    id: 'opens-registration-to-all-networks',
    says: 'Registration is on, which nobody wanted, and no rule of the network guards it.',
    configuration: withOpenRegistration(),
    trips: ['tenant/keeps-strangers-from-registration:unguarded', 'tenant/registers-clients-as-decided:open-undecided'],
  },
  {
    id: 'opens-registration-to-all-networks-on-purpose',
    says: 'Registration is open to anybody as the operator wants it, and no rule of the network guards it.',
    configuration: withOpenRegistration(),
    registrationPolicy: 'open',
    trips: ['tenant/keeps-strangers-from-registration:unguarded-by-decision'],
  },
  {
    id: 'only-writes-down-who-registers',
    says: 'The rule of the network over registration is in monitoring mode.',
    configuration: withOpenRegistration({ rule: { scope: SCOPE, action: { log: true } } }),
    registrationPolicy: 'open',
    trips: ['tenant/keeps-strangers-from-registration:log-only'],
  },
  {
    id: 'has-its-rule-of-registration-switched-off',
    says: 'The rule of the network over registration is not active.',
    configuration: withOpenRegistration({ active: false }),
    registrationPolicy: 'open',
    trips: ['tenant/keeps-strangers-from-registration:inactive'],
  },
  {
    id: 'lets-everybody-register-before-its-rule',
    says: 'A rule of the network lets everybody in before the one that blocks strangers.',
    configuration: withOpenRegistration(
      { rule: { scope: SCOPE, action: { allow: true }, match: { ipv4_cidrs: ['0.0.0.0/0'], ipv6_cidrs: ['::/0'] } } },
      {},
    ),
    registrationPolicy: 'open',
    trips: ['tenant/keeps-strangers-from-registration:strangers-let-in'],
  },
  {
    id: 'keeps-one-program-from-registration',
    says: 'Registration is on, which nobody wanted, and the rule of the network stops one program by its name.',
    configuration: withOpenRegistration({
      rule: { scope: SCOPE, action: { block: true }, match: { user_agents: ['sqlmap'] } },
    }),
    trips: [
      'tenant/keeps-strangers-from-registration:named-alone',
      'tenant/registers-clients-as-decided:open-undecided',
    ],
  },
  {
    id: 'guards-registration-on-its-custom-domain-alone',
    says: 'The rule of the network over registration names the custom domain, and strangers go by the canonical hostname.',
    state: 'managed-registration',
    configuration: (configuration) =>
      withOpenRegistration({
        rule: {
          scope: SCOPE,
          action: { block: true },
          match: { hostnames: configuration.customDomains.map(({ domain }) => domain) },
        },
      })(configuration),
    trips: ['tenant/keeps-strangers-from-registration:one-hostname'],
  },
  {
    id: 'is-named-by-a-domain-that-it-has-not',
    says: 'The custom domain by which the MCP server names the tenant was taken from it.',
    state: 'managed-registration',
    configuration: withDomains(() => []),
    trips: ['tenant/is-named-by-a-domain-of-its-own:another-tenant'],
  },
  {
    id: 'is-named-by-a-domain-that-is-not-ready',
    says: 'The custom domain by which the MCP server names the tenant is not verified.',
    state: 'managed-registration',
    configuration: withDomains((domains) =>
      domains.map((domain) => ({ ...domain, status: 'pending_verification' as const })),
    ),
    trips: ['tenant/is-named-by-a-domain-of-its-own:not-ready'],
  },
  {
    id: 'is-named-by-its-canonical-domain',
    says: 'The tenant has a custom domain, and the MCP server names the canonical one.',
    configuration: withDomains(() => [LOGIN]),
    trips: ['tenant/is-named-by-a-domain-of-its-own:canonical-beside-custom'],
  },
];
