import type { Row } from '../wire.js';
import { el, setAttribute } from './dom.js';
import { listWindow, scrollTo } from './list-window.js';
import { COLUMNS, RowView } from './row-view.js';
import type { SortKey } from './select.js';

export interface ListActions {
  readonly open: (row: Row) => void;
  readonly sort: (key: SortKey) => void;
}

/** The table: only rows in sight, and the one that has the focus, are in the document. */
export class ListView {
  readonly element = el('div', { class: 'list', role: 'grid', 'aria-label': 'Torrents' });
  readonly #head = el('div', { class: 'row head', role: 'row', 'aria-rowindex': '1' });
  readonly #scroller = el('div', { class: 'scroller', role: 'rowgroup' });
  readonly #space = el('div', { class: 'space', role: 'presentation' });
  readonly #empty = el('p', { class: 'empty' });
  readonly #views = new Map<number, RowView>();
  readonly #spare: RowView[] = [];
  #rows: readonly Row[] = [];
  #rowHeight = 44;
  #active: number | undefined;
  #selected: number | undefined;

  constructor(readonly actions: ListActions) {
    for (const [key, title] of COLUMNS) {
      const button = el('button', { type: 'button' }, title);
      button.onclick = () => actions.sort(key);
      this.#head.append(el('div', { role: 'columnheader', class: `cell ${key}` }, button));
    }
    this.#scroller.append(this.#space, this.#empty);
    this.element.append(el('div', { role: 'rowgroup', class: 'heading' }, this.#head), this.#scroller);
    this.#scroller.onscroll = () => this.#render();
    this.#scroller.onclick = event => this.#clicked(event);
    this.#scroller.onkeydown = event => this.#pressed(event);
    new ResizeObserver(() => this.#resized()).observe(this.#scroller);
  }

  show(rows: readonly Row[], emptyText: string): void {
    this.#rows = rows;
    setAttribute(this.element, 'aria-rowcount', String(rows.length + 1));
    this.#empty.hidden = rows.length > 0;
    this.#empty.textContent = emptyText;
    this.#space.style.height = `${rows.length * this.#rowHeight}px`;
    this.#render();
  }

  showSort(key: SortKey, descending: boolean): void {
    [...this.#head.children].forEach((cell, i) => {
      const order = descending ? 'descending' : 'ascending';
      setAttribute(cell, 'aria-sort', COLUMNS[i][0] === key ? order : undefined);
    });
  }

  select(id: number | undefined): void {
    this.#selected = id;
    if (id !== undefined) this.#active = id;
    this.#render();
  }

  /** To the row that had it last. */
  focus(): void {
    const view = this.#active === undefined ? undefined : this.#views.get(this.#active);
    view?.element.focus({ preventScroll: true });
  }

  toTop(): void {
    this.#scroller.scrollTop = 0;
  }

  #resized(): void {
    const height = Number.parseFloat(getComputedStyle(this.element).getPropertyValue('--row-height'));
    if (height > 0) this.#rowHeight = height;
    this.#space.style.height = `${this.#rows.length * this.#rowHeight}px`;
    this.#render();
  }

  #render(): void {
    const { scrollTop, clientHeight } = this.#scroller;
    const { from, to } = listWindow(scrollTop, clientHeight, this.#rowHeight, this.#rows.length);
    const indexes = Array.from({ length: to - from }, (_, i) => from + i);
    const active = this.#activeIndex();
    if (active >= 0 && (active < from || active >= to)) indexes.push(active);
    const wanted = new Set(indexes.map(index => this.#rows[index].id));
    for (const [id, view] of this.#views) {
      if (wanted.has(id)) continue;
      this.#views.delete(id);
      view.element.remove();
      this.#spare.push(view);
    }
    // the keyboard reaches the list by its active row, or else by the first one
    const reachable = active >= 0 ? this.#active : this.#rows[from]?.id;
    for (const index of indexes) {
      const row = this.#rows[index];
      const view = this.#views.get(row.id) ?? this.#take(row.id);
      view.show(row);
      view.place(index, index * this.#rowHeight);
      view.mark(row.id === this.#selected, row.id === reachable);
    }
  }

  #take(id: number): RowView {
    const view = this.#spare.pop() ?? new RowView();
    this.#views.set(id, view);
    this.#space.append(view.element);
    return view;
  }

  #activeIndex(): number {
    return this.#active === undefined ? -1 : this.#rows.findIndex(({ id }) => id === this.#active);
  }

  #clicked(event: MouseEvent): void {
    const element = (event.target as Element).closest<HTMLElement>('.row');
    const row = element && this.#views.get(Number(element.dataset.id))?.row;
    if (!row) return;
    this.#active = row.id;
    this.actions.open(row);
  }

  #pressed(event: KeyboardEvent): void {
    const row = this.#views.get(Number((event.target as HTMLElement).dataset.id))?.row;
    if (row === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    const index = this.#rows.findIndex(({ id }) => id === row.id);
    const page = Math.max(1, Math.floor(this.#scroller.clientHeight / this.#rowHeight) - 1);
    const steps: Record<string, number> = {
      ArrowUp: index - 1,
      ArrowDown: index + 1,
      PageUp: index - page,
      PageDown: index + page,
      Home: 0,
      End: this.#rows.length - 1,
    };
    if (event.key === 'Enter' || event.key === ' ') this.actions.open(row);
    else if (event.key in steps) this.#moveTo(steps[event.key]);
    else return;
    event.preventDefault();
  }

  #moveTo(index: number): void {
    const to = Math.min(this.#rows.length - 1, Math.max(0, index));
    this.#active = this.#rows[to].id;
    const { scrollTop, clientHeight } = this.#scroller;
    this.#scroller.scrollTop = scrollTo(to, scrollTop, clientHeight, this.#rowHeight);
    this.#render();
    this.focus();
  }
}
