/**
 * The tool against the middleware that Auth0 gives servers, with its two sets of rules for access tokens. What it may
 * find is in the reviewed list: each entry was looked up by hand in the document it cites. More findings than these, or
 * fewer, fail the test.
 */
import { readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { parse } from 'yaml';
import { run } from '../engine/run.ts';
import { parseProfile } from '../fixtures/profile/profile.ts';
import { startGuardedServer } from './real/express-jwt-bearer.ts';

/** What the tenant types its tokens as, and the rules that the middleware applies to them. */
const SETUPS = {
  'typed and strict': { state: 'conforming', strict: true },
  'typed and not strict': { state: 'conforming', strict: false },
  'plain and not strict': { state: 'auth0-defaults', strict: false },
} as const;

type Setup = keyof typeof SETUPS;

interface Reviewed {
  readonly check: string;
  readonly reason: string;
  readonly outcome: string;
  /** Absent: it is found at every setup. */
  readonly at?: Setup;
  readonly because: string;
}

const { findings: REVIEWED } = parse(
  readFileSync(new URL('./real/express-jwt-bearer.reviewed.yaml', import.meta.url), 'utf8'),
) as { readonly findings: readonly Reviewed[] };

for (const [setup, { state, strict }] of Object.entries(SETUPS)) {
  test(`with a token of the tenant and its key, ${setup}`, async () => {
    const { url, world, close } = await startGuardedServer({ strict }, state);
    try {
      const text = `
server: { url: "${url}", safeTool: { name: greet }, tools: { greet: [mcp:tools] } }
tokens: { good: "\${TOKEN}" }
issuer: { signingKey: "\${KEY}" }`;
      const env = { TOKEN: await world.issue(), KEY: JSON.stringify(await world.signingKey()) };
      const { profile } = await parseProfile(text, { file: 'express.yaml', env });
      const { report } = await run(profile, { mode: 'gate' });
      // The tenant is of this repository, and other tests look at it.
      const ofTheServer = report.checks.filter(({ party }) => party === 'mcp-server');
      const findings = ofTheServer.flatMap(({ id, outcome, findings = [] }) =>
        [...new Set(findings.map(({ reason }) => reason))].map((reason) => ({ check: id, reason, outcome })),
      );
      const expected = REVIEWED.filter(({ at }) => at === undefined || at === setup);
      expect(findings).toEqual(expected.map(({ check, reason, outcome }) => ({ check, reason, outcome })));
      expect(report.revision).toEqual({ judged: ['2025-11-25'], source: 'detected' });
      expect(report.summary).toMatchObject({ errored: 0, untested: 0 });
      const minted = report.checks.filter(
        ({ outcome, assurance }) => outcome === 'passed' && assurance === 'controlled-issuer',
      );
      expect(minted.length).toBeGreaterThan(20);
    } finally {
      await close();
    }
  });
}
