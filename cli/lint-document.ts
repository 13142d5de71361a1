import { readFileSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { Option } from 'commander';
import { openTarget } from '../engine/embedded.ts';
import { isUnheard, submissionOf } from '../fixtures/client-documents/asked.ts';
import { judge, read } from '../fixtures/client-documents/judge.ts';
import { RULE_SETS, type RuleSet, type Submission } from '../fixtures/client-documents/rule.ts';
import { urlParts, withoutUserinfo } from '../fixtures/client-documents/url-parts.ts';
import { openDoors } from '../fixtures/doors/open-doors.ts';
import { HarnessError } from '../fixtures/errors.ts';
import type { Exchange, FailureKind } from '../fixtures/evidence.ts';
import { askDocument } from '../fixtures/probes/client-documents.ts';
import { profileForUrl } from '../fixtures/profile/profile.ts';
import { describe } from '../fixtures/protocol/answers.ts';
import { lintResult, renderLint } from '../reports/render/lint.ts';
import type { ExitCode } from './errors.ts';
import { JSON_FLAG, jsonFile, writeJson } from './json.ts';
import { didYouMean } from './nearest.ts';
import { complain, pageOptions, print } from './output.ts';
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
  if (url !== undefined && urlParts(url) === undefined) {
    throw new HarnessError('usage', `--url ${url}: is no URL; write it as clients will send it: https://…`);
  }
  const submission = isUrl ? await fetched(source) : await written(source, url);
  const result = lintResult(withoutUserinfo(source), judge(submission), rules, isUrl ? [] : unseenIn(submission));
  if (json !== undefined) await writeJson(json, result);
  if (json !== '-') await print(renderLint(result, pageOptions()));
  return Object.values(result.rules).every(({ accepted }) => accepted) ? 0 : 1;
}

/** Milliseconds without an answer, after which somebody may wonder. */
const PATIENCE = 2000;

/**
 * The document at a URL, and its keys, through the same door as everything else.
 *
 * @throws {HarnessError} `no-answer` when nobody answered, or the door did not send, or a gateway put it off: that tells of
 *   the way from here, and there is no verdict on the document.
 */
async function fetched(url: string): Promise<Submission> {
  const home = url.trim();
  if (!/^https?:/i.test(home) || !URL.canParse(home)) return { url };
  const { target, close } = await openTarget(profileForUrl(new URL(home).origin));
  const doors = openDoors(target);
  const waiting = setTimeout(() => complain(`waiting for an answer of ${new URL(home).host}`), PATIENCE);
  try {
    const asked = await askDocument(doors, 'document', url);
    const { exchange, keys } = asked;
    const silent = [exchange, keys].find((each) => each !== undefined && isUnheard(each));
    const missed = exchange !== undefined && isMissed(exchange) ? exchange : silent;
    if (missed !== undefined) {
      throw new HarnessError(
        'no-answer',
        `no verdict on ${missed.request.url}: it could not be fetched from here, which says nothing of the document: ${describe(missed)}; see that this machine may reach it, or name a file with its text, and --url`,
      );
    }
    return submissionOf(asked, false);
  } finally {
    clearTimeout(waiting);
    await doors.close();
    await close();
  }
}

const MISSED: readonly (FailureKind | undefined)[] = ['dns', 'refused', 'tls', 'timeout'];

/** Nobody was met, or somebody between: a proxy answers for no host, and one that opens TLS shows a certificate of its own. */
const isMissed = ({ failure }: Exchange) => MISSED.includes(failure?.kind);

/**
 * A document that need not be published yet: nothing is sent, and its keys are not looked at. Where nobody says where it
 * will stand, it says so itself.
 */
async function written(source: string, url: string | undefined): Promise<Submission> {
  const bytes = source === '-' ? await standardInput() : readSource(source);
  const document = { body: bytes.toString('utf8'), bytes: bytes.length };
  const own = read({ document }).members?.client_id;
  const at = url ?? (typeof own === 'string' && own !== '' ? own : undefined);
  return { ...(at !== undefined && { url: at }), document };
}

/** What of a document is judged where it is published alone. */
function unseenIn(submission: Submission): readonly string[] {
  const { members } = read(submission);
  return ['how it will be served', ...(members?.jwks_uri === undefined ? [] : ['the keys at its jwks_uri'])];
}

/** @throws {HarnessError} `usage` when nothing comes. */
async function standardInput(): Promise<Buffer> {
  const bytes = await buffer(process.stdin);
  if (bytes.length > 0) return bytes;
  throw new HarnessError('usage', 'standard input is empty; name a file, a URL, or pipe a document into it');
}

/** @throws {HarnessError} `usage` when it cannot be read. */
function readSource(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    const url = `https://${file}`;
    const isLikeUrl = /^[a-z0-9-]+(\.[a-z0-9-]+)+(:\d+)?\//i.test(file) && URL.canParse(url);
    const advice = isLikeUrl ? `did you mean ${url}?` : 'name a file, a URL, or - for standard input';
    throw new HarnessError('usage', `cannot read ${file}: ${(error as Error).message}; ${advice}`, { cause: error });
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
