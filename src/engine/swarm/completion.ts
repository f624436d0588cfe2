import { MillraceError } from '../errors.js';
import type { PeerKey } from '../ids.js';
import type { Picker } from '../policy/picker.js';
import type { ActionSink } from './actions.js';
import type { PeerCore } from './peer-core.js';

/** Whether everything that is wanted is here, and who has been told: the owner once, the peers at each change. */
export class Completion {
  #announced = false;
  /** What the peers were told last: that we want nothing (BEP 21). */
  #uploadOnly = false;
  #checking = false;

  constructor(
    readonly picker: Picker,
    readonly peers: ReadonlyMap<PeerKey, PeerCore>,
    readonly act: ActionSink,
    /** Tells the peer anew what we take. */
    readonly greet: (peer: PeerCore) => void,
  ) {}

  /** The owner knows that everything is here. */
  isTold(): void {
    this.#announced = true;
    this.#uploadOnly = true;
  }

  /** Until `endCheck` completion is not told. */
  beginCheck(): void {
    this.#checking = true;
  }

  endCheck(): void {
    this.#checking = false;
    this.reopen();
    this.follow();
  }

  /** Something else may be wanted now, or what was here is lost: the owner will be told again. */
  reopen(): void {
    if (!this.picker.finished) this.#announced = false;
  }

  /** Pieces came, or wishes changed. */
  follow(): void {
    this.check();
    this.#tellUploadOnly();
  }

  /** A piece came: it may have been the last. */
  check(): void {
    if (this.#checking || !this.picker.finished || this.#announced) return;
    this.#announced = true;
    this.act({ type: 'complete' });
    this.#tellUploadOnly();
    for (const peer of [...this.peers.values()]) this.dropIfRedundant(peer);
  }

  greetAgain(): void {
    for (const peer of this.peers.values()) if (peer.info.extended) this.greet(peer);
  }

  /** Two peers that both have everything have nothing to say to each other. */
  dropIfRedundant(peer: PeerCore): void {
    const { complete, finished } = this.picker;
    if (!(complete && peer.seed) && !(finished && peer.uploadOnly && peer.greeted)) return;
    const error = new MillraceError('ERR_PEER_REDUNDANT', 'both sides have all that they want');
    this.act({ type: 'disconnect', peer: peer.key, error });
  }

  /** Peers that think of us as upload-only might leave, others might wait for us in vain: tell them when it changes. */
  #tellUploadOnly(): void {
    const { finished } = this.picker;
    if (finished === this.#uploadOnly) return;
    this.#uploadOnly = finished;
    this.greetAgain();
  }
}
