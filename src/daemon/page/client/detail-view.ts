import type { Detail, PageEvents, Row } from '../wire.js';
import { filesTable, limits, peersTable, trackersTable } from './detail-tables.js';
import { Bar, el, setAttribute, setText } from './dom.js';
import { bytes, copies, count, DASH, duration, percent, rate, ratio } from './format.js';
import { PieceCanvas } from './piece-canvas.js';
import { added } from './row-view.js';
import { statusText } from './status-text.js';

const FACTS = [
  'Size',
  'Left',
  'Down',
  'Up',
  'Peers',
  'Ratio',
  'Added',
  'Labels',
  'Folder',
  'Info-hash',
] as const;

/** All about one torrent. */
export class DetailView {
  readonly element = el('aside', { class: 'detail', 'aria-labelledby': 'detail-name' });
  readonly #name = el('h2', { id: 'detail-name', tabindex: '-1' });
  readonly #state = el('span', { class: 'state' });
  readonly #percent = el('span', { class: 'percent' });
  readonly #bar = new Bar();
  readonly #error = el('p', { class: 'failed' });
  readonly #facts = new Map<string, HTMLElement>();
  readonly #pieces = new PieceCanvas();
  readonly #piecesText = el('p', { class: 'caption' });
  readonly #health = el('p', { class: 'health' });
  readonly #parts = {
    limits: el('div', { class: 'part' }),
    trackers: el('div', { class: 'part' }),
    peers: el('div', { class: 'part' }),
    files: el('div', { class: 'part' }),
  };

  constructor(onClose: () => void) {
    const close = el(
      'button',
      { type: 'button', class: 'close', 'aria-label': 'Close', title: 'Close (Esc)' },
      '×',
    );
    close.onclick = onClose;
    const facts = el('dl', { class: 'facts' });
    for (const name of FACTS) {
      const value = el('dd');
      this.#facts.set(name, value);
      facts.append(el('div', { class: name.toLowerCase() }, el('dt', {}, name), value));
    }
    this.element.append(
      el('header', {}, this.#name, close),
      el('div', { class: 'overview' }, this.#state, this.#percent, this.#bar.element),
      this.#error,
      facts,
      section('Pieces', this.#pieces.element, key(), this.#piecesText, this.#health),
      section('Limited by', this.#parts.limits),
      section('Trackers', this.#parts.trackers),
      section('Peers', this.#parts.peers),
      section('Files', this.#parts.files),
    );
    this.element.hidden = true;
  }

  /** Empties what the last torrent left. */
  open(row: Row): void {
    for (const part of Object.values(this.#parts)) part.replaceChildren(el('p', { class: 'none' }, '…'));
    this.#pieces.show({ count: 0, haveCount: 0, have: '', copies: '' });
    setText(this.#piecesText, '');
    this.#set('Folder', '');
    this.#set('Info-hash', row.hash);
    this.element.hidden = false;
    this.element.scrollTop = 0;
    this.showRow(row);
  }

  close(): void {
    this.element.hidden = true;
  }

  focus(): void {
    this.#name.focus({ preventScroll: true });
  }

  /** What is in the list, too. */
  showRow(row: Row): void {
    setAttribute(this.element, 'data-status', row.status);
    setText(this.#name, row.name);
    setText(this.#state, statusText(row));
    setText(this.#percent, percent(row.progress));
    this.#bar.set(row.progress);
    setText(this.#error, row.error ?? '');
    this.#error.hidden = !row.error;
    this.#set('Size', bytes(row.size));
    this.#set('Left', row.progress >= 1 ? DASH : duration(row.etaSeconds));
    this.#set('Down', rate(row.down) || DASH);
    this.#set('Up', rate(row.up) || DASH);
    this.#set('Peers', count(row.peers));
    this.#set('Ratio', ratio(row.ratio));
    this.#set('Added', added(row));
    this.#set('Labels', row.labels.join(', ') || DASH);
    setText(this.#health, health(row));
    setAttribute(
      this.#health,
      'data-health',
      row.peers > 0 && row.copies < 1 && row.progress < 1 ? 'bad' : undefined,
    );
  }

  /** The parts that changed. */
  showDetail(detail: NonNullable<PageEvents['detail']>): void {
    const { dir, pieces, peers, trackers, files, limitedBy }: Partial<Detail> = detail;
    const parts = this.#parts;
    if (dir !== undefined) this.#set('Folder', dir);
    if (pieces !== undefined) {
      this.#pieces.show(pieces);
      setText(this.#piecesText, `${count(pieces.haveCount)} of ${count(pieces.count)} pieces are here`);
    }
    if (limitedBy !== undefined) parts.limits.replaceChildren(...limits(limitedBy));
    if (trackers !== undefined) parts.trackers.replaceChildren(...trackersTable(trackers, Date.now() / 1000));
    if (peers !== undefined) parts.peers.replaceChildren(...peersTable(peers));
    if (files !== undefined) parts.files.replaceChildren(...filesTable(files));
  }

  #set(name: (typeof FACTS)[number], text: string): void {
    const value = this.#facts.get(name)!;
    setText(value, text);
    setAttribute(value, 'title', text);
  }
}

function section(title: string, ...children: Node[]): HTMLElement {
  return el('section', {}, el('h3', {}, title), ...children);
}

/** What the colours of the pieces mean. */
function key(): HTMLElement {
  const entries = [
    ['have', 'here'],
    ['many', 'many have it'],
    ['some', 'two'],
    ['one', 'one'],
    ['none', 'nobody'],
  ];
  const items = entries.map(([name, text]) => el('li', {}, el('span', { class: `dot piece-${name}` }), text));
  return el('ul', { class: 'legend' }, ...items);
}

/** How the swarm is, in words. */
function health(row: Row): string {
  if (row.peers === 0) return 'No peer is in reach.';
  const text = `${copies(row.copies)} copies of the rarest piece in reach`;
  if (row.progress >= 1) return `${text}.`;
  if (row.copies < 1) return `${text}: something is not to be had from these peers at present.`;
  return row.copies < 2 ? `${text}: it hangs by one peer.` : `${text}: healthy.`;
}
