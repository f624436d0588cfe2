// One case on all of its backends in turn.
import { measure } from '../lib/measure.mjs';

/**
 * @typedef {object} Measured plain data: it crosses from the masked process
 * @property {string} kernel
 * @property {string} on
 * @property {'B' | 'calls'} unit
 * @property {Record<string, import('../lib/stats.mjs').Summary>} rates units a second by backend
 * @property {Record<string, import('../lib/stats.mjs').Summary>} ratios how many times as fast as the others wasm is
 *
 * @param {import('./hash-cases.mjs').Case} kase
 * @param {{ samples: number, timeMs: number }} options
 * @returns {Promise<Measured>}
 */
export async function measureCase({ kernel, on, work, unit, run }, options) {
  const rounds = await measure(run, options);
  const names = Object.keys(run);
  const others = names.filter(name => name !== 'wasm');
  return {
    kernel,
    on,
    unit,
    rates: Object.fromEntries(names.map(name => [name, rounds.summary(name, seconds => work / seconds)])),
    ratios: Object.fromEntries(others.map(name => [name, rounds.ratio(name, 'wasm', seconds => seconds)])),
  };
}
