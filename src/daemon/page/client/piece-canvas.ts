import type { PieceMap } from '../wire.js';
import { el } from './dom.js';
import { count, percent } from './format.js';
import { pieceGrid } from './piece-grid.js';

/** What is here, what others have, and what nobody has: one square for each piece, or for some of them. */
export class PieceCanvas {
  readonly element = el('canvas', { class: 'pieces', role: 'img' });
  #map: PieceMap | undefined;

  constructor() {
    new ResizeObserver(() => this.#draw()).observe(this.element);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#draw());
  }

  show(map: PieceMap): void {
    this.#map = map;
    const share = map.count === 0 ? 0 : map.haveCount / map.count;
    const text = `${count(map.haveCount)} of ${count(map.count)} pieces are here, ${percent(share)}`;
    this.element.setAttribute('aria-label', text);
    this.#draw();
  }

  #draw(): void {
    const { element } = this;
    const width = element.clientWidth;
    if (this.#map === undefined || width === 0) return;
    const have = decode(this.#map.have);
    const copies = decode(this.#map.copies);
    const { columns, side, gap, height } = pieceGrid(have.length, width);
    const scale = devicePixelRatio;
    element.width = Math.round(width * scale);
    element.height = Math.round(height * scale);
    element.style.height = `${height}px`;
    const context = element.getContext('2d')!;
    context.scale(scale, scale);
    const paint = palette(element);
    for (let i = 0; i < have.length; i++) {
      // the last column ends where the canvas does
      const x = Math.round(((i % columns) * (width + gap)) / columns);
      const y = Math.floor(i / columns) * side;
      const across = Math.round((((i % columns) + 1) * (width + gap)) / columns) - gap - x;
      const down = side - gap;
      context.fillStyle = paint.missing[Math.min(copies[i], paint.missing.length - 1)];
      if (have[i] < 255) context.fillRect(x, y, across, down);
      // a group of which a part is here is between the two colours
      context.globalAlpha = have[i] / 255;
      context.fillStyle = paint.have;
      context.fillRect(x, y, across, down);
      context.globalAlpha = 1;
    }
  }
}

/** From the style sheet, so that they follow the scheme. */
function palette(element: Element): { have: string; missing: readonly string[] } {
  const style = getComputedStyle(element);
  const color = (name: string) => style.getPropertyValue(name).trim();
  return {
    have: color('--piece-have'),
    missing: ['--piece-none', '--piece-one', '--piece-some', '--piece-many'].map(color),
  };
}

function decode(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), character => character.charCodeAt(0));
}
