/** Exit codes of what a signal ended, as shells give them: 128 and the signal's number. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

type Signal = keyof typeof SIGNALS;

/** A signal ended the run, which has removed what it had registered. */
export class Interruption extends Error {
  override readonly name = 'Interruption';
  readonly exitCode: (typeof SIGNALS)[Signal];

  constructor(signal: Signal) {
    super(`ended by ${signal}, without a report`);
    this.exitCode = SIGNALS[signal];
  }
}

/**
 * Does `work`, and tells it by its signal of the first SIGINT or SIGTERM: it ends in order. The second ends the process.
 */
export async function interruptible<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const control = new AbortController();
  const ends = (Object.keys(SIGNALS) as Signal[]).map((signal) => {
    const end = () => {
      stop();
      control.abort(new Interruption(signal));
    };
    process.on(signal, end);
    return () => process.off(signal, end);
  });
  const stop = () => {
    for (const end of ends) end();
  };
  try {
    return await work(control.signal);
  } finally {
    stop();
  }
}
