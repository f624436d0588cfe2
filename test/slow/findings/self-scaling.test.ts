/** Finding 1. A thousand peers: test/slow/findings.test.ts. */
import { expect, it } from 'vitest';
import { findingOf, measured } from './run.js';

const finding = findingOf('self-scaling');

it('100 peers take less than 15 % longer than 10, client–server ten times as long', () => {
  const names = [10, 100].flatMap(peers => [`peer-to-peer, ${peers}`, `client–server, ${peers}`]);
  const { growth, serverGrowth, worst } = finding.conclude(measured(finding, { names }));
  expect(growth).toBeLessThan(0.15);
  expect(serverGrowth).toBeCloseTo(10, 6);
  expect(worst).toBeLessThan(1.2);
});
