import { expect, it, onTestFinished, vi } from 'vitest';
import { MillraceError } from '../../../../src/engine/errors.js';
import { Neighbours, type NeighboursOptions } from '../../../../src/engine/session/neighbours.js';
import type { Action } from '../../../../src/engine/swarm/actions.js';

it('no alarm outlives neighbours that are closed in the middle of a turn', () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const actions: Action[] = [{ type: 'complete' }];
  const core = {
    ...{ settle() {}, poll: () => actions.shift(), takeDirty: () => [], dirty: false },
    nextTimeout: () => performance.now() + 1000,
  };
  const acted: string[] = [];
  const neighbours: Neighbours = new Neighbours({
    ...{ core, memory: new ArrayBuffer(0), limits: [], metadata: { serve() {} }, onTurn() {}, onAlone() {} },
    act: ({ type }: Action) => {
      acted.push(type);
      neighbours.close(new MillraceError('ERR_CLOSED', 'a listener closed the torrent'));
    },
  } as unknown as NeighboursOptions);
  neighbours.turn();
  expect([acted, vi.getTimerCount()]).toEqual([['complete'], 0]);
});
