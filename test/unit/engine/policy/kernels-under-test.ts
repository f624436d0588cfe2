import { createHeap } from '../../../../src/engine/kernels/heap.js';
import { type Heap, type Kernels, tieBreak } from '../../../../src/engine/kernels/types.js';

export interface Backend {
  readonly name: string;
  make(bytes?: number): { kernels: Kernels; heap: Heap };
}

const DEFAULT_BYTES = 1 << 20;

/** Written for clarity alone: what the picker uses, nothing else. */
function naiveKernels(buffer: ArrayBuffer): Kernels {
  const bytes = new Uint8Array(buffer);
  const has = (at: number, i: number) => (bytes[at + (i >> 3)] & (0x80 >> (i & 7))) !== 0;
  const counts = (at: number, n: number) => new Uint16Array(buffer, at, n);
  return {
    name: 'js',
    buffer,
    availabilityAdd(at: number, bitsAt: number, pieces: number) {
      const table = counts(at, pieces);
      for (let i = 0; i < pieces; i++) if (has(bitsAt, i) && table[i] < 65535) table[i]++;
    },
    availabilityRemove(at: number, bitsAt: number, pieces: number) {
      const table = counts(at, pieces);
      for (let i = 0; i < pieces; i++) if (has(bitsAt, i) && table[i] > 0) table[i]--;
    },
    availabilityAddOne(at: number, piece: number) {
      counts(at, piece + 1)[piece]++;
    },
    pickRarest(countsAt, peerAt, wantedAt, busyAt, pieces, k, seed, outAt) {
      const table = counts(countsAt, pieces);
      const found = [...Array(pieces).keys()]
        .filter(i => has(peerAt, i) && has(wantedAt, i) && !(busyAt !== 0 && has(busyAt, i)))
        .sort((a, b) => table[a] - table[b] || tieBreak(a, seed) - tieBreak(b, seed))
        .slice(0, k);
      new Uint32Array(buffer, outAt, k).set(found);
      return found.length;
    },
    rankTop(ratesAt, n, k, seed, outAt) {
      const rates = new Float64Array(buffer, ratesAt, n);
      const order = [...rates.keys()].sort(
        (a, b) => rates[b] - rates[a] || tieBreak(a, seed) - tieBreak(b, seed),
      );
      new Uint32Array(buffer, outAt, k).set(order.slice(0, k));
    },
  } as Kernels;
}

/** Every backend that can run here. */
export const BACKENDS: Backend[] = [
  {
    name: 'naive',
    make(bytes = DEFAULT_BYTES) {
      const buffer = new ArrayBuffer(bytes);
      return { kernels: naiveKernels(buffer), heap: createHeap(buffer, 16, bytes - 16) };
    },
  },
];
