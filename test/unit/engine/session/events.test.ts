import { describe, expect, it } from 'vitest';
import { EventHub } from '../../../../src/engine/session/events.js';
import type { TorrentEvent } from '../../../../src/engine/session/types.js';

const piece = (number: number): TorrentEvent => ({ type: 'piece', piece: number });

async function drain(events: AsyncIterable<TorrentEvent>): Promise<TorrentEvent[]> {
  const all: TorrentEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

describe('EventHub', () => {
  it('gives every reader everything, from the call of iterate on', async () => {
    const hub = new EventHub();
    hub.emit(piece(0));
    const first = hub.iterate();
    hub.emit(piece(1));
    const second = hub.iterate();
    hub.emit(piece(2));
    hub.close();
    expect(await drain(first)).toEqual([piece(1), piece(2)]);
    expect(await drain(second)).toEqual([piece(2)]);
  });

  it('a reader that waits is woken', async () => {
    const hub = new EventHub();
    const events = hub.iterate()[Symbol.asyncIterator]();
    const next = events.next();
    hub.emit(piece(1));
    expect(await next).toEqual({ done: false, value: piece(1) });
    const end = events.next();
    hub.close();
    expect(await end).toEqual({ done: true, value: undefined });
  });

  it('drops what does not fit, says how much when it is read, then goes on', async () => {
    const hub = new EventHub();
    const events = hub.iterate({ capacity: 2 })[Symbol.asyncIterator]();
    for (let i = 0; i < 5; i++) hub.emit(piece(i));
    const read = async () => (await events.next()).value;
    expect([await read(), await read(), await read()]).toEqual([
      piece(0),
      piece(1),
      { type: 'dropped-events', count: 3 },
    ]);
    hub.emit(piece(9));
    expect(await read()).toEqual(piece(9));
  });

  it('ends a reader on abort, also one that begins aborted, and holds no listener on the signal', async () => {
    const hub = new EventHub();
    const stop = new AbortController();
    let listeners = 0;
    const { signal } = stop;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners++;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners--;
      remove(...args);
    };
    const broken = hub.iterate({ signal });
    hub.emit(piece(0));
    for await (const _ of broken) break;
    expect(listeners).toBe(0);

    const events = hub.iterate({ signal });
    hub.emit(piece(1));
    stop.abort();
    hub.emit(piece(2));
    expect(await drain(events)).toEqual([piece(1)]);
    expect(await drain(hub.iterate({ signal }))).toEqual([]);
    expect(listeners).toBe(0);
  });

  it('tells listeners of a type, until they go or it closes', () => {
    const hub = new EventHub();
    const seen: number[] = [];
    const listener = (event: { piece: number }) => seen.push(event.piece);
    hub.on('piece', listener);
    hub.on('piece', listener);
    hub.emit(piece(1));
    hub.emit({ type: 'left' });
    hub.off('piece', listener);
    hub.off('error', () => {});
    hub.emit(piece(2));
    hub.on('piece', listener);
    hub.close();
    hub.emit(piece(3));
    expect(seen).toEqual([1]);
  });

  it('an error that nobody listens to is not thrown', () => {
    expect(() => new EventHub().emit({ type: 'error', error: new Error('x') as never })).not.toThrow();
  });
});
