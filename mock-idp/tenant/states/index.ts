import type { RegistrationPolicy, Setup, State } from '../../setup.ts';
import type { Configuration } from '../store.ts';
import { auth0Defaults, firstParty, permissive, strict } from './auth0.ts';
import { conforming } from './conforming.ts';
import { fullTenant, guarded, managedRegistration, openRegistration, ownClients } from './standard.ts';

/** What each named state configures. */
export const CONFIGURATIONS: Readonly<Record<State, (setup: Setup) => Configuration>> = {
  conforming,
  'auth0-defaults': auth0Defaults,
  'first-party': firstParty,
  strict,
  permissive,
  'open-registration': openRegistration,
  'managed-registration': managedRegistration,
  'full-tenant': fullTenant,
  guarded,
  'own-clients': ownClients,
  'own-authorization-server': conforming,
};

/** States whose tenant has a custom domain: it answers under its canonical hostname too. */
export const WITH_CUSTOM_DOMAIN: ReadonlySet<State> = new Set(['strict', 'managed-registration']);

/** What operators of these states want of registration; of the others nobody has said. */
export const REGISTRATION_POLICIES: Readonly<Partial<Record<State, RegistrationPolicy>>> = {
  'open-registration': 'open',
  'managed-registration': 'protected',
};
