import { profileForUrl } from '../fixtures/profile/profile.ts';
import type { FormatName } from '../reports/formats/index.ts';
import { runFolder } from './folder.ts';
import { FORMAT_FLAG, FORMATS_SAY, formatsOf } from './formats.ts';
import { JSON_FLAG, jsonFile } from './json.ts';
import { perform } from './perform.ts';
import { type AddCommand, examples } from './program.ts';

interface CheckOptions {
  readonly active?: boolean;
  readonly json?: string;
  readonly out?: string;
  readonly format?: readonly FormatName[];
  readonly verbose?: boolean;
}

export const addCheck: AddCommand = (program, settle) => {
  program
    .command('check <mcp-url>')
    .summary('check a server of which only the URL is known')
    .description(
      'Checks an MCP server without a profile: follows its metadata and sends plain anonymous requests, and no hostile input unless you say that you may.',
    )
    .option('--active', 'you are authorized to: also send hostile inputs that need no credential (default on loopback)')
    .option(JSON_FLAG, 'write the report there too; - prints it in place of the text', jsonFile)
    .option(FORMAT_FLAG, 'also write the report in these formats, separated by commas', formatsOf)
    .option('--out <folder>', 'folder for report and evidence')
    .option('--verbose', 'tell everything, what passed too')
    .addHelpText('after', FORMATS_SAY)
    .addHelpText('after', examples(['check https://mcp.example.com/mcp', 'check http://127.0.0.1:3000/mcp --json -']))
    .action(
      settle((url: string, { active, out, json, format, verbose }: CheckOptions) => {
        const profile = profileForUrl(url, { ...(active && { active }) });
        return perform(profile, {
          mode: 'check',
          folder: runFolder(profile.name, out),
          ...(json && { json }),
          ...(format && { format }),
          ...(verbose && { verbose }),
        });
      }),
    );
};
