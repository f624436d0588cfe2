// Part `sockets`: how many clients at once a server of ours bears, and what limits it then.

import { lineChart } from '../lib/charts.mjs';
import { duration, figure, group, spread } from '../lib/format.mjs';
import { alternate, roundName } from '../lib/pairs.mjs';
import { figureOf } from '../lib/part.mjs';
import { inUnits, quantile } from '../lib/stats.mjs';
import { Crowd } from './crowd.mjs';

const CLIENTS = [1, 10, 100, 1000, 10_000];
const QUICK_CLIENTS = CLIENTS.slice(0, -1);

/** More would take longer than they tell. */
const MAX_SAMPLES = 3;
const QUICK_SAMPLES = 2;

/** A client that has waited so long gives up. The system repeats an unanswered SYN after 1 s, and then after 2 s more. */
const LATE_MS = 2000;

/** More than these ask for longer: it takes them a while to come to an even flow. */
const MANY = 1000;

/** Under load, until the code is compiled. */
const WARM_UP = { clients: 100, seconds: 0.5, lateMs: LATE_MS };

const SERVERS = [
  { kind: 'line', id: 'tcp', title: 'Upper case over TCP' },
  // What the tracker has by default (src/tracker/options.ts), given here so that it can be named.
  { kind: 'http', id: 'tracker over HTTP', title: 'Tracker over HTTP', maxConnections: 4096 },
  { kind: 'udp', id: 'tracker over UDP', title: 'Tracker over UDP' },
];

/** @param {import('../lib/part.mjs').Context} context @returns {Promise<import('../lib/part.mjs').PartResult>} */
export async function run({ quick, samples: wanted, processes, signal, progress }) {
  const samples = Math.min(wanted, quick ? QUICK_SAMPLES : MAX_SAMPLES);
  const steps = quick ? QUICK_CLIENTS : CLIENTS;
  const seconds = quick ? 0.15 : 0.8;
  const manySeconds = quick ? 0.15 : 2;
  const variants = {};
  for (const server of SERVERS) {
    const crowd = await Crowd.open(processes, server);
    await crowd.ask(WARM_UP);
    for (const clients of steps) {
      const options = { clients, seconds: clients > MANY ? manySeconds : seconds, lateMs: LATE_MS };
      variants[nameOf(server, clients)] = () => measure(crowd, options);
    }
  }
  const rounds = await alternate(variants, {
    samples,
    warm: 0,
    signal,
    onRun: (name, round) => progress(`${name}, ${roundName(round, samples)}`),
  });
  const results = SERVERS.map(server => ({
    ...server,
    steps: steps.map(clients => summarizeStep(rounds, nameOf(server, clients), clients)),
  }));
  return describe(results, { seconds, manySeconds, rounds });
}

function nameOf({ title }, clients) {
  return `${title}, clients: ${group(clients)}`;
}

async function measure(crowd, options) {
  const { latencies, answered, refused, late, ...rest } = await crowd.ask(options);
  const questions = answered + refused + late;
  const at = q => (latencies.length === 0 ? Number.NaN : quantile(latencies, q) / 1000);
  return {
    ...rest,
    questions,
    p50: at(0.5),
    p99: at(0.99),
    refused: refused / questions,
    late: late / questions,
  };
}

function summarizeStep(rounds, name, clients) {
  const pick = key => rounds.summary(name, result => result[key]);
  return {
    clients,
    perSecond: pick('perSecond'),
    p50: pick('p50'),
    p99: pick('p99'),
    refused: pick('refused'),
    late: pick('late'),
    cpu: rounds.summary(name, ({ load }) => load.server.ran),
    limits: usual(rounds.rounds.map(round => round[name].limits)),
  };
}

/** What was named in half of the rounds at least. @param {readonly (readonly string[])[]} lists */
function usual(lists) {
  const names = [...new Set(lists.flat())];
  return names.filter(name => lists.filter(list => list.includes(name)).length * 2 >= lists.length);
}

function describe(results, { seconds, manySeconds, rounds }) {
  return {
    title: 'Sockets',
    method: [
      `How many clients at once does a server bear? Clients come first, in waves, and those over TCP connect. Then all ask at once, and each asks again as soon as it is answered, for ${seconds} s (${manySeconds} s when they are more than ${group(MANY)}), in ${rounds.samples} rounds: the upper-case server of \`examples/sockets\` one line, the tracker one announce in one of 100 torrents. TCP has a connection for each question. The server is a process on one core, the clients are processes beside it, on the same machine.`,
      `Answers a second are those that came in that time; p50 and p99 are of all answers. Refused are questions whose connection was closed or reset without an answer, late those without one after ${LATE_MS / 1000} s; a refused client comes again after 0.5 s. CPU is the share of a core that the server's event loop had.`,
      'Limits are named by what the system counted meanwhile: the file descriptors of the server, connections that found the queue of `listen` full (they come again after 1 s, which p99 shows), datagrams that found no room, event loops that were never idle. All servers are as they are by default.',
    ],
    tables: results.map(tableOf),
    charts: [
      chart(results, {
        name: 'sockets-answers',
        title: 'Answers as clients grow',
        yTitle: 'answers per second',
        pick: ({ perSecond }) => perSecond,
      }),
      chart(results, {
        name: 'sockets-p99',
        title: 'Time within which 99 of 100 answers come',
        yTitle: 'p99, ms',
        pick: ({ p99 }) => inUnits(p99, 1e-3),
      }),
    ],
    figures: results.flatMap(({ id, steps }) =>
      steps.flatMap(({ clients, perSecond, p50, p99, refused, late }) => [
        figureOf(`sockets.${id}.${clients}.answers`, perSecond, '1/s', 'higher'),
        figureOf(`sockets.${id}.${clients}.p50`, p50, 's', 'lower'),
        figureOf(`sockets.${id}.${clients}.p99`, p99, 's', 'lower'),
        figureOf(`sockets.${id}.${clients}.refused`, refused, '', 'lower'),
        figureOf(`sockets.${id}.${clients}.late`, late, '', 'lower'),
      ]),
    ),
    data: { seconds, manySeconds, results, rounds: rounds.rounds },
  };
}

function tableOf({ title, steps }) {
  return {
    title,
    columns: ['clients', 'answers/s', 'p50', 'p99', 'refused', 'late', 'CPU', 'limit'],
    left: [7],
    rows: steps.map(({ clients, perSecond, p50, p99, refused, late, cpu, limits }) => [
      group(clients),
      spread(perSecond),
      time(p50.median),
      time(p99.median),
      percent(refused.median),
      percent(late.median),
      percent(cpu.median),
      limits.length > 0 ? limits.join('; ') : 'none',
    ]),
  };
}

/** A line a server; its name says what limits it at the end. Both axes are logarithmic, so there is no place for 0. */
function chart(results, { name, title, yTitle, pick }) {
  const series = results.map(({ title: server, steps }) => {
    const shown = steps.filter(step => pick(step).min > 0);
    return {
      name: `${server}: ${steps.at(-1).limits[0] ?? 'no limit'}`,
      points: shown.map(step => [step.clients, pick(step).median]),
      spread: shown.map(pick),
    };
  });
  const most = group(results[0].steps.at(-1).clients);
  const subtitle = `Median, whiskers from minimum to maximum; the legend names what limits ${most} clients`;
  return {
    name,
    title,
    svg: lineChart({ title, subtitle, xTitle: 'clients at once', yTitle, log: true, series }),
  };
}

function time(seconds) {
  return Number.isFinite(seconds) ? duration(seconds) : '–';
}

function percent(share) {
  return share === 0 ? '0' : `${figure(share * 100)} %`;
}
