import type { PageDetail, PageSession, PageTorrent } from './source.js';

/** A torrent as it travels, rounded to what is shown. */
export type Row = PageTorrent;

/** What changed of a row; null where something is no longer there. */
export type Patch = { readonly id: number } & {
  readonly [K in Exclude<keyof Row, 'id'>]?: Row[K] | null;
};

export interface Change {
  readonly rows?: readonly Row[];
  /** A client that does not have the row yet ignores them: the whole row follows. */
  readonly patches?: readonly Patch[];
  readonly gone?: readonly number[];
}

/** Pieces in groups of (nearly) the same number, each of them two bytes in base64. */
export interface PieceMap {
  readonly count: number;
  readonly haveCount: number;
  /** 0: none of the group is here, 255: all of it. */
  readonly have: string;
  /** Of the rarest piece of the group that is missing here. */
  readonly copies: string;
}

/** The first of a list, and how many there are. */
export interface Cut<T> {
  readonly total: number;
  readonly first: readonly T[];
}

export interface Detail {
  readonly hash: string;
  readonly dir: string;
  readonly pieces: PieceMap;
  readonly peers: Cut<PageDetail['peers'][number]>;
  readonly trackers: Cut<PageDetail['trackers'][number]>;
  readonly files: Cut<PageDetail['files'][number]>;
  readonly limitedBy: PageDetail['limitedBy'];
}

/** Events of `/page/events`. The list comes between `begin` and `ready`; what is not in it is gone. */
export interface PageEvents {
  readonly begin: Record<string, never>;
  readonly change: Change;
  readonly ready: Record<string, never>;
  readonly session: PageSession;
  /** The parts that changed; null when there is no such torrent. */
  readonly detail: ({ readonly hash: string } & Partial<Detail>) | null;
}

/** An event of a `text/event-stream` (HTML, section 9.2): JSON has no line ends of its own. */
export function encodeEvent<K extends keyof PageEvents>(name: K, data: PageEvents[K]): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
