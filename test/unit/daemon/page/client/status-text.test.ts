import { expect, it } from 'vitest';
import { statusText } from '../../../../../src/daemon/page/client/status-text.js';

it.each([
  ['Downloading', { status: 'downloading', size: 1 }],
  ['Searching', { status: 'downloading', size: 0 }],
  ['Queued', { status: 'download-wait', size: 0 }],
  ['Error', { status: 'error', size: 0 }],
  ['Moving 99 %', { status: 'seeding', size: 1, moving: 0.999 }],
] as const)('%s', (text, row) => {
  expect(statusText(row)).toBe(text);
});
