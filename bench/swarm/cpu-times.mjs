// Whether the machine kept up: what processes used, and how busy the whole machine was.
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

class CpuTimes {
  /** @param {ReadonlyMap<number, number>} processes seconds by process id @param {number} busy @param {number} all */
  constructor(processes, busy, all) {
    this.processes = processes;
    this.busy = busy;
    this.all = all;
  }

  /** @param {CpuTimes} before */
  since(before) {
    const all = this.all - before.all;
    let seconds = 0;
    for (const [pid, now] of this.processes) seconds += now - before.processes.get(pid);
    return {
      /** Of the peers that are still there, user and system. */
      seconds,
      /** Of all cores, packets and whatever else ran on the machine included. */
      machineShare: all > 0 ? (this.busy - before.busy) / all : 0,
      cores: cpus().length,
    };
  }
}

/** @param {readonly import('../lib/processes.mjs').Process[]} processes */
export async function cpuTimes(processes) {
  const entries = processes.map(async process => [process.pid, (await process.usage()).cpuSeconds]);
  const byPid = new Map(await Promise.all(entries));
  const [busy, all] = machineTimes();
  return new CpuTimes(byPid, busy, all);
}

/** First line of /proc/stat: user nice system idle iowait irq softirq steal; guests are in user already (proc(5)). */
function machineTimes() {
  const [, ...fields] = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0].split(/\s+/).map(Number);
  const [user, nice, system, idle, iowait, irq, softirq, steal] = fields;
  const busy = user + nice + system + irq + softirq + steal;
  return [busy, busy + idle + iowait];
}
