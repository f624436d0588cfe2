/** Which rule adds slots to those that are set: none, the turns of a super-seed alone, or the rates of the peers too. */
export type SlotGrowth = 'none' | 'turns' | 'rate';

/** libtorrent's rate-based choker: peer n keeps its slot at 1024 + 2048 n bytes a second or more. */
const FIRST_RATE = 1024;
const RATE_STEP = 2048;

/** While all peers wait for pieces of their own in turn, a turn comes this often: half of what libtorrent calls a snub. */
const TURNS_MS = 10_000;

/** As many slots as peers that each get enough, and one more. */
export function slotsByRate(upRates: readonly number[]): number {
  const sorted = [...upRates].sort((a, b) => b - a);
  let slots = 0;
  while (slots < sorted.length && sorted[slots] >= FIRST_RATE + RATE_STEP * slots) slots++;
  return slots + 1;
}

/** As many slots as peers that can be sent a piece each before it is the first one's turn again. */
export function slotsByTurns(upRates: readonly number[], pieceLength: number): number {
  const rate = upRates.reduce((sum, up) => sum + up, 0);
  return Math.floor((rate * TURNS_MS) / 1000 / pieceLength);
}
