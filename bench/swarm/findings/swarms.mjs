// What the findings have in common: rates and sizes, and the same swarm as a command line.

/** @typedef {import('../../../dist/sim/index.js').Scenario} Scenario */
/** @typedef {import('../../../dist/sim/index.js').SimulationReport} SimulationReport */

export const MB = 1_000_000;
export const KIB = 1024;
export const MIB = 1024 * KIB;

/** Ten times the uplink that most findings use: no download is ever the limit. */
export const DOWN = 10 * MB;

/** Downloaders that are all alike. @returns {Scenario} */
export function swarm({ peers = 100, size = 64 * MIB, seedUp = MB, up = MB, leavers = 0, ...rest } = {}) {
  return {
    fileBytes: size,
    seedUp,
    groups: [{ name: 'peers', peers, up, down: DOWN, leavers }],
    ...rest,
  };
}

/** Of `peers`, a share that never uploads. @returns {Scenario} */
export function swarmWithFreeRiders({ peers = 100, share = 0.2, leavers = 0, up = MB, ...rest } = {}) {
  const riders = Math.round(peers * share);
  const group = { up, down: DOWN, leavers };
  return {
    ...swarm(rest),
    groups: [
      { ...group, name: 'contributors', peers: peers - riders },
      { ...group, name: 'free riders', peers: riders, freeRider: true },
    ],
  };
}

const FLAGS = {
  pieceLength: value => `--piece-length ${sizeText(value)}`,
  profile: value => `--profile ${value}`,
  slots: value => `--slots ${value === Number.POSITIVE_INFINITY ? 'all' : value}`,
  reviewMs: value => `--review ${value / 1000}s`,
  optimisticMs: value => `--optimistic ${value / 1000}s`,
  neighbours: value => `--neighbours ${value}`,
  picker: value => `--picker ${value}`,
  fidelity: value => `--fidelity ${value}`,
  seedLeaves: value => `--seed-leaves ${value}`,
  superSeeding: value => (value ? '--super-seed' : '--no-super-seed'),
};

/** The command that runs the swarm. @param {Scenario} scenario one group, or contributors and free riders */
export function commandOf(scenario) {
  const { fileBytes, seedUp, groups } = scenario;
  const [{ up, down, leavers }] = groups;
  const peers = groups.reduce((sum, group) => sum + group.peers, 0);
  const riders = groups.find(group => group.freeRider)?.peers ?? 0;
  const flags = Object.entries(FLAGS).flatMap(([name, flag]) =>
    scenario[name] === undefined ? [] : [flag(scenario[name])],
  );
  if (leavers) flags.push(`--leavers ${100 * leavers}%`);
  if (riders > 0) flags.push(`--free-riders ${(100 * riders) / peers}%`);
  const rates = `--seed-up ${rateText(seedUp)} --up ${rateText(up)} --down ${rateText(down)}`;
  return [`millrace simulate --peers ${peers} --size ${sizeText(fileBytes)} ${rates}`, ...flags].join(' ');
}

export function sizeText(bytes) {
  return bytes % MIB === 0 ? `${bytes / MIB}MiB` : `${bytes / KIB}KiB`;
}

function rateText(rates) {
  return [rates]
    .flat()
    .map(rate => `${rate / MB}MB/s`)
    .join(',');
}
