// npm test: set-up, types, style, tests; stops at the first that fails. Arguments go to `playwright test`.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { repository, setUp } from './setup.mjs';

const parameters = process.argv.slice(process.argv[2] === '--' ? 3 : 2);
const color = process.stdout.isTTY ? ['--colors=force'] : [];

const steps = [
  { name: 'types', tool: 'typescript/bin/tsc', parameters: ['-p', 'tsconfig.json'] },
  { name: 'style', tool: '@biomejs/biome/bin/biome', parameters: ['check', ...color, '.'] },
  {
    name: 'tests',
    tool: '@playwright/test/cli.js',
    parameters: ['test', '-c', 'tests/playwright.config.ts', ...parameters],
    shown: true,
  },
];

const code = await setUp();
if (code !== 0) process.exit(code);

for (const step of steps) {
  const started = performance.now();
  const result = spawnSync(process.execPath, [join(repository, 'node_modules', step.tool), ...step.parameters], {
    cwd: repository,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    stdio: step.shown ? 'inherit' : ['ignore', 'pipe', 'pipe'],
  });
  const code = result.status ?? 1;
  if (code !== 0) process.stderr.write(`${result.stdout ?? ''}${result.stderr ?? ''}`);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${step.name} ${code === 0 ? 'passed' : 'failed'}, ${seconds} s`);
  if (code !== 0) process.exit(code);
}
