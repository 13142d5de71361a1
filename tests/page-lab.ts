/** Opens pages that this tool wrote, in a browser. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { type Page, test } from '@playwright/test';
import { chromiumArguments, findChromium } from '../fixtures/chromium.ts';

const executablePath = findChromium();

export const CHROMIUM = {
  launchOptions: { ...(executablePath && { executablePath }), args: [...chromiumArguments()] },
};

/** Opens the page from disk, and holds that it asks for nothing and breaks no rule of its own. */
export async function openFromDisk(page: Page, text: string): Promise<readonly string[]> {
  const file = test.info().outputPath('page.html');
  writeFileSync(file, text);
  const wrong: string[] = [];
  page.on('request', (request) => {
    if (!request.url().startsWith(pathToFileURL(file).href)) wrong.push(`asked for ${request.url()}`);
  });
  page.on('console', (message) => wrong.push(message.text()));
  page.on('pageerror', (error) => wrong.push(error.message));
  page.on('dialog', (dialog) => {
    wrong.push(`said ${dialog.message()}`);
    return dialog.dismiss();
  });
  await page.goto(pathToFileURL(file).href);
  return wrong;
}

/** What axe-core finds wrong, of every severity. */
export async function violations(page: Page): Promise<readonly string[]> {
  // Through the debugger, which no policy of the page stops.
  await page.evaluate(readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
  const { violations: found } = (await page.evaluate('axe.run()')) as {
    readonly violations: readonly { id: string; impact: string; nodes: readonly { html: string }[] }[];
  };
  return found.map(({ id, impact, nodes }) => `${id} (${impact}): ${nodes[0]?.html}`);
}
