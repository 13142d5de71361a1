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

/** Milliseconds before the first line where there is no terminal, and between lines: a pipeline's log shows that it lives. */
const FIRST = 6_000;
const SPARSE = 10_000;
const SECOND = 1000;

/**
 * Progress while probing: one line that updates itself on a terminal, else a line now and then.
 *
 * @param name of the profile
 */
export function showProgress(name: string, stderr: NodeJS.WriteStream = process.stderr): ProgressLine {
  return stderr.isTTY ? updatingLine(name, stderr) : sparseLines(name);
}

function updatingLine(name: string, stderr: NodeJS.WriteStream): ProgressLine {
  const running = new Map<string, Running>();
  let requests = 0;
  const show = () => {
    const [latest] = [...running.values()].toReversed();
    const doing = latest === undefined ? 'judging' : `${latest.asks}${waited(latest)}`;
    const [line] = wrap(clean(`${name}: ${requests} requests, ${doing}`), Math.max((stderr.columns || 80) - 1, 20));
    stderr.write(`\r\u001b[K${line}`);
  };
  const timer = setInterval(show, SECOND).unref();
  return {
    onProgress(event) {
      requests = follow(event, running);
      show();
    },
    end() {
      clearInterval(timer);
      stderr.write('\r\u001b[K');
    },
  };
}

/** By a clock, not by events: while a person signs in, or a server takes its time, nothing happens. */
function sparseLines(name: string): ProgressLine {
  const running = new Map<string, Running>();
  let requests = 0;
  const say = () => {
    // The first of them began first: it is what takes its time.
    const [longest, ...others] = running.values();
    const doing = longest === undefined ? 'judging' : `${longest.asks}${waited(longest)}`;
    complain(
      `${name}: ${requests} requests, ${doing}${others.length === 0 ? '' : `; ${others.length} more under way`}`,
    );
    timer = setTimeout(say, SPARSE).unref();
  };
  let timer = setTimeout(say, FIRST).unref();
  return {
    onProgress(event) {
      requests = follow(event, running);
    },
    end: () => clearTimeout(timer),
  };
}

interface Running {
  readonly asks: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

/** " (12 s)", once it is worth telling. */
function waited({ since }: Running): string {
  const seconds = Math.floor((Date.now() - since) / SECOND);
  return seconds < 3 ? '' : ` (${seconds} s)`;
}

/** Keeps `running` up to date; gives the number of requests so far. */
function follow(event: Progress, running: Map<string, Running>): number {
  if (event.kind === 'probe-began') running.set(event.probe, { asks: event.asks, since: Date.now() });
  else running.delete(event.probe);
  return event.requests;
}
