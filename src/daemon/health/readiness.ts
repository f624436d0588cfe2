/** All that is ever told of why: strangers read it. */
export type NotReady = 'starting' | 'suspended: the address for peers is gone' | 'stopping';

export interface ReadyReply {
  readonly status: 200 | 503;
  readonly body: { readonly ready: true } | { readonly ready: false; readonly reason: NotReady };
}

/** `/readyz`: whether there is any use in sending peers and clients here. */
export class Readiness {
  #started = false;
  #suspended = false;
  #stopping = false;

  /** The state was read and the sockets are open; torrents may still be checked. */
  ready(): void {
    this.#started = true;
  }

  get started(): boolean {
    return this.#started;
  }

  suspend(on: boolean): void {
    this.#suspended = on;
  }

  /** There is no way back. */
  stop(): void {
    this.#stopping = true;
  }

  check(): ReadyReply {
    const reason = this.#reason();
    if (reason === undefined) return { status: 200, body: { ready: true } };
    return { status: 503, body: { ready: false, reason } };
  }

  #reason(): NotReady | undefined {
    if (this.#stopping) return 'stopping';
    if (!this.#started) return 'starting';
    return this.#suspended ? 'suspended: the address for peers is gone' : undefined;
  }
}
