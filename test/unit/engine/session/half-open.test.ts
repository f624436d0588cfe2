import { expect, it, onTestFinished } from 'vitest';
import { MillraceError } from '../../../../src/engine/errors.js';
import { HalfOpen, MAX_DIALLED } from '../../../../src/engine/session/half-open.js';
import type { PeerLink } from '../../../../src/engine/session/link.js';

const CLOSED = new MillraceError('ERR_CLOSED', 'closed');

/** Who dials, in order, while all places are taken by a torrent of its own. */
function scene() {
  const halfOpen = new HalfOpen();
  onTestFinished(() => halfOpen.close(CLOSED));
  const order: string[] = [];
  const links: PeerLink[] = [];
  const open = () => {
    const link = { incoming: false, close: () => {} } as unknown as PeerLink;
    halfOpen.add(link);
    links.push(link);
  };
  /** One that would dial so often, and then asks at each call whether it may. */
  const dialler = (name: string, wanted: number) => {
    const state = { wanted };
    const dial = () => {
      while (state.wanted > 0 && halfOpen.mayDial(dial)) {
        open();
        order.push(name);
        state.wanted--;
      }
    };
    return { dial, state };
  };
  dialler('first', MAX_DIALLED).dial();
  order.splice(0);
  return {
    halfOpen,
    order,
    dialler,
    /** The oldest ends; whoever waits is told after that. */
    end: (count: number) => {
      for (const link of links.splice(0, count)) halfOpen.delete(link);
    },
  };
}

const turn = () => new Promise(setImmediate);

it('places that come free go round among those who wait', async () => {
  const { order, dialler, end } = scene();
  for (const [name, wanted] of [
    ['many', 100],
    ['two', 2],
    ['one', 1],
  ] as const)
    dialler(name, wanted).dial();
  expect(order).toEqual([]);
  end(1);
  await turn();
  expect(order).toEqual(['many']);
  end(5);
  await turn();
  expect(order).toEqual(['many', 'two', 'one', 'many', 'two', 'many']);
  end(3);
  await turn();
  expect(order.slice(6)).toEqual(['many', 'many', 'many']);
});

it('whoever asks in between does not come before those who wait, nor twice', async () => {
  const { order, dialler, end } = scene();
  dialler('waiting', 1).dial();
  const { dial } = dialler('hasty', 2);
  end(1);
  dial();
  dial();
  expect(order).toEqual([]);
  await turn();
  expect(order).toEqual(['waiting']);
  end(2);
  await turn();
  expect(order).toEqual(['waiting', 'hasty', 'hasty']);
});

it('one that has nobody to dial any more leaves its turn to the next', async () => {
  const { order, dialler, end } = scene();
  const stopped = dialler('stopped', 1);
  stopped.dial();
  dialler('next', 1).dial();
  stopped.state.wanted = 0;
  end(1);
  await turn();
  expect(order).toEqual(['next']);
  dialler('anybody', 1).dial();
  end(1);
  await turn();
  expect(order).toEqual(['next', 'anybody']);
});

it('nobody has a turn after the end', async () => {
  const { halfOpen, order, dialler, end } = scene();
  dialler('waiting', 1).dial();
  halfOpen.close(CLOSED);
  end(1);
  await turn();
  expect(order).toEqual([]);
});
