import { type ChildProgress, PeerProcess } from './peer-process.js';

/** Children have so long to say goodbye to the tracker. */
const STOP_GRACE_MS = 3000;

/** All child processes of a swarm: none of them outlives it, however it ends. */
export class Crew {
  readonly #members: PeerProcess[] = [];
  readonly #killAll = () => {
    for (const member of this.#members) member.kill();
  };

  constructor() {
    process.on('exit', this.#killAll);
  }

  start(id: string, args: readonly string[], onProgress: (progress: ChildProgress) => void): PeerProcess {
    const member = new PeerProcess(id, args, onProgress);
    this.#members.push(member);
    return member;
  }

  /** Resolves when all are gone. */
  async stop(): Promise<void> {
    await Promise.all(this.#members.map(member => member.stop(STOP_GRACE_MS)));
    process.off('exit', this.#killAll);
  }
}
