import type { Row } from '../wire.js';
import { Bar, el, setAttribute, setText } from './dom.js';
import { bytes, copies, count, DASH, duration, percent, rate, ratio } from './format.js';
import type { SortKey } from './select.js';
import { statusText } from './status-text.js';

/** Field, title, and whether the largest come first when it is sorted by. */
export const COLUMNS: readonly (readonly [SortKey, string, boolean])[] = [
  ['name', 'Name', false],
  ['status', 'Status', false],
  ['progress', 'Done', true],
  ['size', 'Size', true],
  ['down', 'Down', true],
  ['up', 'Up', true],
  ['peers', 'Peers', true],
  ['ratio', 'Ratio', true],
  ['etaSeconds', 'Left', false],
  ['copies', 'Copies', false],
  ['limit', 'Limited by', false],
  ['addedAt', 'Added', true],
];

const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: '2-digit' });

export function added(row: Row): string {
  return row.addedAt > 0 ? day.format(row.addedAt * 1000) : DASH;
}

/** One torrent of the list. The element is used again for others. */
export class RowView {
  readonly element = el('div', { role: 'row', class: 'row', tabindex: '-1' });
  readonly #title = el('span', { class: 'title' });
  readonly #note = el('span', { class: 'note' });
  readonly #status = el('span', { class: 'state' });
  readonly #bar = new Bar();
  readonly #percent = el('span');
  readonly #cells = new Map<SortKey, HTMLElement>();
  #row: Row | undefined;
  #top = -1;

  constructor() {
    for (const [key] of COLUMNS) {
      const cell = this.element.appendChild(el('div', { role: 'gridcell', class: `cell ${key}` }));
      this.#cells.set(key, cell);
    }
    this.#cells.get('name')!.append(this.#title, this.#note);
    this.#cells.get('status')!.append(this.#status);
    this.#cells.get('progress')!.append(this.#bar.element, this.#percent);
  }

  get row(): Row | undefined {
    return this.#row;
  }

  place(index: number, top: number): void {
    if (top !== this.#top) this.element.style.transform = `translateY(${top}px)`;
    this.#top = top;
    // the header is the first row
    setAttribute(this.element, 'aria-rowindex', String(index + 2));
  }

  mark(isSelected: boolean, isActive: boolean): void {
    setAttribute(this.element, 'aria-selected', String(isSelected));
    setAttribute(this.element, 'tabindex', isActive ? '0' : '-1');
  }

  show(row: Row): void {
    if (row === this.#row) return;
    this.#row = row;
    setAttribute(this.element, 'data-status', row.status);
    setAttribute(this.element, 'data-id', String(row.id));
    setText(this.#title, row.name);
    setAttribute(this.#title, 'title', row.name);
    this.#showNote(row);
    setText(this.#status, statusText(row));
    this.#bar.set(row.progress);
    setText(this.#percent, percent(row.progress));
    this.#set('size', bytes(row.size));
    this.#set('down', rate(row.down));
    this.#set('up', rate(row.up));
    this.#set('peers', row.peers === 0 ? '' : count(row.peers));
    this.#set('ratio', ratio(row.ratio));
    this.#set('etaSeconds', row.progress >= 1 ? '' : duration(row.etaSeconds));
    this.#set('copies', row.peers === 0 ? '' : copies(row.copies));
    this.#set('limit', row.limit ?? '');
    this.#set('addedAt', added(row));
  }

  /** Its error, or else its labels. */
  #showNote({ error, labels }: Row): void {
    const texts = error ? [error] : labels;
    const key = `${error ? 'error' : 'labels'} ${JSON.stringify(texts)}`;
    if (this.#note.dataset.key === key) return;
    this.#note.dataset.key = key;
    this.#note.classList.toggle('failed', Boolean(error));
    this.#note.replaceChildren(...texts.map(text => el('span', { class: error ? 'why' : 'label' }, text)));
    setAttribute(this.#note, 'title', texts.join(', '));
  }

  #set(key: SortKey, text: string): void {
    setText(this.#cells.get(key)!, text);
  }
}
