import type { PeerAddress } from '../../../dist/index.js';
import type { Stage } from '../../lib/stage.js';

export interface StartOptions {
  /** Path of the .torrent, or a magnet link where it downloads. */
  readonly torrent: string;
  /** Folder that holds, or will hold, the torrent's file or folder. */
  readonly dir: string;
  readonly role: 'seed' | 'leech';
  /** Peers to dial, for clients that can be told. */
  readonly dial?: readonly PeerAddress[];
  /** Where it listens, for clients that can be told. Defaults to 127.0.0.1. */
  readonly host?: '127.0.0.1' | '::1';
}

/** Another client at work on one torrent. */
export interface OtherPeer {
  /** Where it listens. */
  readonly address: PeerAddress;
  /** Resolves when it has, and has verified, everything. */
  completed(timeoutMs?: number): Promise<void>;
  /** What it held against us or our data. */
  complaints(): string[];
  /** Its last words, for messages of failures. */
  tail(): string;
}

/** A kind of client. */
export interface Client {
  readonly name: string;
  /** Empty files are left out of what it downloads. */
  readonly skipsEmptyFiles?: boolean;
  /** Why it cannot run here, or undefined. */
  missing(): string | undefined;
  /** Resolves when it listens, and as a seed has what it serves. */
  start(stage: Stage, options: StartOptions): Promise<OtherPeer>;
}
