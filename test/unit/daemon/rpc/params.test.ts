import { expect, it } from 'vitest';
import { Params } from '../../../../src/daemon/rpc/params.js';

const of = (value: unknown) => new Params({ value });

it('what is not there is none, null is there', () => {
  expect([new Params({}).has('value'), of(undefined).has('value'), of(null).has('value')]).toEqual([
    ...[false, false, true],
  ]);
});

it('text is text', () => {
  expect([of('').text('value'), of('a').text('value')]).toEqual(['', 'a']);
  for (const value of [undefined, null, 1, true, [], {}, ['a']])
    expect(of(value).text('value')).toBeUndefined();
});

it.each([
  ...[[true, true] as const, [false, false] as const, [1, true] as const, [0, false] as const],
  ...[2, -1, 'true', '', null, [], {}].map(value => [value, undefined] as const),
])('flag %j: %j', (value, expected) => expect(of(value).flag('value')).toBe(expected));

it.each([
  ...[[0, 0] as const, [-1.5, -1.5] as const, [true, 1] as const, [false, 0] as const],
  ...['1', null, [], {}, Number.NaN, Number.POSITIVE_INFINITY].map(value => [value, undefined] as const),
])('number %j: %j', (value, expected) => expect(of(value).number('value')).toBe(expected));

it('whole numbers are cut, and brought into their bounds', () => {
  const whole = (value: unknown) => of(value).whole('value', 0, 10);
  expect([1.9, 0.5, -7, 11, 1e300, true].map(whole)).toEqual([1, 0, 0, 10, 10, 1]);
  expect([of(-1.9).whole('value'), whole('5'), whole(Number.NaN)]).toEqual([-1, undefined, undefined]);
});

it('of a list what is of the right type', () => {
  const mixed = of([0, 1.5, -1, 'a', '', null, { a: 1 }, true, Number.NaN]);
  expect(mixed.texts('value')).toEqual(['a', '']);
  expect(mixed.indices('value')).toEqual([0, -1]);
  for (const value of ['a', 1, null, { 0: 'a', length: 1 }]) {
    expect(of(value).list('value')).toBeUndefined();
    expect([of(value).texts('value'), of(value).indices('value')]).toEqual([undefined, undefined]);
  }
});
