import { largerReal } from './larger.js';

const FIRST_ROWS = 64;

/**
 * Records of numbers by the row, for what is created and forgotten all the time: a row lies in a line of cache or two,
 * where the fields of an object that are not whole would have one each. Real numbers are at `width * row`, whole ones,
 * in the same memory, at `2 * width * row`.
 */
export class Rows {
  real: Float64Array;
  whole: Int32Array;
  readonly #free: number[] = [];
  #used = 0;

  /** `width`: places of 8 bytes in a row. */
  constructor(readonly width: number) {
    this.real = new Float64Array(width * FIRST_ROWS);
    this.whole = new Int32Array(this.real.buffer);
  }

  /** A row with whatever was in it. `real` and `whole` may be others afterwards. */
  take(): number {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    const row = this.#used++;
    if (this.width * this.#used > this.real.length) this.#grow();
    return row;
  }

  /** It is forgotten, and may be read until the next `take`. */
  free(row: number): void {
    this.#free.push(row);
  }

  #grow(): void {
    this.real = largerReal(this.real);
    this.whole = new Int32Array(this.real.buffer);
  }
}
