import type { Setup, State } from '../../setup.ts';
import type { Configuration } from '../store.ts';
import { conforming } from './conforming.ts';

/** What each named state configures. */
export const CONFIGURATIONS: Readonly<Record<State, (setup: Setup) => Configuration>> = {
  conforming,
  'auth0-defaults': conforming,
  'first-party': conforming,
  strict: conforming,
  permissive: conforming,
  'own-authorization-server': conforming,
};
