import type { Cut, Detail } from '../wire.js';
import { Bar, el } from './dom.js';
import { bytes, count, DASH, duration, percent, rate } from './format.js';

type Cell = string | Node;

/** Tables of the detail pane. They are short, so they are made anew when they change. */
function table(className: string, head: readonly string[], rows: readonly (readonly Cell[])[]): HTMLElement {
  const titles = head.map(title => el('th', { scope: 'col' }, title));
  const body = rows.map(cells => el('tr', {}, ...cells.map(cell => el('td', {}, cell))));
  return el(
    'table',
    { class: className },
    el('thead', {}, el('tr', {}, ...titles)),
    el('tbody', {}, ...body),
  );
}

function withRest<T>({ total, first }: Cut<T>, shown: HTMLElement): Node[] {
  const rest = total - first.length;
  return rest > 0 ? [shown, el('p', { class: 'rest' }, `and ${count(rest)} more`)] : [shown];
}

function none(text: string): Node[] {
  return [el('p', { class: 'none' }, text)];
}

function long(text: string, className = 'long'): HTMLElement {
  return el('span', { class: className, title: text }, text);
}

export function peersTable(peers: Detail['peers']): Node[] {
  if (peers.total === 0) return none('No peer is connected.');
  const rows = peers.first.map(({ address, client, progress, down, up, flags }) => [
    el('span', { class: 'two' }, long(address), long([client, flags].filter(Boolean).join(' · '), 'sub')),
    progress >= 1 ? 'seed' : percent(progress),
    rate(down),
    rate(up),
  ]);
  return withRest(peers, table('peers', ['Peer', 'Has', 'Down', 'Up'], rows));
}

export function trackersTable(trackers: Detail['trackers'], nowS: number): Node[] {
  if (trackers.total === 0) return none('It has no trackers.');
  const rows = trackers.first.map(({ url, state, seeders, leechers, error, nextAt }) => {
    const next = nextAt === undefined || nextAt <= nowS ? '' : `next in ${duration(nextAt - nowS)}`;
    const note = error === undefined ? [state, next].filter(Boolean).join(' · ') : error;
    const sub = long(note, error === undefined ? 'sub' : 'sub failed');
    return [el('span', { class: 'two' }, long(url), sub), known(seeders), known(leechers)];
  });
  return withRest(trackers, table('trackers', ['Tracker', 'Seeds', 'Peers'], rows));
}

export function filesTable(files: Detail['files']): Node[] {
  if (files.total === 0) return none('Its files are not known yet.');
  const rows = files.first.map(({ path, length, done, priority }) => {
    const share = length === 0 ? 1 : done / length;
    const sub = [bytes(length), priority].filter(Boolean).join(' · ');
    const state = el('span', { class: 'done' }, new Bar().set(share).element, percent(share));
    return [el('span', { class: 'two' }, long(path), long(sub, 'sub')), state];
  });
  return withRest(files, table('files', ['File', 'Done'], rows));
}

function known(value: number | undefined): string {
  return value === undefined ? DASH : count(value);
}

/** Colours of the bar, by place. */
const MAX_SHADES = 8;

/** What limits it, as one bar and its legend. */
export function limits(limitedBy: Detail['limitedBy']): Node[] {
  const shares = limitedBy.filter(({ share }) => share >= 0.005).sort((a, b) => b.share - a.share);
  if (shares.length === 0) return none('Nothing has been transferred yet.');
  const bar = el('div', { class: 'stack', 'aria-hidden': 'true' });
  const legend = el('ul', { class: 'legend' });
  shares.forEach(({ name, share }, i) => {
    const shade = `shade-${Math.min(i, MAX_SHADES - 1)}`;
    const part = bar.appendChild(el('span', { class: `part-of-stack ${shade}` }));
    part.style.flexGrow = String(share);
    const text = `${name} ${Math.round(share * 100)}%`;
    legend.append(el('li', {}, el('span', { class: `dot ${shade}` }), text));
  });
  return [bar, legend];
}
