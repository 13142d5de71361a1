/**
 * The tool against an authorization server of others, signed in to with a browser by the selectors of a profile. What it
 * may find is in the reviewed list: each entry was looked up by hand in the document it cites.
 *
 * Once more where its clients may become known by themselves: it registers whoever asks, and takes metadata documents.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { expect, test } from '@playwright/test';
import { parse } from 'yaml';
import { run } from '../engine/run.ts';
import { parseProfile } from '../fixtures/profile/profile.ts';
import { type SignInPair, startSignInPair } from './real/oidc-provider.ts';
import { close, listen } from './real/sdk-server.ts';

type Client = 'public' | 'confidential';
/** `registration`: clients become known by themselves. */
type Condition = Client | 'registration';

interface Reviewed {
  readonly check: string;
  readonly reason: string;
  readonly outcome: string;
  /** What it takes to find it. */
  readonly with?: Condition;
  /** Where it is not found. */
  readonly without?: Condition;
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

async function found({ publicClient, confidentialClient, url }: SignInPair, clients: readonly Client[], more = '') {
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
authorized: true
${more}`;
  const env = { SECRET: confidentialClient.secret, PASSWORD: 'correct horse battery staple' };
  const { profile } = await parseProfile(text, { file: 'oidc-provider.yaml', env });
  const { report } = await run(profile, { mode: 'gate' });
  const findings = report.checks.flatMap(({ id, outcome, findings = [] }) =>
    [...new Set(findings.map(({ reason }) => reason))].map((reason) => ({ check: id, reason, outcome })),
  );
  return { report, findings };
}

const expected = (...conditions: readonly Condition[]) =>
  REVIEWED.filter(
    (each) =>
      (each.with === undefined || conditions.includes(each.with)) &&
      (each.without === undefined || !conditions.includes(each.without)),
  ).map(({ check, reason, outcome }) => ({ check, reason, outcome }));

test('a public and a confidential client, revision detected', async () => {
  const { report, findings } = await found(pair, ['public', 'confidential']);
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
  const { report, findings } = await found(pair, ['public']);
  expect(findings).toEqual(expected('public'));
  expect(report.summary).toMatchObject({ failed: 0, errored: 0, untested: 0 });
});

test('a confidential client alone', async () => {
  const { report, findings } = await found(pair, ['confidential']);
  expect(findings).toEqual(expected('confidential'));
  expect(report.summary).toMatchObject({ failed: 0, errored: 0, untested: 0 });
});

test('clients that become known by themselves', async ({ browserName: _ }, info) => {
  const documents = { publicUrl: 'https://documents.example.net/', listen: `127.0.0.1:${await freePort()}` };
  const registering = await startSignInPair(documents);
  try {
    const { report, findings } = await found(
      registering,
      ['public', 'confidential'],
      `
documentHost: { publicUrl: "${documents.publicUrl}", listen: "${documents.listen}" }
state: { folder: "${info.outputPath('state')}" }
policy: { registration: open }
allow: [writes]`,
    );
    expect(findings).toEqual(expected('public', 'confidential', 'registration'));
    const open = report.checks.filter(({ outcome }) => outcome === 'errored' || outcome === 'untested');
    expect(open.map(({ id, because, unlock }) => `${id}: ${because} (${unlock})`)).toEqual([]);
    expect(report.leftovers).toEqual([]);
  } finally {
    await registering.close();
  }
});

/** A port that nobody listens on. */
async function freePort(): Promise<number> {
  const server = createServer();
  const { port } = new URL(await listen(server));
  await close(server);
  return Number(port);
}
