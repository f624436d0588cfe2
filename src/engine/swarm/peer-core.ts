import type { PeerAddress, PeerKey } from '../ids.js';
import type { PeerStanding } from '../policy/peer-memory.js';
import type { BlockRef } from '../policy/picker.js';
import { RateMeter } from '../policy/rate-meter.js';
import { RequestWindow } from '../policy/request-window.js';
import { BLOCK_BYTES, type BlockRange, type Message } from '../protocol/peer/messages.js';

/** What is known of a peer when its handshake is done. */
export interface PeerInfo {
  readonly address: PeerAddress;
  readonly incoming: boolean;
  /** Both sides speak the Fast Extension (BEP 6). */
  readonly fast: boolean;
  /** Both sides speak the extension protocol (BEP 10). */
  readonly extended: boolean;
  /** It has been here before. */
  readonly standing?: PeerStanding;
}

/** A request of ours that is on its way. */
export interface Outstanding {
  readonly ref: BlockRef;
  readonly sentAtMs: number;
  /** Given back to the picker because the peer is too slow; still taken if it arrives. */
  lapsed: boolean;
}

/** Window over which a neighbour's rate counts for tit for tat: two reviews of 10 s (BEP 3: "20 second rolling average"). */
const RATE_WINDOW_MS = 20_000;

/** One neighbour as the core sees it: wire state, counters and an outbox. It decides nothing. */
export class PeerCore {
  amChoking = true;
  amInterested = false;
  peerChoking = true;
  peerInterested = false;

  /** Address of its bitfield in the kernels' memory. */
  readonly bitsAt: number;
  haveCount = 0;
  /** It has everything; its bits are all set, and the picker counts it as a seed. */
  seed = false;
  /** It said what it has; a second bitfield is an error (BEP 3: only as the first message). */
  greeted = false;
  uploadOnly = false;

  readonly window = new RequestWindow();
  readonly outstanding = new Map<number, Outstanding>();
  /** Block whose payload is arriving, and where it goes; -1 throws it away. It may replace another peer's copy. */
  receiving: { key: number; range: BlockRange; targetAt: number; replaces: boolean } | undefined;
  unaskedBlocks = 0;
  /** Requests that we took back: their blocks may have left before the peer knew. */
  cancelledBlocks = 0;
  /** It rejected a request although we are unchoked: nothing is asked of it until then. */
  quietUntilMs = 0;

  /** Requests of the peer that were not answered yet, oldest first. */
  readonly uploads: BlockRange[] = [];
  /** What the oldest of them waits for; `peers` is the peer itself, which has not read what was sent. */
  uploadWait: 'localCap' | 'memory' | 'disk' | 'peers' = 'peers';
  /** Pieces we serve although it is choked, with the bytes that it has asked for so, and pieces it serves us so (BEP 6). */
  readonly allowedOut = new Map<number, number>();
  readonly allowedIn = new Set<number>();
  readonly suggested: number[] = [];

  readonly down = new RateMeter(RATE_WINDOW_MS);
  readonly up = new RateMeter(RATE_WINDOW_MS);
  lastInMs: number;
  lastOutMs: number;
  /** Last block, or the moment from which blocks were due. */
  lastBlockMs: number;
  snubbed = false;
  /** It could have been asked for more when it was last asked, but there was no memory for another piece. */
  starved = false;
  unchokedAtMs = Number.NEGATIVE_INFINITY;
  /** Since when it is known; one that comes back is not new. */
  readonly sinceMs: number;
  /** It sent data that failed a check: it only gets pieces of its own until one is good. */
  parole = false;

  /** What the extension handshake told: its client, and the id under which it wants metadata messages, 0 for not. */
  client = '';
  metadataId = 0;
  /** Parts of the info dictionary that it waits for, how many it has asked for, and how many requests were rejected. */
  readonly metadataAsked: number[] = [];
  metadataTaken = 0;
  metadataRejects = 0;
  /** Adjacent blocks may be asked of it in one request up to so many bytes. */
  maxBlockBytes = BLOCK_BYTES;
  listenPort: number | undefined;
  /** Id under which it wants to be told of peers, 0 for not; when it last told us of some, and how often too soon since. */
  pexId = 0;
  pexHeardMs = Number.NEGATIVE_INFINITY;
  pexTooSoon = 0;

  readonly outbox: Message[] = [];

  constructor(
    readonly key: PeerKey,
    readonly info: PeerInfo,
    bitsAt: number,
    readonly connectedAtMs: number,
    /** Where it puts itself when its outbox is no longer empty. */
    readonly dirty: PeerCore[],
  ) {
    this.bitsAt = bitsAt;
    this.lastInMs = connectedAtMs;
    this.lastOutMs = connectedAtMs;
    this.lastBlockMs = connectedAtMs;
    this.sinceMs = info.standing?.connectedAtMs ?? connectedAtMs;
    if (info.standing === undefined) return;
    this.unchokedAtMs = info.standing.unchokedAtMs;
    this.snubbed = info.standing.snubbed;
    if (this.snubbed) this.window.snub();
  }

  send(message: Message): void {
    if (this.outbox.length === 0) this.dirty.push(this);
    this.outbox.push(message);
  }

  /** May we ask for blocks at all? */
  get mayRequest(): boolean {
    return this.amInterested && (!this.peerChoking || this.allowedIn.size > 0);
  }
}
