import { readFileSync } from 'node:fs';
import { Option } from 'commander';
import { openTarget } from '../engine/embedded.ts';
import { isUnheard, submissionOf } from '../fixtures/client-documents/asked.ts';
import { judge, read } from '../fixtures/client-documents/judge.ts';
import { RULE_SETS, type RuleSet, type Submission } from '../fixtures/client-documents/rule.ts';
import { openDoors } from '../fixtures/doors/open-doors.ts';
import { HarnessError } from '../fixtures/errors.ts';
import { askDocument } from '../fixtures/probes/client-documents.ts';
import { profileForUrl } from '../fixtures/profile/profile.ts';
import { describe } from '../fixtures/protocol/answers.ts';
import { lintResult, renderLint } from '../reports/render/lint.ts';
import type { ExitCode } from './errors.ts';
import { JSON_FLAG, jsonFile, writeJson } from './json.ts';
import { didYouMean } from './nearest.ts';
import { pageOptions, print } from './output.ts';
import { type AddCommand, examples } from './program.ts';

interface LintOptions {
  readonly rules: readonly RuleSet[];
  readonly url?: string;
  readonly json?: string;
}

export const addLintDocument: AddCommand = (program, settle) => {
  program
    .command('lint-document <file|url>')
    .summary('judge the metadata document of a client (CIMD)')
    .description(
      'Says whether Auth0, and whether servers that keep to the IETF draft, would take a Client ID Metadata Document, and what to write where they would not. A URL is fetched once, without following redirects, and its jwks_uri too; - reads standard input.',
    )
    .addOption(
      new Option('--rules <sets>', `whose rules, separated by commas: ${RULE_SETS.join(', ')}`)
        .argParser(ruleSetsOf)
        .default(RULE_SETS, 'all'),
    )
    .option('--url <url>', 'where a file will stand, exactly as clients will send it (default: its client_id)')
    .option(JSON_FLAG, 'write the findings there too; - prints them in place of the text', jsonFile)
    .addHelpText(
      'after',
      examples([
        'lint-document https://client.example.com/client.json',
        'lint-document client.json --url https://client.example.com/client.json --rules auth0',
      ]),
    )
    .action(settle(lintCommand));
};

async function lintCommand(source: string, { rules, url, json }: LintOptions): Promise<ExitCode> {
  // What has the form of a URL is one, also where it is none that a client could have.
  const isUrl = /^\s*[a-z][a-z0-9+.-]*:\/\//i.test(source);
  if (isUrl && url !== undefined) {
    throw new HarnessError('usage', '--url goes with a file: what is fetched stands where it was fetched');
  }
  const submission = isUrl ? await fetched(source) : written(source, url);
  const result = lintResult(source, judge(submission), rules);
  if (json !== undefined) await writeJson(json, result);
  if (json !== '-') await print(renderLint(result, pageOptions()));
  return Object.values(result.rules).every(({ accepted }) => accepted) ? 0 : 1;
}

/**
 * The document at a URL, and its keys, through the same door as everything else.
 *
 * @throws {HarnessError} `no-answer` when the door did not send, or a gateway put it off: there is no verdict then.
 */
async function fetched(url: string): Promise<Submission> {
  const home = url.trim();
  if (!/^https?:/i.test(home) || !URL.canParse(home)) return { url };
  const { target, close } = await openTarget(profileForUrl(new URL(home).origin));
  const doors = openDoors(target);
  try {
    const asked = await askDocument(doors, 'document', url);
    const silent = [asked.exchange, asked.keys].find((each) => each !== undefined && isUnheard(each));
    if (silent !== undefined) {
      throw new HarnessError('no-answer', `no verdict on ${silent.request.url}: ${describe(silent)}`);
    }
    return submissionOf(asked, false);
  } finally {
    await doors.close();
    await close();
  }
}

/**
 * A document that need not be published yet: nothing is sent, and its keys are not looked at. Where nobody says where it
 * will stand, it says so itself.
 */
function written(source: string, url: string | undefined): Submission {
  const bytes = readSource(source);
  const document = { body: bytes.toString('utf8'), bytes: bytes.length };
  const own = read({ document }).members?.client_id;
  const at = url ?? (typeof own === 'string' && own !== '' ? own : undefined);
  return { ...(at !== undefined && { url: at }), document };
}

/** @throws {HarnessError} `usage` when it cannot be read. */
function readSource(source: string): Buffer {
  try {
    return readFileSync(source === '-' ? process.stdin.fd : source);
  } catch (error) {
    const name = source === '-' ? 'standard input' : source;
    const why = (error as Error).message;
    throw new HarnessError('usage', `cannot read ${name}: ${why}; name a file, a URL, or - for standard input`, {
      cause: error,
    });
  }
}

/** @throws {HarnessError} `usage` for a rule set that does not exist. */
function ruleSetsOf(value: string): readonly RuleSet[] {
  const names = value
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const isSet = (name: string): name is RuleSet => (RULE_SETS as readonly string[]).includes(name);
  const stranger = names.find((name) => !isSet(name));
  if (stranger !== undefined || names.length === 0) {
    const suggestion = didYouMean(stranger ?? '', RULE_SETS, `there is ${RULE_SETS.join(' and ')}`);
    throw new HarnessError('usage', `--rules ${value}: no such rules${suggestion}`);
  }
  return RULE_SETS.filter((set) => names.includes(set));
}
