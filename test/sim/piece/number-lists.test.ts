/** The lists against arrays of their own. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { NumberLists } from '../../../src/sim/piece/number-lists.js';

const LISTS = 5;

const step = fc.record({
  list: fc.nat(LISTS - 1),
  what: fc.constantFrom('push', 'push', 'push', 'drop', 'take', 'clear'),
  /** Place of the item that goes. */
  place: fc.nat(1000),
});

it('each has what was pushed and not taken, in the order that dropping and taking leave', () => {
  fc.assert(
    // lists 3 and 4 come later than the table
    fc.property(fc.array(step, { maxLength: 400 }), steps => {
      const lists = new NumberLists(3);
      const model: number[][] = Array.from({ length: LISTS }, () => []);
      for (const [item, { list, what, place }] of steps.entries()) {
        const items = model[list];
        const goes = items[place % Math.max(1, items.length)];
        if (what === 'push') {
          lists.push(list, item);
          items.push(item);
        } else if (what === 'clear') {
          if (items.length > 0) lists.clear(list);
          items.length = 0;
        } else if (items.length > 0) {
          lists[what](list, goes);
          if (what === 'take') items.splice(items.indexOf(goes), 1);
          else {
            const last = items.pop()!;
            if (last !== goes) items[items.indexOf(goes)] = last;
          }
        }
        for (const [other, expected] of model.entries()) expect(lists.of(other)).toEqual(expected);
      }
    }),
  );
});

it('a list is read in place', () => {
  const lists = new NumberLists(2);
  for (let item = 0; item < 20; item++) lists.push(item % 2, item);
  const start = lists.start(1);
  expect([...lists.items.subarray(start, start + lists.length(1))]).toEqual([
    1, 3, 5, 7, 9, 11, 13, 15, 17, 19,
  ]);
});
