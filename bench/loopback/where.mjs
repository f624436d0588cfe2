// Where the time of a transfer goes: CPU by thread, and what each thread does by the profiler.
import { duration, figure, size } from '../lib/format.mjs';
import { GROUPS, IDLE } from '../lib/profile-groups.mjs';

const GB = 1e9;
const SIDES = ['download', 'seed'];
const THREADS = { loop: 'event loop', workers: 'workers' };

/**
 * Two more transfers of processes that are warm: one that is profiled, one that counts the CPU of threads.
 * @param {import('../lib/processes.mjs').NodeProcess} seed that serves the torrent at `address`
 * @param {import('../lib/processes.mjs').NodeProcess} download
 * @param {import('../lib/workspace.mjs').Workspace} workspace
 * @param {{ address: { host: string, port: number }, torrent: string, bytes: number, pieceLength: number }} options
 */
export async function whereTimeGoes(seed, download, workspace, { address, torrent, bytes, pieceLength }) {
  const sides = { download, seed };
  const askBoth = async name =>
    Object.fromEntries(await Promise.all(SIDES.map(async side => [side, await sides[side].ask(name)])));
  const transfer = async (before, after) => {
    await download.ask('prepare', { torrent, dir: await workspace.fresh('download') });
    const first = await askBoth(before);
    const { seconds } = await download.ask('download', address);
    const last = await askBoth(after);
    await download.ask('drop');
    return { first, last, seconds };
  };
  // in this order: a worker of Node 22 or newer that was asked for its number shows that call wherever it waits later
  const profiled = await transfer('startProfile', 'stopProfile');
  const counted = await transfer('threadTimes', 'threadTimes');
  const cpu =
    counted.last.seed === undefined
      ? undefined
      : perSide(side => less(counted.last[side], counted.first[side]));
  return {
    tables: [
      ...(cpu === undefined ? [] : [cpuTable(cpu, bytes, pieceLength)]),
      profileTable(profiled.last, bytes, pieceLength, profiled.seconds),
    ],
    data: { pieceLength, bytes, cpu, profile: profiled.last, seconds: profiled.seconds },
  };
}

function perSide(of) {
  return Object.fromEntries(SIDES.map(side => [side, of(side)]));
}

function less(after, before) {
  return Object.fromEntries(Object.keys(after).map(name => [name, after[name] - before[name]]));
}

function cpuTable(cpu, bytes, pieceLength) {
  const names = { ...THREADS, others: "others: V8's and libuv's" };
  return {
    title: `CPU by thread, pieces of ${size(pieceLength)}, one transfer (s/GB)`,
    columns: ['threads', ...SIDES],
    rows: Object.entries(names).map(([thread, name]) => [
      name,
      ...SIDES.map(side => figure((cpu[side][thread] / bytes) * GB)),
    ]),
  };
}

function profileTable(profile, bytes, pieceLength, seconds) {
  const columns = SIDES.flatMap(side => Object.keys(THREADS).map(thread => ({ side, thread })));
  const at = ({ side, thread }, group) => profile[side][thread][group] ?? 0;
  const perGb = value => (value === 0 ? '' : ((value / bytes) * GB).toFixed(3));
  const working = GROUPS.filter(group => group !== IDLE);
  const sum = column => working.reduce((total, group) => total + at(column, group), 0);
  const all = group => columns.reduce((total, column) => total + at(column, group), 0);
  const rows = working.filter(group => all(group) > 0).sort((a, b) => all(b) - all(a));
  return {
    title: `Where the time goes, pieces of ${size(pieceLength)}, one profiled transfer (self time, s/GB)`,
    columns: ['what', ...columns.map(({ side, thread }) => `${side}: ${THREADS[thread]}`)],
    rows: [
      ...rows.map(group => [group, ...columns.map(column => perGb(at(column, group)))]),
      ['all of it', ...columns.map(column => perGb(sum(column)))],
      [IDLE, ...columns.map(column => perGb(at(column, IDLE)))],
    ],
    notes: [
      `sampled every 200 µs of wall time by V8's profiler, which slows the transfer down: it took ${duration(seconds)}`,
      'a thread that wants a core and has none counts as busy; reading from sockets is done by libuv while the event loop counts as idle',
    ],
  };
}
