// A process with one millrace session: a seed or a downloader of the transfers.
import { createSession } from 'millrace';
import { serve } from './child.mjs';

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
   * @returns seconds from the handshake, just before the first byte, to the last verified piece
   */
  async download(address) {
    const connected = new Promise(resolve => torrent.on('peer', () => resolve(performance.now())));
    const dialledMs = performance.now();
    torrent.addPeer(address);
    const startMs = await connected;
    await torrent.completed();
    const endMs = performance.now();
    return { seconds: (endMs - startMs) / 1000, sinceDialSeconds: (endMs - dialledMs) / 1000 };
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
