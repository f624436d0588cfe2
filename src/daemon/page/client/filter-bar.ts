import { el, setAttribute, setText } from './dom.js';
import { count } from './format.js';
import { COLUMNS } from './row-view.js';
import { GROUPS, type Group, type Query, type SortKey, type Tally } from './select.js';

const GROUP_TEXT: Readonly<Record<Group, string>> = {
  all: 'All',
  active: 'Active',
  downloading: 'Downloading',
  seeding: 'Seeding',
  checking: 'Checking',
  stopped: 'Stopped',
  error: 'Errors',
};

/** What of the list is shown, and in which order. */
export class FilterBar {
  readonly element = el('div', { class: 'filters', role: 'search' });
  readonly #text = el('input', { type: 'search', placeholder: 'Find by name', 'aria-label': 'Find by name' });
  readonly #labels = el('select', { 'aria-label': 'Label' });
  readonly #sort = el('select', { class: 'sort', 'aria-label': 'Sort by' });
  readonly #groups = new Map<Group, { button: HTMLElement; count: HTMLElement }>();
  #labelsShown = '';

  constructor(onChange: (change: Partial<Query>) => void, onSort: (key: SortKey) => void) {
    const groups = el('div', { class: 'groups', role: 'group', 'aria-label': 'Status' });
    for (const group of GROUPS) {
      const number = el('span', { class: 'count' });
      const button = el('button', { type: 'button' }, GROUP_TEXT[group], number);
      button.onclick = () => onChange({ group });
      this.#groups.set(group, { button, count: number });
      groups.append(button);
    }
    this.#text.oninput = () => onChange({ text: this.#text.value });
    this.#labels.onchange = () => onChange({ label: this.#labels.value });
    this.#sort.append(
      ...COLUMNS.map(([key, title]) => el('option', { value: key }, `by ${title.toLowerCase()}`)),
    );
    this.#sort.onchange = () => onSort(this.#sort.value as SortKey);
    this.element.append(this.#text, groups, this.#labels, this.#sort);
  }

  show(query: Query, { groups, labels }: Tally): void {
    for (const [group, { button, count: number }] of this.#groups) {
      setAttribute(button, 'aria-pressed', String(group === query.group));
      setText(number, count(groups[group]));
      button.classList.toggle('empty', groups[group] === 0);
    }
    this.#sort.value = query.key;
    this.#showLabels(labels);
    this.#labels.value = query.label;
  }

  focus(): void {
    this.#text.focus();
    this.#text.select();
  }

  #showLabels(labels: readonly string[]): void {
    const key = JSON.stringify(labels);
    if (key === this.#labelsShown) return;
    this.#labelsShown = key;
    const options = labels.map(label => el('option', { value: label }, label));
    this.#labels.replaceChildren(el('option', { value: '' }, 'Any label'), ...options);
    this.#labels.hidden = labels.length === 0;
  }
}
