import { setTimeout as delay } from 'node:timers/promises';

export interface UntilOptions {
  readonly timeoutMs?: number;
  /** Between two looks. */
  readonly everyMs?: number;
  /** Added to the message of a failure. */
  readonly explain?: () => string;
}

/** Asks `probe` until it has an answer: for programs that can only be asked, not listened to. */
export async function until<T>(
  what: string,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  { timeoutMs = 30_000, everyMs = 25, explain }: UntilOptions = {},
): Promise<T> {
  const endMs = performance.now() + timeoutMs;
  for (;;) {
    const answer = await probe();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > endMs)
      throw new Error(
        `${what} did not come within ${timeoutMs} ms${explain === undefined ? '' : `\n${explain()}`}`,
      );
    await delay(everyMs);
  }
}
