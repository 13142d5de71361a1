import type { Check } from '../check.ts';
import { algorithmChecks } from './algorithm.ts';
import { audienceChecks } from './audience.ts';
import { boundChecks } from './bound.ts';
import { elsewhereChecks } from './elsewhere.ts';
import { formChecks } from './form.ts';
import { headerChecks } from './headers.ts';
import { issuerChecks } from './issuer.ts';
import { fetchesNoKeysFromWhereTokensSay } from './key-locations.ts';
import { keyRotationChecks } from './keys-over-time.ts';
import { lifetimeChecks } from './lifetime.ts';
import { accessMethodChecks } from './methods.ts';
import { keepsSessionsToTheirUser } from './other-user.ts';
import { scopeChecks } from './scope.ts';
import { accessSessionChecks } from './sessions.ts';
import { signatureChecks } from './signatures.ts';
import { survivalChecks } from './survival.ts';
import { transportChecks } from './transport.ts';
import { validatableChecks } from './validatable.ts';

export const accessTokenChecks = [
  ...algorithmChecks,
  ...signatureChecks,
  fetchesNoKeysFromWhereTokensSay,
  ...survivalChecks,
  ...formChecks,
  ...headerChecks,
  ...lifetimeChecks,
  ...issuerChecks,
  ...audienceChecks,
  ...boundChecks,
  ...scopeChecks,
  ...elsewhereChecks,
  ...validatableChecks,
  ...transportChecks,
  ...accessMethodChecks,
  ...accessSessionChecks,
  keepsSessionsToTheirUser,
  ...keyRotationChecks,
] as unknown as readonly Check[];
