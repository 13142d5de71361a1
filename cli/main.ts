#!/usr/bin/env node
import { execute } from './execute.ts';

const code = await execute(process.argv.slice(2));
// What a signal has ended may be waiting for something still.
if (code > 2) process.exit(code);
process.exitCode = code;
