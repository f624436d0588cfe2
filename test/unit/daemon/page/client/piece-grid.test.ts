import { expect, it } from 'vitest';
import { pieceGrid } from '../../../../../src/daemon/page/client/piece-grid.js';

it.each([
  [1, 400],
  [100, 400],
  [1024, 412],
  [1024, 300],
  [5, 3],
])('%d pieces have room in %d pixels', (cells, width) => {
  const { columns, side, height, gap } = pieceGrid(cells, width);
  expect(columns * (height / side)).toBeGreaterThanOrEqual(cells);
  expect(columns * side).toBeLessThanOrEqual(Math.max(width, side));
  expect(side).toBeGreaterThan(gap);
});

it('makes cells as large as the height allows', () => {
  expect(pieceGrid(100, 400).side).toBe(12);
  expect(pieceGrid(1024, 412)).toMatchObject({ side: 9, height: 207 });
  expect(pieceGrid(0, 400).height).toBe(12);
});
