// Inspector sessions to all threads of this process: the event loop and each of its workers.
import { Session } from 'node:inspector/promises';

/**
 * @typedef {{ post(method: string, params?: object): Promise<any> }} Target
 * @typedef {{ loop: Target, workers: Target[], close(): void }} Targets
 */

/** @returns {Promise<Targets>} with the workers that are up */
export async function openTargets() {
  const session = new Session();
  session.connect();
  /** @type {Map<string, WorkerTarget>} */
  const workers = new Map();
  session.on('NodeWorker.attachedToWorker', ({ params: { sessionId } }) => {
    workers.set(sessionId, new WorkerTarget(session, sessionId));
  });
  session.on('NodeWorker.receivedMessageFromWorker', ({ params: { sessionId, message } }) => {
    workers.get(sessionId)?.receive(JSON.parse(message));
  });
  await session.post('NodeWorker.enable', { waitForDebuggerOnStart: false });
  return { loop: session, workers: [...workers.values()], close: () => session.disconnect() };
}

/** A worker is reached through the session of its parent, its messages are wrapped in those of the parent. */
class WorkerTarget {
  #waiting = new Map();
  #lastId = 0;

  constructor(session, sessionId) {
    this.session = session;
    this.sessionId = sessionId;
  }

  post(method, params = {}) {
    const { sessionId } = this;
    const id = ++this.#lastId;
    const message = JSON.stringify({ id, method, params });
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.session.post('NodeWorker.sendMessageToWorker', { sessionId, message }).catch(reject);
    });
  }

  receive({ id, result, error }) {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) waiting?.resolve(result);
    else waiting?.reject(new Error(error.message));
  }
}
