import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import type { AddOptions } from '../../dist/index.js';
import {
  addressOf,
  KiB,
  MiB,
  makeSample,
  nextEvent,
  openSeed,
  openSession,
  openStage,
} from '../lib/e2e-stage.js';

const PIECE = 64 * KiB;
const FILES = { 'box/a.bin': 3 * PIECE + 1000, 'box/film.bin': 100 * PIECE };
/** First piece that is only of the film. */
const START = FILES['box/a.bin'];

/**
 * Where the order of the pieces is judged to a few pieces: 62 ms a piece, and no more of them in the limiter's burst
 * (a quarter of a second's) than a reader wants. What a busy machine holds up is then less than a piece.
 */
const SLOW = MiB;

/** A torrent whose data comes slowly; `rate` 0 is unlimited. */
async function scene(rate = 12 * MiB, add: AddOptions = {}) {
  const stage = await openStage();
  const sample = await makeSample(stage, FILES, { pieceLength: PIECE });
  const seed = await openSeed(stage, sample, { limits: { up: rate } });
  const session = await openSession(stage, { dir: stage.path('target') });
  const torrent = await session.add(sample.torrent, { peers: [addressOf(seed)], paused: true, ...add });
  await torrent.checked();
  const order: number[] = [];
  torrent.on('piece', ({ piece }) => order.push(piece));
  const film = torrent.files[1];
  const whole = await readFile(`${sample.dir}/box/film.bin`);
  /** Pieces that hold bytes `start` to `end` of the film. */
  const pieces = (start: number, end: number) => {
    const first = Math.floor((START + start) / PIECE);
    return Array.from({ length: Math.ceil((START + end) / PIECE) - first }, (_, i) => first + i);
  };
  return { stage, sample, seed, session, torrent, film, whole, order, pieces };
}

async function collect(stream: ReadableStream<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const same = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;

describe('reading a file that is still arriving', () => {
  it('a range comes right, and its pieces come first', async () => {
    const { seed, torrent, film, whole, order, pieces } = await scene(SLOW);
    const start = 60 * PIECE + 7;
    const end = 66 * PIECE + 9;
    const reading = collect(film.stream({ start, end }));
    torrent.resume();
    expect(same(await reading, whole.subarray(start, end))).toBe(true);
    const wanted = pieces(start, end);
    expect(order.slice(0, wanted.length).sort((a, b) => a - b)).toEqual(wanted);
    expect(torrent.state).toBe('downloading');
    seed.setLimits({});
    await torrent.completed();
  });

  it('from the middle of a download on: what was asked for before still comes, then its pieces', async () => {
    const { torrent, film, whole, order, pieces } = await scene(2 * MiB);
    torrent.resume();
    await nextEvent(torrent, 'piece');
    const wanted = pieces(80 * PIECE, 82 * PIECE).filter(piece => !order.includes(piece));
    const before = order.length;
    const bytes = new Uint8Array(2 * PIECE);
    expect(await film.read(bytes, { offset: 80 * PIECE })).toBe(2 * PIECE);
    expect(same(bytes, whole.subarray(80 * PIECE, 82 * PIECE))).toBe(true);
    // 2 MiB/s through a window of requests: a few dozen blocks were on their way already.
    for (const piece of wanted) expect(order.indexOf(piece)).toBeLessThan(before + 40);
    expect(order.length).toBeLessThan(70);
  });

  it('the whole file equals the file', async () => {
    const { torrent, film, whole } = await scene(0);
    torrent.resume();
    expect(same(await collect(film.stream()), whole)).toBe(true);
  });

  it('comes in order although the picker would choose the rarest', async () => {
    // 31 ms a piece: what a busy machine holds up is less than the bound below
    const { torrent, film, order } = await scene(2 * MiB);
    const reading = collect(film.stream());
    torrent.resume();
    await reading;
    const ofFilm = order.filter(piece => piece > 3);
    ofFilm.forEach((piece, place) => {
      expect(Math.abs(piece - 4 - place)).toBeLessThan(16);
    });
  });

  it('createReadStream: `end` is its last byte, as in node:fs', async () => {
    const { torrent, film, whole } = await scene();
    torrent.resume();
    const stream = film.createReadStream({ start: 1000, end: 200_000 });
    expect(stream).toBeInstanceOf(Readable);
    expect(same(await buffer(stream), whole.subarray(1000, 200_001))).toBe(true);
    expect(same(await buffer(film.createReadStream({ start: 99 * PIECE })), whole.subarray(99 * PIECE))).toBe(
      true,
    );
    expect(same(await buffer(film.createReadStream({ start: 5, end: 5 })), whole.subarray(5, 6))).toBe(true);
    expect(same(await buffer(film.createReadStream()), whole)).toBe(true);
  });

  it('read fills what there is, and 0 bytes at the end', async () => {
    const { torrent, film, whole } = await scene(0);
    torrent.resume();
    const bytes = new Uint8Array(5000);
    expect(await film.read(bytes, { offset: film.length - 3000 })).toBe(3000);
    expect(same(bytes.subarray(0, 3000), whole.subarray(-3000))).toBe(true);
    expect(await film.read(bytes, { offset: film.length })).toBe(0);
    expect(await film.read(new Uint8Array(0))).toBe(0);
    expect(await film.read(bytes)).toBe(5000);
    expect(same(bytes, whole.subarray(0, 5000))).toBe(true);
  });

  it('a BYOB reader gets the bytes in its own buffer', async () => {
    const { torrent, film, whole } = await scene();
    torrent.resume();
    const start = 10 * PIECE - 5;
    const end = start + 3 * PIECE;
    const reader = film.stream({ start, end }).getReader({ mode: 'byob' });
    const got: Uint8Array[] = [];
    for (let room = new Uint8Array(40_000); ; ) {
      const { value, done } = await reader.read(room);
      if (done) break;
      got.push(value.slice());
      room = new Uint8Array(value.buffer);
      expect(room.length).toBe(40_000);
    }
    expect(same(Buffer.concat(got), whole.subarray(start, end))).toBe(true);
  });

  it('several readers at once share the line', async () => {
    const { torrent, film, whole, order, pieces } = await scene(SLOW);
    const ranges = [
      [20 * PIECE, 23 * PIECE],
      [50 * PIECE, 53 * PIECE],
      [90 * PIECE, 93 * PIECE],
    ];
    const readings = ranges.map(([start, end]) => collect(film.stream({ start, end })));
    torrent.resume();
    for (const [i, bytes] of (await Promise.all(readings)).entries())
      expect(same(bytes, whole.subarray(...ranges[i]))).toBe(true);
    const wanted = ranges.flatMap(([start, end]) => pieces(start, end));
    const last = Math.max(...wanted.map(piece => order.indexOf(piece)));
    expect(last).toBeLessThan(wanted.length + 2);
  });

  it('cancelled, its pieces are no longer first', async () => {
    const { torrent, film, order, pieces } = await scene();
    const reader = film.stream({ start: 60 * PIECE }).getReader();
    const pending = reader.read();
    await reader.cancel('enough');
    expect(await pending).toMatchObject({ done: true });
    torrent.resume();
    await torrent.completed();
    const wanted = pieces(60 * PIECE, 100 * PIECE);
    expect(order.slice(0, wanted.length).filter(piece => wanted.includes(piece)).length).toBeLessThan(
      0.8 * wanted.length,
    );
  });

  it('aborted in the middle, it fails and its pieces are no longer first', async () => {
    const { torrent, film, order, pieces } = await scene();
    const stop = new AbortController();
    const reader = film.stream({ start: 60 * PIECE, signal: stop.signal }).getReader();
    const pending = reader.read();
    stop.abort();
    await expect(pending).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    torrent.resume();
    await torrent.completed();
    const wanted = pieces(60 * PIECE, 100 * PIECE);
    expect(order.slice(0, wanted.length).filter(piece => wanted.includes(piece)).length).toBeLessThan(
      0.8 * wanted.length,
    );
  });

  it('of a skipped file: waits until the file is wanted', async () => {
    const { torrent, film, whole } = await scene(0, { select: [0] });
    torrent.resume();
    const reading = collect(film.stream({ start: 10 * PIECE, end: 12 * PIECE }));
    await torrent.completed();
    film.priority = 'normal';
    expect(same(await reading, whole.subarray(10 * PIECE, 12 * PIECE))).toBe(true);
  });

  it('does not wait for ever when the torrent fails or closes', async () => {
    const { torrent, film } = await scene();
    const reading = collect(film.stream());
    const read = film.read(new Uint8Array(10));
    const failures = [reading, read].map(wait => expect(wait).rejects.toMatchObject({ code: 'ERR_CLOSED' }));
    await torrent.close();
    await Promise.all(failures);
    await expect(film.read(new Uint8Array(10))).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  });

  it('refuses ranges that the file does not have', async () => {
    const { film } = await scene();
    expect(() => film.stream({ start: -1 })).toThrow(RangeError);
    expect(() => film.stream({ start: 5, end: 4 })).toThrow(RangeError);
    expect(() => film.stream({ end: film.length + 1 })).toThrow(/bytes 0 to \d+ of a file of \d+/);
    expect(() => film.createReadStream({ start: 0.5 })).toThrow(RangeError);
    await expect(film.read(new Uint8Array(1), { offset: film.length + 1 })).rejects.toThrow(RangeError);
  });
});
