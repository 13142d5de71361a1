// npm start: set-up, then `mcp-auth-conformance run` with whatever arguments follow.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { repository, setUp } from './setup.mjs';

// 2 is the command's own code for "no verdict"; 1 would claim findings.
if ((await setUp()) !== 0) process.exit(2);

// In this process, so that signals and the exit code are the command's own.
const main = join(repository, 'dist', 'cli', 'main.js');
process.argv.splice(1, 1, main, 'run');
await import(pathToFileURL(main).href);
