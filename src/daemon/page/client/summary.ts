import type { PageSession } from '../source.js';
import { el, setText } from './dom.js';
import { bytes, count, duration, rate } from './format.js';
import type { StreamState } from './stream.js';

const FIGURES = ['Down', 'Up', 'Torrents', 'Peers', 'Free', 'Running'] as const;
const STATE_TEXT: Readonly<Record<StreamState, string>> = {
  connecting: 'Connecting…',
  live: 'Live',
  lost: 'Connection lost. Trying again…',
};

/** The totals on top, and whether they are of now. */
export class Summary {
  readonly element = el('header', { class: 'summary' });
  readonly #figures = new Map<string, { value: HTMLElement; note: HTMLElement }>();
  readonly #state = el('p', { class: 'stream', role: 'status' });
  readonly #notice = el('p', { class: 'notice', role: 'status' });

  constructor() {
    const figures = el('dl', { class: 'figures' });
    for (const name of FIGURES) {
      const value = el('span', { class: 'value' });
      const note = el('span', { class: 'of' });
      this.#figures.set(name, { value, note });
      figures.append(el('div', { class: name.toLowerCase() }, el('dt', {}, name), el('dd', {}, value, note)));
    }
    this.element.append(el('h1', {}, 'millrace'), figures, this.#state, this.#notice);
    this.#notice.hidden = true;
  }

  showState(state: StreamState): void {
    this.#state.dataset.state = state;
    setText(this.#state, STATE_TEXT[state]);
  }

  show(session: PageSession): void {
    const { down, up, torrents, active, peers, freeBytes, uptimeSeconds, limits, suspended, altSpeed } =
      session;
    this.#set('Down', rate(down) || '0 B/s', limitText(limits.down));
    this.#set('Up', rate(up) || '0 B/s', limitText(limits.up));
    this.#set('Torrents', count(torrents), `${count(active)} active`);
    this.#set('Peers', count(peers));
    this.#set('Free', freeBytes === undefined ? '–' : bytes(freeBytes));
    this.#set('Running', duration(uptimeSeconds), session.version);
    const notices = [
      suspended === undefined ? '' : `Nothing is transferred: ${suspended}.`,
      altSpeed ? 'The alternative speed limits are on.' : '',
    ].filter(Boolean);
    setText(this.#notice, notices.join(' '));
    this.#notice.hidden = notices.length === 0;
    this.#notice.dataset.kind = suspended === undefined ? 'info' : 'warning';
    document.title = down + up < 1 ? 'millrace' : `↓ ${rate(down) || 0} ↑ ${rate(up) || 0} · millrace`;
  }

  #set(name: (typeof FIGURES)[number], value: string, note = ''): void {
    const figure = this.#figures.get(name)!;
    setText(figure.value, value);
    setText(figure.note, note);
  }
}

/** None is 0, or Infinity, which arrives as null. */
function limitText(limit: number | null): string {
  return limit ? `of ${rate(limit)}` : '';
}
