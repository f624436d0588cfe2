import type { Interrupt } from './exit.js';

/**
 * How `millrace swarm` holds its peers: each is told on standard input, by its first line, when to begin; when
 * standard input ends, the parent is gone or wants it to stop. So no peer outlives a swarm that was killed.
 */
export interface Supervision {
  readonly go: Promise<void>;
  release(): void;
}

export function supervise(stdin: NodeJS.ReadableStream, interrupt: Interrupt): Supervision {
  const go = new Promise<void>(resolve => {
    stdin.once('data', () => resolve());
    stdin.once('end', () => {
      resolve();
      interrupt.raise('parent');
    });
  });
  return {
    go,
    release() {
      (stdin as Partial<{ destroy(): void }>).destroy?.();
    },
  };
}
