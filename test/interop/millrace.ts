import { writeFile } from 'node:fs/promises';
import {
  type AddOptions,
  createSession,
  createTorrent,
  type PeerAddress,
  type Session,
  type Torrent,
} from '../../dist/index.js';
import type { Stage } from '../lib/stage.js';

/** Ends of connections that are nobody's fault; everything else is a complaint. */
const IN_ORDER = new Set([
  'ERR_PEER_CLOSED',
  'ERR_PEER_REDUNDANT',
  'ERR_PEER_DUPLICATE',
  'ERR_CLOSED',
  'ERR_NET_RESET',
  'ERR_NET_REFUSED',
]);

export interface MillracePeer {
  readonly session: Session;
  readonly torrent: Torrent;
  readonly address: PeerAddress;
  /** What we held against others or their data. */
  readonly complaints: string[];
}

/** A session on loopback with one torrent, checked and online. It ends with the stage. */
export async function startMillrace(
  stage: Stage,
  {
    torrent: source,
    host = '127.0.0.1',
    ...options
  }: AddOptions & { readonly torrent: string; readonly dir: string; readonly host?: string },
): Promise<MillracePeer> {
  const complaints: string[] = [];
  const note = (facts: object, message: string) =>
    void complaints.push(`${message} ${JSON.stringify(facts)}`);
  const session = await createSession({
    listen: { host, port: 0 },
    workers: 1,
    log: { debug() {}, info() {}, warn: note, error: note },
  });
  stage.defer(() => session.close());
  const torrent = await session.add(source, options);
  torrent.on('peer-closed', ({ code }) => void (IN_ORDER.has(code) || complaints.push(`closed: ${code}`)));
  torrent.on('peer-banned', ({ reason }) => void complaints.push(`banned: ${reason}`));
  torrent.on('piece-failed', ({ piece }) => void complaints.push(`piece ${piece} failed`));
  await torrent.checked();
  return { session, torrent, address: session.address!, complaints };
}

/** A .torrent of `path`, made by millrace, at `out`. */
export async function writeTorrent(
  path: string,
  out: string,
  options: Parameters<typeof createTorrent>[1],
): Promise<void> {
  const { bytes } = await createTorrent(path, { workers: 1, ...options });
  await writeFile(out, bytes);
}
