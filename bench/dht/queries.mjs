// Queries a second that a node of the DHT answers on one core: `node bench/dht/queries.mjs [--seconds N] [--addresses N]`.
// What counts on a machine that does other things, too, is answers by second of the node's own CPU time.
import { execFileSync } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { group } from '../lib/format.mjs';
import { Processes } from '../lib/processes.mjs';
import { renderText } from '../lib/table.mjs';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    /** Of this machine, which queries come from. */
    addresses: { type: 'string', default: '200' },
    /** Times that it is measured. */
    runs: { type: 'string', default: '3' },
    profile: { type: 'boolean', default: false },
  },
});
const seconds = Number(values.seconds);
const WARM_UP_SECONDS = 2;

const processes = new Processes();
try {
  const node = processes.node(new URL('node-process.mjs', import.meta.url));
  const pinned = pin(node.pid);
  const asker = processes.node(new URL('asker-process.mjs', import.meta.url));
  const address = await node.ask('start', {});
  await asker.ask('start', { node: address, addresses: Number(values.addresses), first: 0 });
  await asker.ask('go', {});
  await setTimeout(WARM_UP_SECONDS * 1000);
  const rows = [];
  for (let run = 0; run < Number(values.runs); run++) rows.push(await measure(node, asker));
  process.stdout.write(
    `${renderText({
      title: `Queries to one node from ${values.addresses} addresses: 40 % find_node, 40 % get_peers, 10 % ping, 10 % announce_peer`,
      columns: [
        '',
        'answers/s',
        'CPU of the node',
        'answers by CPU second',
        'errors',
        'bytes in',
        'bytes out',
        'RSS',
      ],
      rows,
      notes: [
        pinned ? 'the node is pinned to one core' : 'the node is not pinned: taskset is lacking',
        statsOf(await node.ask('stats', {})),
      ],
    })}\n`,
  );
  if (values.profile) await profile(node);
} finally {
  await processes.close();
}

async function measure(node, asker) {
  const [before, used] = [await asker.ask('counts', {}), await node.ask('usage', {})];
  const startMs = performance.now();
  await setTimeout(seconds * 1000);
  const [after, usage] = [await asker.ask('counts', {}), await node.ask('usage', {})];
  const passed = (performance.now() - startMs) / 1000;
  const cpuSeconds = usage.cpuSeconds - used.cpuSeconds;
  const answers = after.responses - before.responses;
  const each = key => ((after[key] - before[key]) / answers).toFixed(0);
  return [
    `${passed.toFixed(1)} s`,
    group(Math.round(answers / passed)),
    `${((100 * cpuSeconds) / passed).toFixed(0)} %`,
    group(Math.round(answers / cpuSeconds)),
    group(after.errors - before.errors),
    each('bytesOut'),
    each('bytesIn'),
    `${(usage.rssBytes / 1e6).toFixed(0)} MB`,
  ];
}

async function profile(node) {
  await node.ask('startProfile', {});
  await setTimeout(seconds * 1000);
  const { loop } = await node.ask('stopProfile', {});
  const sorted = Object.entries(loop).sort(([, a], [, b]) => b - a);
  process.stdout.write(`\n${sorted.map(([name, time]) => `${time.toFixed(2)} s  ${name}`).join('\n')}\n`);
}

function statsOf({ nodes, queriesIn, storedPeers, dropped }) {
  return `the node has ${nodes} nodes and ${group(storedPeers)} peers; ${group(queriesIn)} queries in, ${group(dropped)} dropped`;
}

/** All threads of it, to the last core. @returns {boolean} whether that can be done here */
function pin(pid) {
  try {
    execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', '1', String(pid)], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
