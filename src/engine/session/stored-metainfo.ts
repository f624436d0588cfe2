import { MillraceError } from '../errors.js';
import type { InfoHash, PeerAddress } from '../ids.js';
import { SHA1_BYTES } from '../kernels/types.js';
import type { Metainfo, TorrentFile } from '../protocol/metainfo-types.js';

/** Where metainfo came from, to be read again: at once, or without blocking. */
export interface MetainfoOrigin {
  readSync(): Metainfo;
  read(): Promise<Metainfo>;
}

/**
 * Metainfo of a .torrent that lies on disk. The info dictionary, by far the largest part, is held while pieces are to be
 * hashed; a complete torrent gives it back, and it is read again when somebody wants it. The info-hash proves it then,
 * so another torrent under the same path is never taken for it.
 */
export class StoredMetainfo implements Metainfo {
  readonly name: string;
  readonly infoHash: InfoHash;
  readonly pieceLength: number;
  readonly pieceCount: number;
  readonly length: number;
  readonly files: readonly TorrentFile[];
  readonly multiFile: boolean;
  readonly private: boolean;
  readonly hybrid: boolean;
  readonly announce: readonly (readonly string[])[];
  readonly urlList: readonly string[];
  readonly nodes: readonly PeerAddress[];
  readonly comment?: string;
  readonly createdBy?: string;
  readonly creationDate?: number;

  readonly #origin: MetainfoOrigin;
  readonly #piecesAt: number;
  readonly #infoLength: number;
  #info: ArrayBufferLike | undefined;
  /** What was given back, as long as somebody else still uses it. */
  #lent: WeakRef<ArrayBufferLike> | undefined;
  /** One read is enough for all who want it at a time. */
  #reading: Promise<ArrayBufferLike> | undefined;

  constructor(metainfo: Metainfo, origin: MetainfoOrigin) {
    this.name = metainfo.name;
    this.infoHash = metainfo.infoHash;
    this.pieceLength = metainfo.pieceLength;
    this.pieceCount = metainfo.pieceCount;
    this.length = metainfo.length;
    this.files = metainfo.files;
    this.multiFile = metainfo.multiFile;
    this.private = metainfo.private;
    this.hybrid = metainfo.hybrid;
    this.announce = metainfo.announce;
    this.urlList = metainfo.urlList;
    this.nodes = metainfo.nodes;
    this.comment = metainfo.comment;
    this.createdBy = metainfo.createdBy;
    this.creationDate = metainfo.creationDate;
    this.#origin = origin;
    this.#infoLength = metainfo.infoBytes.length;
    this.#info = metainfo.infoBytes.buffer;
    this.#piecesAt = metainfo.pieces.byteOffset;
  }

  /** Bytes of the info dictionary, wherever it is. */
  get infoLength(): number {
    return this.#infoLength;
  }

  /** @throws MillraceError ERR_METAINFO_LOST when it must be read again and cannot be */
  get infoBytes(): Uint8Array {
    return new Uint8Array(this.#buffer());
  }

  /** @throws MillraceError ERR_METAINFO_LOST when they must be read again and cannot be */
  get pieces(): Uint8Array {
    return this.#piecesIn(this.#buffer());
  }

  /** The piece hashes, held from now on. @throws MillraceError ERR_METAINFO_LOST */
  hashes(): Uint8Array | Promise<Uint8Array> {
    if (this.#info !== undefined) return this.#piecesIn(this.#info);
    return this.#proven().then(buffer => {
      this.#info ??= buffer;
      return this.#piecesIn(this.#info);
    });
  }

  /** The info dictionary, read again when it must be; whoever wants it holds it. @throws MillraceError ERR_METAINFO_LOST */
  async readInfo(): Promise<Uint8Array> {
    const known = this.#info ?? this.#lent?.deref();
    if (known !== undefined) return new Uint8Array(known);
    const buffer = await this.#proven();
    this.#lent = new WeakRef(buffer);
    return new Uint8Array(buffer);
  }

  /** Nobody is going to hash pieces for now. */
  release(): void {
    this.#info = undefined;
  }

  #buffer(): ArrayBufferLike {
    const known = this.#info ?? this.#lent?.deref();
    if (known !== undefined) return known;
    const buffer = this.#prove(() => this.#origin.readSync());
    this.#lent = new WeakRef(buffer);
    return buffer;
  }

  #proven(): Promise<ArrayBufferLike> {
    this.#reading ??= this.#readAgain().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #readAgain(): Promise<ArrayBufferLike> {
    const metainfo = await this.#origin
      .read()
      .catch(error => Promise.reject(this.#lost('cannot be read', error)));
    return this.#prove(() => metainfo);
  }

  #prove(read: () => Metainfo): ArrayBufferLike {
    let metainfo: Metainfo;
    try {
      metainfo = read();
    } catch (error) {
      throw this.#lost('cannot be read', error);
    }
    if (metainfo.infoHash !== this.infoHash) throw this.#lost(`has info-hash ${metainfo.infoHash}`);
    return metainfo.infoBytes.buffer;
  }

  #piecesIn(buffer: ArrayBufferLike): Uint8Array {
    return new Uint8Array(buffer, this.#piecesAt, SHA1_BYTES * this.pieceCount);
  }

  #lost(fact: string, cause?: unknown): MillraceError {
    const { name, infoHash } = this;
    const message = `the .torrent that ${name} was added from ${fact}`;
    return new MillraceError('ERR_METAINFO_LOST', message, { infoHash }, cause);
  }
}
