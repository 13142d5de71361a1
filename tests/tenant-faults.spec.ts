/**
 * Faults of the tenant do what they say in a world that has nothing else: the same requests show the deviation there,
 * and what a document asks for in the same world without it. Those that checks see are shown by them as well.
 */
import { expect, test } from '@playwright/test';
import { AUTHORIZATION_FAULTS } from '../mock-idp/faults/authorization/authorization.ts';
import type { Fault } from '../mock-idp/faults/fault.ts';
import { MANAGEMENT_FAULTS } from '../mock-idp/faults/management/management.ts';
import { REGISTRATION_FAULTS } from '../mock-idp/faults/registration/registration.ts';
import { TOKEN_FAULTS } from '../mock-idp/faults/tokens/tokens.ts';
import { AUTHORIZATION_CASES } from './tenant-faults/authorization.ts';
import type { Cases } from './tenant-faults/case.ts';
import { MANAGEMENT_CASES } from './tenant-faults/management.ts';
import { REGISTRATION_CASES } from './tenant-faults/registration.ts';
import { TOKEN_CASES } from './tenant-faults/tokens.ts';
import { type Lab, withFault, withoutFault } from './tenant-lab.ts';

const AREAS: readonly (readonly [area: string, faults: readonly Fault[], cases: Cases])[] = [
  ['authorization', AUTHORIZATION_FAULTS, AUTHORIZATION_CASES],
  ['tokens', TOKEN_FAULTS, TOKEN_CASES],
  ['registration', REGISTRATION_FAULTS, REGISTRATION_CASES],
  ['management', MANAGEMENT_FAULTS, MANAGEMENT_CASES],
];

async function look(opening: Promise<Lab>, see: (lab: Lab) => Promise<unknown>): Promise<unknown> {
  const lab = await opening;
  try {
    return await see(lab);
  } finally {
    await lab.world.close();
  }
}

for (const [area, faults, cases] of AREAS) {
  test.describe(`a fault of ${area}`, () => {
    test('has a case here, where no check sees it', () => {
      const ids = faults.map(({ id }) => id);
      const unseen = faults.filter(({ trips }) => trips.length === 0).map(({ id }) => id);
      expect(unseen.filter((id) => cases[id] === undefined)).toEqual([]);
      expect(Object.keys(cases).filter((id) => !ids.includes(id))).toEqual([]);
    });

    for (const fault of faults) {
      const shown = cases[fault.id];
      if (shown === undefined) continue;
      test(`${fault.id}: ${fault.says}`, async () => {
        expect(shown.wrong, 'a deviation').not.toEqual(shown.right);
        expect(await look(withoutFault(fault), shown.look), 'without the fault').toEqual(shown.right);
        expect(await look(withFault(fault), shown.look), 'with the fault').toEqual(shown.wrong);
      });
    }
  });
}
