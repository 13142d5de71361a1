import { join } from 'node:path';
import { Option } from 'commander';
import { requireCertifiable } from '../engine/certifiable.ts';
import { requireWaivers } from '../engine/waivers.ts';
import { hasDisplay } from '../fixtures/doors/browser-launch.ts';
import { HarnessError } from '../fixtures/errors.ts';
import { packageRoot } from '../fixtures/package.ts';
import { loadProfile, type Profile } from '../fixtures/profile/profile.ts';
import type { FormatName } from '../reports/formats/index.ts';
import type { Mode } from '../reports/report.ts';
import { type ExitCode, explainError } from './errors.ts';
import { runFolder } from './folder.ts';
import { FORMAT_FLAG, FORMATS_SAY, formatsOf } from './formats.ts';
import { JSON_FLAG, jsonFile } from './json.ts';
import { namesOf } from './only.ts';
import { complain, print } from './output.ts';
import { perform } from './perform.ts';
import { printPlan } from './plan.ts';
import { type AddCommand, examples } from './program.ts';

interface RunOptions {
  readonly mode: Exclude<Mode, 'check'>;
  readonly only?: readonly string[];
  readonly strict?: true;
  readonly baseline?: string;
  readonly json?: string;
  readonly out?: string;
  readonly format?: readonly FormatName[];
  readonly plan?: boolean;
  readonly headed?: boolean;
  readonly slow?: boolean;
  readonly acceptRedirectUris?: true;
  readonly verbose?: boolean;
}

export const addRun: AddCommand = (program, settle) => {
  program
    .command('run [profiles...]')
    .summary('test what profiles describe')
    .description(
      'Tests the setups that profiles (YAML) describe, one after another. Without a profile: the embedded world.',
    )
    .addOption(
      new Option('--mode <mode>', 'what turns the run red').choices(['gate', 'nightly', 'certify']).default('gate'),
    )
    .option('--strict', 'a failing SHOULD fails (as policy.strict of the profile)')
    .option(
      '--baseline <report.json>',
      'of --mode nightly: what the run is compared with; where there is none yet, the run becomes it (default: kept in state)',
    )
    .option('--only <names>', 'areas or checks, separated by commas; not in mode certify', namesOf)
    .option('--plan', 'print what would be asked, and send nothing')
    .option('--headed', 'show the browser that signs in')
    .option(
      '--slow',
      'for each profile, wait up to a quarter of an hour for what only time shows, such as codes that expire',
    )
    .option('--accept-redirect-uris', 'the redirect URIs that clients of the tenant have now are meant (state)')
    .option(JSON_FLAG, 'write the report there too; - prints it in place of the text', jsonFile)
    .option(FORMAT_FLAG, 'also write the report in these formats, separated by commas', formatsOf)
    .option('--out <folder>', 'folder for report and evidence; of several profiles, one folder each in it')
    .option('--verbose', 'tell everything, what passed too')
    .addHelpText('after', FORMATS_SAY)
    .addHelpText('after', examples(['run', 'run profiles/auth0.yaml --only challenge --json report.json']))
    .action(settle(runCommand));
};

async function runCommand(files: readonly string[], options: RunOptions): Promise<ExitCode> {
  const profiles = await loadProfiles(
    files.length > 0 ? files : [join(packageRoot(), 'profiles', 'embedded.yaml')],
    options.plan !== true,
  );
  refuseTogether(profiles, options);
  for (const profile of profiles) requireCertifiable(profile, options);
  if (options.plan) {
    for (const profile of profiles) await printPlan(profile, options.only);
    return 0;
  }
  const ends: { readonly name: string; readonly code: ExitCode }[] = [];
  for (const profile of profiles) {
    const code = await runOne(profile, options, profiles.length > 1).catch(explainError);
    ends.push({ name: profile.name, code });
    if (code > 2) break;
  }
  if (ends.length > 1) await print(`\n${ends.map(({ name, code }) => `${name}: ${ENDS[code]}`).join('\n')}\n`);
  return Math.max(...ends.map(({ code }) => code)) as ExitCode;
}

const ENDS: Readonly<Record<ExitCode, string>> = {
  0: 'passed',
  1: 'failed',
  2: 'no verdict',
  130: 'interrupted',
  143: 'interrupted',
};

async function runOne(profile: Profile, options: RunOptions, oneOfMany: boolean): Promise<ExitCode> {
  const { mode, only, strict, baseline, json, headed, slow, format, acceptRedirectUris, verbose } = options;
  const isByHand = profile.users.signIn?.method === 'by-hand';
  if (!hasDisplay() && (isByHand || headed === true)) {
    complain(`${profile.name}: there is no display here for the window of a browser, so that nobody will be signed in`);
  } else if (isByHand) {
    complain(`${profile.name}: a browser window will open; sign in there within five minutes`);
  }
  const out = options.out !== undefined && oneOfMany ? join(options.out, profile.name) : options.out;
  return perform(profile, {
    mode,
    folder: runFolder(profile.name, out),
    ...(only && { only }),
    ...(strict && { strict }),
    ...(baseline && { baseline }),
    ...(json && { json }),
    ...(format && { format }),
    ...(headed && { headed }),
    ...(slow && { slow }),
    ...(acceptRedirectUris && { acceptsRedirectUris: true }),
    ...(verbose && { verbose }),
  });
}

/** Reads all before anything is sent: a slip in the last profile is found at once. */
async function loadProfiles(files: readonly string[], runCommands: boolean): Promise<readonly Profile[]> {
  const loaded = [];
  for (const file of files) loaded.push(await loadProfile(file, { env: process.env, runCommands }));
  for (const { profile } of loaded.filter((each) => (each.profile.embedded?.faults.length ?? 0) > 0)) {
    // Loaded only where faults are named: it brings the embedded world along.
    const { requireFaults } = await import('./faults.ts');
    requireFaults(profile.embedded?.faults ?? [], `${profile.file} embedded.faults`);
  }
  for (const { profile } of loaded) requireWaivers(profile.waivers);
  return loaded.map(({ profile }) => profile);
}

function refuseTogether(
  profiles: readonly Profile[],
  { json, plan, mode, baseline, acceptRedirectUris }: RunOptions,
): void {
  const forgetful = profiles.find(({ state, management }) => state === undefined || management === undefined);
  if (acceptRedirectUris && forgetful !== undefined) {
    throw new HarnessError(
      'usage',
      `--accept-redirect-uris: ${forgetful.name} keeps nothing of a tenant; it takes management, and state with a folder`,
    );
  }
  if (baseline !== undefined && mode !== 'nightly') {
    throw new HarnessError(
      'usage',
      `--baseline goes with --mode nightly; to see what changed: compare ${baseline} <report.json>`,
    );
  }
  if (json !== undefined && plan) throw new HarnessError('usage', '--plan is text only; leave --json out');
  if (profiles.length === 1) return;
  if (baseline !== undefined) {
    throw new HarnessError(
      'usage',
      '--baseline is of one profile and here are several; with `state` in a profile its baseline is kept there',
    );
  }
  if (json !== undefined) {
    throw new HarnessError(
      'usage',
      '--json takes one report and here are several profiles; their report.json lie in their folders (--out)',
    );
  }
  const names = profiles.map(({ name }) => name);
  const doubled = names.find((name, index) => names.indexOf(name) !== index);
  if (doubled !== undefined) {
    throw new HarnessError('usage', `two profiles are called ${doubled}; give each a name of its own (name:)`);
  }
}
