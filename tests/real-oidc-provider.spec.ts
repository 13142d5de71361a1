/**
 * The tool against an authorization server of others, signed in to with a browser by the selectors of a profile. What it
 * may find is in the reviewed list: each entry was looked up by hand in the document it cites.
 */
import { readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { parse } from 'yaml';
import { run } from '../engine/run.ts';
import { parseProfile } from '../fixtures/profile/profile.ts';
import { type SignInPair, startSignInPair } from './real/oidc-provider.ts';

type Client = 'public' | 'confidential';

interface Reviewed {
  readonly check: string;
  readonly reason: string;
  readonly outcome: string;
  /** The client that it takes to find it. */
  readonly with?: Client;
  readonly because: string;
}

const { findings: REVIEWED } = parse(
  readFileSync(new URL('./real/oidc-provider.reviewed.yaml', import.meta.url), 'utf8'),
) as { readonly findings: readonly Reviewed[] };

test.describe.configure({ mode: 'default', timeout: 120_000 });
let pair: SignInPair;
test.beforeAll(async () => {
  pair = await startSignInPair();
});
test.afterAll(() => pair.close());

async function found(...clients: readonly Client[]) {
  const { publicClient, confidentialClient, url } = pair;
  const written: Readonly<Record<Client, string>> = {
    public: `  public: { id: ${publicClient.id}, redirectUri: "${publicClient.redirectUri}" }`,
    confidential: `  confidential: { id: ${confidentialClient.id}, redirectUri: "${confidentialClient.redirectUri}", secret: "\${SECRET}" }`,
  };
  // Its sign-in page has the usual fields; its consent page has a button like that of the sign-in, and no other mark.
  const text = `
server: { url: "${url}", safeTool: { name: greet }, tools: { greet: [mcp:tools] } }
clients:
${clients.map((client) => written[client]).join('\n')}
users:
  first: { username: ada, password: "\${PASSWORD}" }
  signIn: { method: form, selectors: { consent: "input[value=consent] ~ button" } }
limits: { requestsPerSecond: 500, budget: 10000 }
authorized: true`;
  const env = { SECRET: confidentialClient.secret, PASSWORD: 'correct horse battery staple' };
  const { profile } = await parseProfile(text, { file: 'oidc-provider.yaml', env });
  const { report } = await run(profile, { mode: 'gate' });
  const findings = report.checks.flatMap(({ id, outcome, findings = [] }) =>
    [...new Set(findings.map(({ reason }) => reason))].map((reason) => ({ check: id, reason, outcome })),
  );
  return { report, findings };
}

const expected = (...clients: readonly Client[]) =>
  REVIEWED.filter((each) => each.with === undefined || clients.includes(each.with)).map(
    ({ check, reason, outcome }) => ({ check, reason, outcome }),
  );

test('a public and a confidential client, revision detected', async () => {
  const { report, findings } = await found('public', 'confidential');
  expect(findings).toEqual(expected('public', 'confidential'));
  expect(report.revision).toEqual({ judged: ['2026-07-28'], source: 'detected' });
  expect(report.summary).toMatchObject({ failed: 0, errored: 0, untested: 0 });
  expect(report.summary.passed).toBeGreaterThan(200);
  const way = report.checks.find(({ id }) => id === 'flow/leads-from-a-401-to-a-tool-call');
  expect(way).toMatchObject({
    outcome: 'passed',
    seen: expect.stringContaining('tools/call (2026-07-28): status 200'),
  });
});

test('a public client alone', async () => {
  const { report, findings } = await found('public');
  expect(findings).toEqual(expected('public'));
  expect(report.summary).toMatchObject({ failed: 0, errored: 0, untested: 0 });
});

test('a confidential client alone', async () => {
  const { report, findings } = await found('confidential');
  expect(findings).toEqual(expected('confidential'));
  expect(report.summary).toMatchObject({ failed: 0, errored: 0, untested: 0 });
});
