/**
 * Hands out runs of one address range: first fit from the lowest address, so that memory which was touched before is
 * used again. Neighbouring free runs are joined. Nothing is read or written at the addresses themselves.
 *
 * Sizes are rounded up to the alignment. The free runs lie in two sorted arrays: allocate scans them (one entry while
 * nothing was freed), free finds its place by bisection.
 */
export class ExtentAllocator {
  readonly #alignment: number;
  readonly #freeStarts: number[] = [];
  readonly #freeSizes: number[] = [];
  readonly #live = new Map<number, number>();
  #usedBytes = 0;

  /** What can be handed out in all, after `startAt` was rounded up and the end rounded down to the alignment. */
  readonly totalBytes: number;

  /** @throws RangeError when an argument is not a whole number of the right sign. */
  constructor(startAt: number, bytes: number, alignment: number) {
    if (!Number.isSafeInteger(alignment) || alignment < 1)
      throw new RangeError(`alignment is ${alignment}, must be 1 or more`);
    if (!Number.isSafeInteger(startAt) || startAt < 0)
      throw new RangeError(`start is ${startAt}, must be 0 or more`);
    if (!Number.isSafeInteger(bytes) || bytes < 0)
      throw new RangeError(`size is ${bytes}, must be 0 or more`);
    this.#alignment = alignment;
    const from = Math.ceil(startAt / alignment) * alignment;
    const to = Math.floor((startAt + bytes) / alignment) * alignment;
    this.totalBytes = Math.max(0, to - from);
    if (this.totalBytes > 0) {
      this.#freeStarts.push(from);
      this.#freeSizes.push(this.totalBytes);
    }
  }

  /** Bytes in live extents, as rounded up. */
  get usedBytes(): number {
    return this.#usedBytes;
  }

  /**
   * Address of the lowest free run of at least `bytes` (0 counts as 1), or -1 when there is none.
   * @throws RangeError when `bytes` is not a whole number of 0 or more.
   */
  allocate(bytes: number): number {
    if (!Number.isSafeInteger(bytes) || bytes < 0)
      throw new RangeError(`size is ${bytes}, must be 0 or more`);
    const size = Math.ceil(Math.max(1, bytes) / this.#alignment) * this.#alignment;
    const sizes = this.#freeSizes;
    for (let i = 0; i < sizes.length; i++) {
      if (sizes[i] < size) continue;
      const at = this.#freeStarts[i];
      if (sizes[i] === size) {
        this.#freeStarts.splice(i, 1);
        sizes.splice(i, 1);
      } else {
        this.#freeStarts[i] = at + size;
        sizes[i] -= size;
      }
      this.#live.set(at, size);
      this.#usedBytes += size;
      return at;
    }
    return -1;
  }

  /** @throws RangeError when `at` is not the address of a live extent. */
  free(at: number): void {
    const size = this.#live.get(at);
    if (size === undefined) throw new RangeError(`nothing is allocated at ${at}`);
    this.#live.delete(at);
    this.#usedBytes -= size;

    const starts = this.#freeStarts;
    const sizes = this.#freeSizes;
    const next = this.#firstFreeAfter(at);
    const touchesPrevious = next > 0 && starts[next - 1] + sizes[next - 1] === at;
    const touchesNext = next < starts.length && at + size === starts[next];
    if (touchesPrevious) {
      sizes[next - 1] += size;
      if (touchesNext) {
        sizes[next - 1] += sizes[next];
        starts.splice(next, 1);
        sizes.splice(next, 1);
      }
    } else if (touchesNext) {
      starts[next] = at;
      sizes[next] += size;
    } else {
      starts.splice(next, 0, at);
      sizes.splice(next, 0, size);
    }
  }

  /** Index of the first free run that starts behind `at`. */
  #firstFreeAfter(at: number): number {
    let low = 0;
    let high = this.#freeStarts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#freeStarts[middle] > at) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
