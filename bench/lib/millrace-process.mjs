// A process with one millrace session: a seed or a downloader of the transfers.
import { setTimeout } from 'node:timers/promises';
import { createSession } from 'millrace';
import { serve } from './child.mjs';

/** Blocks that come meanwhile are a thousandth of a transfer; libtorrent is asked as often. */
const FIRST_BYTE_POLL_MS = 1;

let session;
let torrent;

async function open({ torrent: source, dir, host, sessionOptions = {}, addOptions = {} }) {
  const listen = host === undefined ? false : { host };
  session ??= await createSession({ listen, ...sessionOptions });
  torrent = await session.add(source, { dir, ...addOptions });
  await torrent.checked();
}

serve({
  /** Serves files that are there; resolves with where. */
  async seed(args) {
    await open({ ...args, addOptions: { check: 'seed', ...args.addOptions } });
    return session.address;
  },

  /** Everything but the dial, so that the start of a process is in no figure. */
  prepare: open,

  /**
   * Downloads it all from one peer.
   * @returns seconds from the first byte of a block to the last verified piece
   */
  async download(address) {
    const completed = torrent.completed();
    torrent.addPeer(address);
    while (torrent.stats().downloaded === 0) await setTimeout(FIRST_BYTE_POLL_MS);
    const startMs = performance.now();
    await completed;
    return { seconds: (performance.now() - startMs) / 1000 };
  },

  /** The next `prepare` begins anew in the same session. */
  drop: () => torrent.close(),

  /** @returns seconds from nothing, in a process that is up, to the first verified piece */
  async firstPiece(args) {
    const startMs = performance.now();
    session = await createSession({ dir: args.dir, listen: { host: args.host } });
    torrent = await session.add(args.torrent);
    await new Promise(resolve => torrent.on('piece', resolve));
    return { seconds: (performance.now() - startMs) / 1000 };
  },

  /** Verified bytes. */
  done: () => torrent.stats().done,

  async close() {
    await session?.close();
  },
});
