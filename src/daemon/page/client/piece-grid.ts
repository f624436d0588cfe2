/** Of a cell with its gap, in CSS pixels; and the least that is still seen when there are many. */
const SIDE = 12;
const MIN_SIDE = 6;
const MAX_HEIGHT = 240;

export interface PieceGrid {
  readonly columns: number;
  readonly side: number;
  readonly gap: number;
  readonly height: number;
}

/** The largest cells with which all of them fit, or the least. */
export function pieceGrid(cells: number, width: number): PieceGrid {
  let side = SIDE;
  while (side > MIN_SIDE && heightOf(cells, width, side) > MAX_HEIGHT) side--;
  return {
    columns: columnsOf(width, side),
    side,
    gap: side > MIN_SIDE ? 2 : 1,
    height: Math.max(side, heightOf(cells, width, side)),
  };
}

function columnsOf(width: number, side: number): number {
  return Math.max(1, Math.floor(width / side));
}

function heightOf(cells: number, width: number, side: number): number {
  return Math.ceil(cells / columnsOf(width, side)) * side;
}
