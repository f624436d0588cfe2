// What a process has used: its own account where we can ask it, else the kernel's.
import { readFile } from 'node:fs/promises';

/**
 * @typedef {object} Usage
 * @property {number} cpuSeconds user and system, all threads
 * @property {number} peakBytes largest resident memory so far
 * @property {number} rssBytes resident memory now
 */

/** @returns {Usage} of this process */
export function ownUsage() {
  const { user, system } = process.cpuUsage();
  return {
    cpuSeconds: (user + system) / 1e6,
    peakBytes: process.resourceUsage().maxRSS * 1024,
    rssBytes: process.memoryUsage.rss(),
  };
}

/** sysconf(_SC_CLK_TCK) of every Linux that Node.js runs on. */
const TICKS_PER_SECOND = 100;

/** Of another process, by /proc: Linux only. @param {number} pid @returns {Promise<Usage>} */
export async function usageOf(pid) {
  const [stat, status] = await Promise.all([
    readFile(`/proc/${pid}/stat`, 'utf8'),
    readFile(`/proc/${pid}/status`, 'utf8'),
  ]);
  return parseUsage(stat, status);
}

/** @param {string} stat @param {string} status @returns {Usage} */
export function parseUsage(stat, status) {
  // The name in parentheses may hold anything; fields are counted from behind it: state is field 3, utime 14, stime 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const kib = name => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? Number.NaN);
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
    peakBytes: kib('VmHWM') * 1024,
    rssBytes: kib('VmRSS') * 1024,
  };
}
