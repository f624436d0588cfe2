// A daemon with 10,000 small torrents that nobody asks for: `node bench/daemon/idle.mjs [--count N] [--engine transmission]`.
import { parseArgs } from 'node:util';
import { figure, group } from '../lib/format.mjs';
import { Processes } from '../lib/processes.mjs';
import { median } from '../lib/stats.mjs';
import { renderText } from '../lib/table.mjs';
import { Workspace } from '../lib/workspace.mjs';
import { millrace, transmission } from './daemons.mjs';
import { addAll, allSeeding, countRequests, timeLists, toggleLoopProbe, watchUsage } from './measure.mjs';
import { makeSmall } from './torrents.mjs';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '10000' },
    engine: { type: 'string', default: 'millrace' },
    /** Seconds in which nothing happens, and in which requests are counted. */
    idle: { type: 'string', default: '30' },
    requests: { type: 'string', default: '10' },
    dir: { type: 'string' },
  },
});
const LISTS = 20;

const count = Number(values.count);
const engine = values.engine === 'transmission' ? transmission : millrace;
const processes = new Processes();
const workspace = await Workspace.open(values.dir);
const tell = text => process.stderr.write(`${text}\n`);

try {
  const data = await workspace.fresh('data');
  tell(`making ${group(count)} torrents`);
  const torrents = await makeSmall(data, count);
  const context = { processes, workspace };
  const start = () => engine.start(context);

  tell('adding them');
  const first = await start();
  const addSeconds = await addAll(first, torrents);
  const checkSeconds = await allSeeding(first, count);
  await first.stop();

  tell('starting with them');
  const daemon = await start();
  const { cpuSeconds } = await daemon.usage();
  const seedingSeconds = daemon.readySeconds + (await allSeeding(daemon, count));
  tell(`idle for ${values.idle} s`);
  const idle = await watchUsage(daemon, Number(values.idle));
  if (engine === millrace) await toggleLoopProbe(daemon);
  const lists = await timeLists(daemon, LISTS);
  const loop = engine === millrace ? await toggleLoopProbe(daemon) : undefined;
  const requests = await countRequests(daemon, Number(values.requests));
  const stopSeconds = await daemon.stop();

  tell('killed, and started again');
  await (await start()).kill();
  const again = await start();
  await allSeeding(again, count);
  await again.stop();

  const rows = [
    ['add by RPC, 8 connections', 's', addSeconds],
    ['until all are seeding then', 's', checkSeconds],
    ['start to ready', 's', daemon.readySeconds, 5],
    ['CPU until then', 's', cpuSeconds],
    ['start to all seeding', 's', seedingSeconds],
    [`memory after ${values.idle} s idle`, 'MB', idle.rssBytes / 1e6, 250],
    ['CPU while idle', '% of a core', idle.cpuShare * 100, 2],
    [`list of all, 12 fields, ${figure(lists.bytes / 1e6)} MB`, 'ms', median(lists.times), 150],
    ['the slowest of 20', 'ms', Math.max(...lists.times)],
    ...(loop === undefined
      ? []
      : [['longest turn of the event loop meanwhile, CPU time', 'ms', loop.busy, 50]]),
    ['requests of one torrent, 8 connections', 'a second', requests.perSecond, -5000],
    ['CPU of the daemon for each', 'µs', requests.cpuMicros],
    ['stop', 's', stopSeconds],
    ['start to ready after SIGKILL', 's', again.readySeconds, 6],
  ];
  const table = {
    title: `${engine.name}, ${group(count)} idle torrents`,
    columns: ['what', 'measured', 'unit', 'target', ''],
    left: [2, 4],
    // a target below 0 is the least that is wanted
    rows: rows.map(([what, unit, value, target]) => [
      what,
      figure(value),
      unit,
      target === undefined ? '' : target < 0 ? `≥ ${group(-target)}` : `≤ ${group(target)}`,
      target === undefined ? '' : (target < 0 ? value >= -target : value <= target) ? 'met' : 'not met',
    ]),
  };
  console.log(renderText(table));
} finally {
  await processes.close();
  await workspace.remove();
}
