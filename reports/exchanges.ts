import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HarnessError } from '../fixtures/errors.ts';
import type { Exchange } from '../fixtures/evidence.ts';
import { exchangesOf } from '../fixtures/protocol/exchanges.ts';

/**
 * The exchanges that a run recorded, in the order they were sent.
 *
 * @param folder of the run, with `evidence/` in it; none of them where that is missing
 * @throws {HarnessError} `usage` when a file of it is no evidence.
 */
export function readExchanges(folder: string): readonly Exchange[] {
  const evidence = join(folder, 'evidence');
  const exchanges = filesOf(evidence).flatMap((name) => exchangesOf(parsed(join(evidence, name))));
  return exchanges.toSorted((a, b) => a.startedAt.localeCompare(b.startedAt));
}

function filesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.json'));
  } catch {
    return [];
  }
}

function parsed(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new HarnessError('usage', `${path} is not the evidence of a run: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
