import { readSync, writeSync, writevSync } from 'node:fs';
import type { Extent } from '../engine/swarm/ports.js';

/** A slot and where its bytes belong. */
export interface SlotExtents {
  readonly at: number;
  readonly extents: readonly Extent[];
}

/**
 * Fills memory from `at` on with the extents, zeros for padding.
 * @returns false when a file ended early
 * @throws the error of the operating system
 */
export function readExtents(bytes: Uint8Array, at: number, extents: readonly Extent[]): boolean {
  for (const { fd, position, length } of extents) {
    if (fd < 0) bytes.fill(0, at, at + length);
    for (let done = fd < 0 ? length : 0; done < length; ) {
      const count = readSync(fd, bytes, at + done, length - done, position + done);
      if (count === 0) return false;
      done += count;
    }
    at += length;
  }
  return true;
}

interface Segment {
  readonly slot: number;
  readonly at: number;
  readonly fd: number;
  readonly position: number;
  readonly length: number;
}

/**
 * Writes each slot to its extents; what follows each other in a file goes out in one call.
 * @returns per slot the error of the operating system, or undefined. One slot's error does not touch the others.
 */
export function writeExtents(bytes: Uint8Array, slots: readonly SlotExtents[]): unknown[] {
  const errors: unknown[] = slots.map(() => undefined);
  for (const run of fileRuns(slots)) {
    try {
      writeRun(bytes, run);
    } catch (error) {
      if (run.length === 1) errors[run[0].slot] ??= error;
      else for (const segment of run) writeAlone(bytes, segment, errors);
    }
  }
  return errors;
}

/** Segments in the order of the files, cut where a file has a gap. */
function fileRuns(slots: readonly SlotExtents[]): Segment[][] {
  const segments: Segment[] = [];
  slots.forEach(({ at, extents }, slot) => {
    for (const { fd, position, length } of extents) {
      if (fd >= 0 && length > 0) segments.push({ slot, at, fd, position, length });
      at += length;
    }
  });
  segments.sort((a, b) => a.fd - b.fd || a.position - b.position);

  const runs: Segment[][] = [];
  let last: Segment | undefined;
  for (const segment of segments) {
    const follows = last?.fd === segment.fd && last.position + last.length === segment.position;
    if (follows) runs[runs.length - 1].push(segment);
    else runs.push([segment]);
    last = segment;
  }
  return runs;
}

function writeRun(bytes: Uint8Array, run: readonly Segment[]): void {
  const { fd, position } = run[0];
  const parts: { at: number; length: number }[] = [];
  for (const { at, length } of run) {
    const last = parts.at(-1);
    if (last !== undefined && last.at + last.length === at) last.length += length;
    else parts.push({ at, length });
  }
  if (parts.length === 1) {
    writeFully(bytes, parts[0].at, fd, position, parts[0].length);
    return;
  }

  const views = parts.map(part => bytes.subarray(part.at, part.at + part.length));
  const total = parts.reduce((sum, part) => sum + part.length, 0);
  if (writevSync(fd, views, position) < total) {
    // The kernel took a part only, which is rare: writing all of it again is simplest, and harmless.
    for (const segment of run) writeFully(bytes, segment.at, fd, segment.position, segment.length);
  }
}

function writeAlone(bytes: Uint8Array, segment: Segment, errors: unknown[]): void {
  try {
    writeFully(bytes, segment.at, segment.fd, segment.position, segment.length);
  } catch (error) {
    errors[segment.slot] ??= error;
  }
}

function writeFully(bytes: Uint8Array, at: number, fd: number, position: number, length: number): void {
  for (let done = 0; done < length; ) {
    done += writeSync(fd, bytes, at + done, length - done, position + done);
  }
}
