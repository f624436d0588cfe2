/** Rows beyond the edges that are kept ready, so that a quick scroll shows no gap. */
const MARGIN_ROWS = 8;

export interface ListWindow {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
}

/** Which of `total` rows are in the document. */
export function listWindow(
  scrollTop: number,
  viewHeight: number,
  rowHeight: number,
  total: number,
): ListWindow {
  const first = Math.floor(scrollTop / rowHeight) - MARGIN_ROWS;
  const last = Math.ceil((scrollTop + viewHeight) / rowHeight) + MARGIN_ROWS;
  const from = Math.min(Math.max(0, first), total);
  return { from, to: Math.max(from, Math.min(last, total)) };
}

/** Where to scroll so that a row can be seen whole; the same when it can. */
export function scrollTo(index: number, scrollTop: number, viewHeight: number, rowHeight: number): number {
  const top = index * rowHeight;
  if (top < scrollTop) return top;
  return Math.max(scrollTop, top + rowHeight - viewHeight);
}
