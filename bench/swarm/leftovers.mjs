// Whatever a run makes outside of itself bears its name, so it can be found again and removed by anybody.
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './system.mjs';

const NAMESPACES = '/run/netns';
const PREFIX = 'millrace-netns';
const NAME = new RegExp(`^(${PREFIX}-(\\d+)-(\\d+))-`);

/** How long killed processes may take to go. */
const DEATH_MS = 5000;
const LOOK_AGAIN_MS = 10;
/** A second Ctrl-C reaches the `ip` that we run as well. */
const ATTEMPTS = 3;

/** Name of the run that this process is: by its start time no later process of the same number is taken for it. */
export function ownRun() {
  return `${PREFIX}-${process.pid}-${startTime(process.pid)}`;
}

/** Namespaces, processes in them and folder of a run, gone when this returns. @param {string} name @param {string} [base] */
export function removeRun(name, base) {
  const namespaces = () => list(NAMESPACES).filter(entry => entry.startsWith(`${name}-`));
  for (let attempt = 0; attempt < ATTEMPTS && namespaces().length > 0; attempt++) {
    killAllIn(namespaces());
    const lines = namespaces().map(namespace => `netns del ${namespace}\n`);
    try {
      run('ip', ['-force', '-batch', '-'], lines.join(''));
    } catch (error) {
      if (attempt === ATTEMPTS - 1) throw error;
    }
  }
  if (base === undefined) return;
  for (const entry of list(base)) {
    if (entry.startsWith(`${name}-`))
      rmSync(join(base, entry), { recursive: true, force: true, maxRetries: 3 });
  }
}

/** What runs left that were killed. @param {string} base folder that the folders of runs are in */
export function removeLeftovers(base) {
  for (const entry of [...list(NAMESPACES), ...list(base)]) {
    const [, name, pid, started] = NAME.exec(entry) ?? [];
    if (name !== undefined && startTime(Number(pid)) !== started) removeRun(name, base);
  }
}

/** A namespace lives on for as long as a process is in it. */
function killAllIn(namespaces) {
  const inodes = new Set(namespaces.map(name => statSync(join(NAMESPACES, name)).ino));
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (const endMs = performance.now() + DEATH_MS; performance.now() < endMs; ) {
    const pids = list('/proc').filter(name => /^\d+$/.test(name) && inodes.has(namespaceOf(name)));
    if (pids.length === 0) return;
    for (const pid of pids) kill(Number(pid));
    Atomics.wait(pause, 0, 0, LOOK_AGAIN_MS);
  }
}

function namespaceOf(pid) {
  try {
    return statSync(`/proc/${pid}/ns/net`).ino;
  } catch {
    return undefined; // gone
  }
}

function kill(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/** Ticks since boot, field 22 of /proc/pid/stat; the name in parentheses may hold anything. */
function startTime(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined; // no such process
  }
}

function list(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return []; // no namespace was ever made
  }
}
