import {
  type AddOptions,
  createSession,
  formatAddress,
  isMillraceError,
  parseMagnet,
  type Session,
  type Torrent,
} from '../index.js';
import type { Context } from './context.js';
import type { Interrupt } from './exit.js';
import { formatBytes, safeText } from './format.js';
import { roundLimitedBy } from './limited-by.js';
import { openLog } from './log.js';
import { isMagnet } from './magnet.js';
import { tellSearch } from './magnet-search.js';
import type { Output } from './output.js';
import { type PeerOptions, toAddOptions, toSessionOptions } from './peer-options.js';
import { PeerProgress } from './peer-progress.js';
import { supervise } from './supervision.js';

/** A session with one torrent, as `seed` and `download` run it. */
export interface Peer {
  readonly session: Session;
  readonly torrent: Torrent;
  readonly progress: PeerProgress;
  /** `performance.now()` when the torrent was added, or told to begin. */
  readonly startedMs: number;
  /** Waits for `step`, and fails with the torrent's error. Resolves with false when an interrupt comes first. */
  until(step: Promise<unknown>): Promise<boolean>;
}

/** Runs a torrent until `work` resolves with the exit code, then ends everything. */
export async function runPeer(
  context: Context,
  source: string,
  options: PeerOptions,
  addOptions: AddOptions,
  work: (peer: Peer) => Promise<number>,
): Promise<number> {
  const { io, output, interrupt } = context;
  const supervision = options.supervised ? supervise(io.stdin, interrupt) : undefined;
  let session: Session | undefined;
  let progress: PeerProgress | undefined;
  try {
    const magnet = isMagnet(source);
    if (magnet) parseMagnet(source); // one that cannot be followed is refused before anything starts
    const log = openLog(options.logLevel, output.json, io.stderr);
    session = await createSession({ ...toSessionOptions(options, context), log });
    let startedMs = performance.now();
    if (magnet) tellAddress(output, session);
    const searching = magnet ? tellSearch(output, session) : undefined;
    const torrent = await session
      .add(source, { ...toAddOptions(options), ...addOptions, signal: interrupt.signal })
      .catch(error => {
        if (isMillraceError(error, 'ERR_ABORTED') && interrupt.signal.aborted) return undefined;
        throw error;
      })
      .finally(searching);
    if (torrent === undefined) {
      output.event('end', { downloaded: 0, uploaded: 0, limitedBy: null });
      tellInterrupted(context);
      return interrupt.exitCode;
    }
    if (magnet) tellFound(output, torrent);
    const until = watch(torrent, interrupt);
    if (supervision) await until(torrent.checked());

    if (!magnet) tellAddress(output, session);
    if (supervision) {
      await until(supervision.go);
      startedMs = performance.now();
      torrent.resume();
    }
    progress = new PeerProgress(output, torrent, options.supervised === true);
    progress.start();
    return await work({ session, torrent, progress, startedMs, until });
  } finally {
    progress?.stop();
    await session?.close();
    supervision?.release();
  }
}

function tellAddress(output: Output, { address, addresses }: Session): void {
  if (address === undefined) return;
  output.event('listening', { ...address, addresses });
  output.line(`Listening on ${addresses.map(formatAddress).join(' and ')}`);
}

function tellFound(output: Output, torrent: Torrent): void {
  const { name, length } = torrent.stats();
  output.line(`Found ${safeText(name)}, ${formatBytes(length)}.`);
}

export function tellInterrupted({ io, output }: Context): void {
  if (!output.json) io.stderr.write('Interrupted. The same command goes on from here.\n');
}

/** The last event of a peer that stays until it is told to end. */
export function endEvent(torrent: Torrent): object {
  const { downloaded, uploaded, limitedBy } = torrent.stats();
  return { downloaded, uploaded, limitedBy: roundLimitedBy(limitedBy) };
}

function watch(torrent: Torrent, interrupt: Interrupt): Peer['until'] {
  const failed = new Promise<never>((_, reject) => torrent.on('error', ({ error }) => reject(error)));
  failed.catch(() => {});
  const interrupted = interrupt.raised().then(() => false);
  return step => {
    step.catch(() => {});
    return Promise.race([failed, interrupted, step.then(() => true)]);
  };
}
