import type { RunOptions } from '../engine/run.ts';
import { clean, wrap } from '../reports/render/text.ts';
import { complain } from './output.ts';

type OnProgress = NonNullable<RunOptions['onProgress']>;
type Progress = Parameters<OnProgress>[0];

export interface ProgressLine {
  readonly onProgress: OnProgress;
  /** Takes the line away. */
  end(): void;
}

/** Milliseconds between lines where there is no terminal: enough for a pipeline's log to show that it lives. */
const SPARSE = 10_000;

/**
 * Progress while probing: one line that updates itself on a terminal, else a line every ten seconds.
 *
 * @param name of the profile
 */
export function showProgress(name: string, stderr: NodeJS.WriteStream = process.stderr): ProgressLine {
  return stderr.isTTY ? updatingLine(name, stderr) : sparseLines(name);
}

function updatingLine(name: string, stderr: NodeJS.WriteStream): ProgressLine {
  const running = new Map<string, string>();
  let requests = 0;
  return {
    onProgress(event) {
      requests = follow(event, running) ?? requests;
      const [asks = 'judging'] = [...running.values()].toReversed();
      const [line] = wrap(clean(`${name}: ${requests} requests, ${asks}`), Math.max((stderr.columns || 80) - 1, 20));
      stderr.write(`\r\u001b[K${line}`);
    },
    end: () => void stderr.write('\r\u001b[K'),
  };
}

function sparseLines(name: string): ProgressLine {
  const running = new Map<string, string>();
  let requests = 0;
  let last = Date.now();
  return {
    onProgress(event) {
      requests = follow(event, running) ?? requests;
      if (Date.now() - last < SPARSE) return;
      last = Date.now();
      complain(`${name}: ${requests} requests, ${[...running.values()].join('; ') || 'judging'}`);
    },
    end() {},
  };
}

/** Keeps `running` up to date; gives the number of requests when the event tells it. */
function follow(event: Progress, running: Map<string, string>): number | undefined {
  if (event.kind === 'probe-began') running.set(event.probe, event.asks);
  else running.delete(event.probe);
  return event.kind === 'probe-ended' ? event.requests : undefined;
}
