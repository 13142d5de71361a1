import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Doors } from '../fixtures/doors/doors.ts';
import { exposureOf } from '../fixtures/doors/egress.ts';
import { openDoors } from '../fixtures/doors/open-doors.ts';
import { HarnessError } from '../fixtures/errors.ts';
import type { Evidence, Exchange } from '../fixtures/evidence.ts';
import { toHar } from '../fixtures/har.ts';
import { packageVersion } from '../fixtures/package.ts';
import type { Probe } from '../fixtures/probe.ts';
import { PROBES } from '../fixtures/probes/index.ts';
import type { Profile } from '../fixtures/profile/profile.ts';
import { describe, isServerError, mcpAnswer } from '../fixtures/protocol/answers.ts';
import { exchangesOf } from '../fixtures/protocol/exchanges.ts';
import type { Target, Wait } from '../fixtures/target.ts';
import { buildReport } from '../reports/build.ts';
import type { Mode, Report } from '../reports/report.ts';
import { setupOf } from '../reports/setup.ts';
import { writeReport } from '../reports/validate.ts';
import { ASSURANCES, type Check, type Facts } from '../suites/check.ts';
import { CHECKS } from '../suites/registry.ts';
import { type Captured, capture, type Progress } from './capture.ts';
import { requireCertifiable } from './certifiable.ts';
import { openTarget } from './embedded.ts';
import { factsOf } from './facts.ts';
import { withGoodToken } from './good-token.ts';
import { judgeAll } from './judge.ts';
import { GROUNDS_FILE, type Grounds } from './judge-again.ts';
import { type KeptSession, keptSession } from './kept-session.ts';
import { type KeptTenant, keptTenant } from './kept-tenant.ts';
import { type Remembering, remember } from './kept-tokens.ts';
import { type Nightly, openNightly } from './nightly.ts';
import { openRegistrations, type Registrations } from './registrations.ts';
import { RUN_FOLDER } from './run-folder.ts';
import { endSessions } from './tidy.ts';
import { requireWaivers } from './waivers.ts';

export type { Progress };

export interface RunOptions {
  readonly mode: Mode;
  /**
   * Folder the run is written to, by the names of {@link RUN_FOLDER}: `report.json`, `evidence/<probe>.json`, and
   * `screenshots` where a sign-in stopped. Absent: nothing is written.
   */
  readonly out?: string;
  /** The browser that signs in has a window; absent: where a person signs in. */
  readonly headed?: boolean;
  /**
   * Lets so many seconds pass, for what only time shows; resolves to `false` where they may not. Absent: what takes
   * minutes is tried where the clock is the run's own, and nowhere else.
   */
  readonly wait?: Wait;
  /** Areas or check ids; absent: all. */
  readonly only?: readonly string[];
  /** The redirect URIs that clients of the tenant have now are meant: later runs compare with them. */
  readonly acceptsRedirectUris?: boolean;
  /** A failing SHOULD fails; absent: as the profile says. */
  readonly strict?: boolean;
  /** Of a nightly run: the report it is compared with, or where this one is put for later ones; absent: in `state`. */
  readonly baseline?: string;
  /**
   * Told of each client that is left registered, or may be, and of a key set that is left broken, and what to do; also
   * where the run ends without a report.
   */
  readonly onLeftover?: (line: string) => void;
  /** Told of what earlier runs had left and this one removed, as it is done. */
  readonly onRemark?: (line: string) => void;
  /** Told of each probe as it begins and ends, for progress. */
  readonly onProgress?: (event: Progress) => void;
  /**
   * Ends the run early, without a report; the clients that it has registered are removed, and the key set that it has
   * broken is whole again, before it throws the reason.
   */
  readonly signal?: AbortSignal;
}

export interface Run {
  readonly report: Report;
  readonly evidence: Evidence;
  /** Where it was written. */
  readonly folder?: string;
}

/**
 * Captures and judges one profile.
 *
 * @throws {HarnessError} `usage` when `only` names nothing, `out` holds a report, the baseline is none, or no
 *   certificate could come of a run in mode certify; `profile` for a
 *   waiver that can never apply, or a certification without a revision; `no-answer` when the server gave no
 *   HTTP answer at all, or none by which it could be taken for an MCP server.
 */
export async function run(profile: Profile, options: RunOptions): Promise<Run> {
  requireCertifiable(profile, options);
  const checks = selectChecks(options.only);
  if (options.out !== undefined && existsSync(join(options.out, RUN_FOLDER.report))) {
    throw new HarnessError('usage', `${options.out} holds a report already, and reports are never overwritten`);
  }
  requireWaivers(profile.waivers);
  const nightly = options.mode === 'nightly' ? await openNightly(profile, options.baseline) : undefined;
  const isHosting = probesFor(checks).some(({ requires }) => requires.includes('documentHost'));
  const { signal, onLeftover } = options;
  const { target, close } = await openTarget(profile, { isHosting, signal, onLeftover });
  try {
    const tenant = await keptTenant(profile, target);
    const remembering = await remember(profile, tenant.target);
    const session = await keptSession(profile, target);
    const { cookies } = session;
    const registrations = await openRegistrations(profile, target);
    const given = { ...remembering.target, ...(options.wait && { wait: options.wait }) };
    const doors = openDoors(given, {
      ...(registrations.journal && { registrations: registrations.journal }),
      headed: options.headed ?? profile.users.signIn?.method === 'by-hand',
      ...(cookies !== undefined && { cookies }),
      ...(options.out !== undefined && { screenshots: join(options.out, RUN_FOLDER.screenshots) }),
    });
    try {
      return await captureAndJudge({ ...remembering, target: given }, session, tenant, registrations, doors, checks, {
        ...options,
        profile,
        nightly,
      });
    } finally {
      await doors.close();
    }
  } finally {
    await close();
  }
}

async function captureAndJudge(
  { target: given, remarks, keep }: Remembering,
  session: KeptSession,
  tenant: KeptTenant,
  registrations: Registrations,
  doors: Doors,
  checks: readonly Check[],
  options: RunOptions & { readonly profile: Profile; readonly nightly: Nightly | undefined },
): Promise<Run> {
  const startedAt = new Date();
  // A resolver that fails now leaves the strictest judgement: an unknown address counts as public.
  const addresses = await given.network.resolve(new URL(given.server.url).hostname).catch(() => []);
  const probes = probesFor(checks);
  const { onProgress, onLeftover, onRemark, signal } = options;
  const work = async () => {
    const supplied = await withGoodToken(doors, given, probes, onProgress);
    const { target, seed } = supplied;
    return { ...supplied, captured: await capture(doors, target, probes, { onProgress, seed }) };
  };
  const { result, ...tidied } = await registrations.around(doors, work, { onLeftover, onRemark, signal });
  const { target, captured, remark } = result;
  const leftovers = [...tidied.leftovers, ...(await endSessions(doors, target, captured.evidence))];
  refuseSilence(target, captured);
  const facts = factsOf(target, captured.evidence, exposureOf(addresses), startedAt.toISOString());
  const { profile, nightly } = options;
  const certification = options.mode === 'certify' ? certificationOf(facts, profile) : undefined;
  const judged = buildReport({
    judged: judgeAll(checks, captured, facts),
    target: { name: target.name, server: target.server.url, ...(profile.embedded && { embedded: true }) },
    mode: options.mode,
    revisions: facts.revisions,
    revisionSource: facts.revisionSource,
    provider: facts.provider,
    assurance: facts.assurance,
    startedAt: facts.capturedAt,
    durationMs: Date.now() - startedAt.getTime(),
    requests: doors.requests(),
    trials: countTrials(captured),
    strict: options.strict ?? target.policy.strict,
    only: options.only,
    waivers: profile.waivers,
    // The embedded world has new keys each time.
    setup: setupOf(captured.evidence, { keepKeys: profile.embedded === undefined }),
    certification,
    implementation: profile.implementation,
    profileDigest: profile.digest,
    leftovers,
    remarks: [
      ...new Set([...remarks, ...session.remarks, ...tenant.remarks, ...tidied.remarks, ...remark]),
      ...(await keep(captured.evidence)),
      ...(await session.keep(doors, captured.evidence)),
      ...(await tenant.keep(captured.evidence, facts.capturedAt, {
        redirectUris: options.acceptsRedirectUris === true,
      })),
    ],
  });
  const report = nightly === undefined ? judged : await overNight(nightly, judged);
  if (options.out === undefined) return { report, evidence: captured.evidence };
  await writeEvidence(options.out, captured.evidence, { facts, missing: captured.missing });
  writeReport(options.out, report);
  return { report, evidence: captured.evidence, folder: options.out };
}

/** What the night is compared with is told in its report, and what could not be kept of it. */
async function overNight(nightly: Nightly, judged: Report): Promise<Report> {
  const compared = nightly.compared(judged);
  const remarks = [...(judged.remarks ?? []), ...(await nightly.keep(compared))];
  return remarks.length === 0 ? compared : { ...compared, remarks };
}

/**
 * The level is the one that the profile promises, else the highest below which nothing is missing.
 *
 * @throws {HarnessError} `profile` when the revision could not be told.
 */
function certificationOf({ revisions, assurance }: Facts, profile: Profile): Report['certification'] {
  const [revision, ...others] = revisions;
  if (revision === undefined || others.length > 0) {
    throw new HarnessError(
      'profile',
      `certify: a server is certified for one revision, and it may speak ${revisions.join(' or ')}; write \`revision\` into the profile`,
    );
  }
  const missing = ASSURANCES.findIndex((level) => !assurance.includes(level));
  const level = profile.assurance ?? ASSURANCES[missing === -1 ? ASSURANCES.length - 1 : Math.max(missing - 1, 0)]!;
  return { set: revision, level };
}

/** @throws {HarnessError} `usage` when a name is neither an area nor a check. */
export function selectChecks(only: readonly string[] | undefined): readonly Check[] {
  if (only === undefined) return CHECKS;
  const named = (name: string) => CHECKS.filter(({ id }) => id === name || id.startsWith(`${name}/`));
  for (const name of only) {
    if (named(name).length > 0) continue;
    throw new HarnessError('usage', `no area or check is called ${name}: list shows them all`);
  }
  const wanted = new Set(only.flatMap(named));
  return CHECKS.filter((check) => wanted.has(check));
}

/** The probes that the checks read, and those before them. */
export function probesFor(checks: readonly Check[]): readonly Probe[] {
  const wanted = new Set<string>();
  const add = (keys: readonly string[]): void => {
    for (const probe of PROBES.filter(({ key }) => keys.includes(key) && !wanted.has(key))) {
      wanted.add(probe.key);
      add([...probe.needs, ...(probe.uses ?? [])]);
    }
  };
  add(checks.flatMap(({ needs, uses = [] }) => [...needs, ...uses]));
  return PROBES.filter(({ key }) => wanted.has(key));
}

/** What gives no HTTP answer, or nothing that a guarded or an open MCP endpoint would say, gets no verdict. */
function refuseSilence(target: Target, { evidence, missing }: Captured): void {
  if (missing.anonymous?.kind === 'broken') throw new Error(missing.anonymous.because);
  const asked = evidence.anonymous?.operations.map(({ exchange }) => exchange) ?? [];
  const [first] = asked;
  if (first === undefined) return;
  if (asked.every(({ answer }) => answer === undefined)) {
    throw new HarnessError('no-answer', `no HTTP answer from ${target.server.url}: ${first.failure?.message}`);
  }
  if (!asked.some(looksLikeMcp)) {
    const said = [...new Set(asked.map(describe))].join(', ');
    throw new HarnessError(
      'no-answer',
      `nothing at ${target.server.url} answers like an MCP server (${said}): write the exact URL of its endpoint`,
    );
  }
}

/** A refusal, a redirect or a failure may be a broken server's; a missing page or a web page is none. */
function looksLikeMcp(exchange: Exchange): boolean {
  const { answer } = exchange;
  if (answer === undefined) return false;
  return (
    mcpAnswer(exchange).kind !== 'none' ||
    [401, 403].includes(answer.status) ||
    isServerError(answer) ||
    (answer.status >= 300 && answer.status < 400)
  );
}

/** Hostile inputs that were sent; the controls between them are none. */
function countTrials({ evidence }: Captured): number {
  return PROBES.filter(({ effects }) => effects !== 'none')
    .flatMap(({ key }) => exchangesOf(evidence[key]))
    .filter(({ id, failure }) => !id.includes('/control') && failure?.kind !== 'budget' && failure?.kind !== 'egress')
    .length;
}

async function writeEvidence(folder: string, evidence: Evidence, grounds: Grounds): Promise<void> {
  const to = join(folder, RUN_FOLDER.evidence);
  await mkdir(to, { recursive: true });
  const files: readonly (readonly [string, unknown])[] = [
    ...Object.entries(evidence).map(([probe, seen]) => [`${probe}.json`, seen] as const),
    // What a later judgement needs besides.
    [GROUNDS_FILE, grounds],
    ['exchanges.har', toHar(exchangesOf(evidence), { version: packageVersion() })],
  ];
  await Promise.all(
    files.map(([name, content]) => writeFile(join(to, name), `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 })),
  );
}
