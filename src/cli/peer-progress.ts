import type { Torrent, TorrentState } from '../index.js';
import type { Output } from './output.js';
import { openProgress, type Progress, type ProgressView } from './progress.js';

const TICK_MS = 1000;
const TERMINAL_TICK_MS = 200;
/** `millrace swarm` draws its table from these, and measures rates over such windows. */
const SUPERVISED_TICK_MS = 250;

const LABELS: Readonly<Record<TorrentState, string>> = {
  checking: 'Checking',
  downloading: 'Downloading',
  seeding: 'Seeding',
  paused: 'Paused',
  error: 'Failed',
  closed: 'Closed',
};

/** Shows a torrent's progress again and again while started. */
export class PeerProgress {
  readonly #intervalMs: number;
  #view: ProgressView | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly output: Output,
    private readonly torrent: Torrent,
    supervised: boolean,
  ) {
    this.#intervalMs = supervised ? SUPERVISED_TICK_MS : output.terminal ? TERMINAL_TICK_MS : TICK_MS;
  }

  start(): void {
    if (this.#view) return;
    this.#view = openProgress(this.output, this.#intervalMs);
    this.#timer = setInterval(() => this.#show(), this.#intervalMs);
    this.#show();
  }

  stop(): void {
    if (!this.#view) return;
    clearInterval(this.#timer);
    this.#show();
    this.#view.stop();
    this.#view = undefined;
  }

  #show(): void {
    this.#view?.update(toProgress(this.torrent));
  }
}

function toProgress(torrent: Torrent): Progress {
  const { state, done, wanted, downRate, upRate, peers, downloaded, uploaded } = torrent.stats();
  return {
    label: LABELS[state],
    done,
    total: wanted,
    down: Math.round(downRate),
    up: Math.round(upRate),
    peers: peers.length,
    downloaded,
    uploaded,
  };
}
