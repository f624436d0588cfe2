import { expect, it } from 'vitest';
import { EdgeTable, NONE, OFFER, SERVING, UNCHOKED } from '../../../src/sim/piece/edges.js';

const table = () => new EdgeTable(Int32Array.of(2, 2, 1));

it('an edge and its back name each other', () => {
  const edges = table();
  const edge = edges.connect(0, 1, 7);
  const back = edges.back[edge];
  expect(edges.back[back]).toBe(edge);
  expect([edges.other[edge], edges.other[back]]).toEqual([1, 0]);
  expect([edges.find(0, 1), edges.find(1, 0), edges.find(0, 2)]).toEqual([edge, back, NONE]);
  expect(edges.connectedAtMs[edge]).toBe(7);
  expect([...edges.degree]).toEqual([1, 1, 0]);
});

it('a peer is full with as many neighbours as its capacity, and a place that came free is used again, as new', () => {
  const edges = table();
  const edge = edges.connect(0, 2, 0);
  expect([edges.isFull(0), edges.isFull(2)]).toEqual([false, true]);
  edges.connect(0, 1, 0);
  edges.standing[edge] = 3 * OFFER + (UNCHOKED | SERVING);
  edges.gotBytes[edge] = 100;
  edges.disconnect(edge);
  expect([edges.other[edge], edges.isFull(2), edges.degree[0]]).toEqual([NONE, false, 1]);
  expect(edges.connect(0, 2, 9)).toBe(edge);
  expect([edges.standing[edge], edges.gotBytes[edge], edges.rate(edge, 20)]).toEqual([0, 0, 0]);
});

it('the rate is that of the last two turns', () => {
  const edges = table();
  const edge = edges.connect(0, 1, 0);
  edges.gotBytes[edge] += 100;
  expect(edges.rate(edge, 20)).toBe(5);
  edges.turn(0);
  edges.gotBytes[edge] += 60;
  expect(edges.rate(edge, 20)).toBe(8);
  edges.turn(0);
  expect(edges.rate(edge, 20)).toBe(3);
  edges.turn(0);
  expect(edges.rate(edge, 20)).toBe(0);
});

it('a turn of one peer leaves those of others alone', () => {
  const edges = table();
  const back = edges.back[edges.connect(0, 1, 0)];
  edges.gotBytes[back] = 40;
  edges.turn(0);
  edges.turn(0);
  expect(edges.rate(back, 20)).toBe(2);
});
