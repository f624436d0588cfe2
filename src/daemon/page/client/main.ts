import type { Row } from '../wire.js';
import { DetailView } from './detail-view.js';
import { el } from './dom.js';
import { FilterBar } from './filter-bar.js';
import { ListView } from './list-view.js';
import { COLUMNS } from './row-view.js';
import { type Query, type SortKey, select, tally } from './select.js';
import { Stream } from './stream.js';
import { Summary } from './summary.js';
import { Torrents } from './torrents.js';

/** A page that nobody sees lets go of the server after so long; 16 streams are all it has. */
const HIDDEN_MS = 30_000;

const torrents = new Torrents();
let query: Query = { text: '', group: 'all', label: '', key: 'name', descending: false };
let opened: { readonly id: number; readonly stream: Stream } | undefined;
let isListing = true;
let isDue = false;

const summary = new Summary();
const filters = new FilterBar(change, sort);
const list = new ListView({ open, sort });
const detail = new DetailView(close);
document.body.replaceChildren(summary.element, filters.element, el('main', {}, list.element, detail.element));

/** At most once a frame, and not while hidden. */
function redraw(): void {
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => {
    isDue = false;
    const all = torrents.all;
    filters.show(query, tally(all));
    list.showSort(query.key, query.descending);
    list.show(select(all, query), emptyText(all));
    showOpened();
  });
}

function emptyText(all: readonly Row[]): string {
  if (all.length > 0) return 'No torrent is like that.';
  return isListing ? 'Loading…' : 'There are no torrents yet.';
}

function change(part: Partial<Query>): void {
  query = { ...query, ...part };
  list.toTop();
  redraw();
}

/** Again by the same column: the other way round. */
function sort(key: SortKey): void {
  const first = COLUMNS.find(([name]) => name === key)![2];
  change({ key, descending: key === query.key ? !query.descending : first });
}

function open(row: Row): void {
  if (opened?.id === row.id) return;
  opened?.stream.close();
  opened = { id: row.id, stream: watch(row.hash) };
  list.select(row.id);
  document.body.classList.add('split');
  detail.open(row);
  detail.focus();
}

function close(): void {
  opened?.stream.close();
  opened = undefined;
  document.body.classList.remove('split');
  detail.close();
  list.select(undefined);
  list.focus();
}

function showOpened(): void {
  if (opened === undefined) return;
  const row = torrents.get(opened.id);
  if (row === undefined) close();
  else detail.showRow(row);
}

function watch(hash: string): Stream {
  return new Stream(`page/events?list=0&torrent=${hash}`, {
    session: () => {},
    detail: part => part && detail.showDetail(part),
  });
}

function follow(): Stream {
  const handlers = {
    begin: () => {
      isListing = true;
      torrents.begin();
    },
    change: torrents.apply.bind(torrents),
    ready: () => {
      isListing = false;
      torrents.ready();
    },
    session: summary.show.bind(summary),
  };
  const drawn = Object.entries(handlers).map(([name, handle]) => [
    name,
    (data: never) => {
      handle(data);
      redraw();
    },
  ]);
  return new Stream('page/events', Object.fromEntries(drawn), state => {
    summary.showState(state);
    document.body.classList.toggle('stale', state === 'lost');
  });
}

document.addEventListener('keydown', event => {
  if (event.key === 'Escape' && opened !== undefined) close();
  else if (event.key === '/' && !(event.target instanceof HTMLInputElement)) {
    event.preventDefault();
    filters.focus();
  }
});

let stream: Stream | undefined = follow();
let hiddenTimer = 0;

document.addEventListener('visibilitychange', () => {
  clearTimeout(hiddenTimer);
  if (document.hidden) hiddenTimer = window.setTimeout(rest, HIDDEN_MS);
  else if (stream === undefined) {
    stream = follow();
    const row = opened && torrents.get(opened.id);
    if (row) opened = { id: row.id, stream: watch(row.hash) };
  }
});

function rest(): void {
  stream?.close();
  stream = undefined;
  opened?.stream.close();
}
