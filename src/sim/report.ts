import { clientServerSeconds, discreteSeconds, peerToPeerSeconds } from './bounds.js';
import type { PeerPlan } from './population.js';
import type { LostPiece, Recorder, Sample } from './recorder.js';
import { type ResolvedScenario, SEED_GROUP } from './scenario.js';

/** Seconds are virtual, counted from a peer's arrival; null where it did not happen. */
export interface PeerResult {
  readonly peer: number;
  readonly group: string;
  readonly arrivedSeconds: number;
  /** Until its first byte was on the way. */
  readonly startSeconds: number | null;
  readonly seconds: number | null;
  readonly uploadedBytes: number;
  readonly downloadedBytes: number;
}

export interface Completion {
  readonly peers: number;
  readonly complete: number;
  readonly median: number | null;
  readonly p90: number | null;
  readonly p99: number | null;
  readonly last: number | null;
}

export interface GroupResult extends Completion {
  readonly group: string;
  /** Median time until the first byte. */
  readonly start: number | null;
  readonly uploadedBytes: number;
  readonly downloadedBytes: number;
}

export interface SampleResult {
  readonly seconds: number;
  readonly present: number;
  /** Share of the uplinks that was used since the sample before, free riders' left out. */
  readonly utilisation: number;
  readonly rarestCopies: number;
  readonly meanCopies: number;
  /** Of all bytes sent so far. */
  readonly seedShare: number;
}

export interface SimulationReport {
  readonly scenario: Readonly<Record<string, unknown>>;
  /** Least times for the peers as they are, all there from the start and free riders sending nothing. */
  readonly bounds: {
    readonly clientServer: number;
    readonly peerToPeer: number;
    readonly discrete: number;
  };
  readonly completion: Completion;
  /** Completion as multiples of the bounds. */
  readonly ratio: Readonly<
    Record<'peerToPeer' | 'discrete' | 'clientServer', { median: number | null; last: number | null }>
  >;
  readonly groups: readonly GroupResult[];
  readonly seeds: { readonly uploadedBytes: number; readonly copies: number; readonly share: number };
  /** Share of all uplinks that was used until the end. */
  readonly utilisation: number;
  readonly unchokes: { readonly total: number; readonly perPeerMinute: number };
  readonly wastedBytes: number;
  /** Every piece is still there at the end; those that are not, and since when. */
  readonly survived: boolean;
  readonly lost: readonly { readonly piece: number; readonly seconds: number }[];
  readonly endSeconds: number;
  readonly samples: readonly SampleResult[];
  readonly peers: readonly PeerResult[];
}

/** What a run leaves behind, at either fidelity. */
export interface RunResult {
  readonly recorder: Recorder;
  readonly sentBytes: ArrayLike<number>;
  readonly receivedBytes: ArrayLike<number>;
  readonly unchokes: number;
}

export function makeReport(
  scenario: ResolvedScenario,
  plans: readonly PeerPlan[],
  { recorder, sentBytes, receivedBytes, unchokes }: RunResult,
): SimulationReport {
  const peers = plans.filter(plan => !plan.isSeed).map(plan => peerResult(plan));
  const bounds = boundsOf(scenario, plans);
  const completion = completionOf(peers);
  const last = recorder.samples.at(-1)!;
  const { endMs } = recorder;

  function peerResult({ number, group }: PeerPlan): PeerResult {
    const cameMs = recorder.cameMs[number];
    const completedMs = recorder.completedMs(number);
    const startedMs = recorder.startedMs[number];
    return {
      peer: number,
      group,
      arrivedSeconds: tidy(cameMs / 1000),
      startSeconds: Number.isNaN(startedMs) ? null : tidy((startedMs - cameMs) / 1000),
      seconds: completedMs === undefined ? null : tidy((completedMs - cameMs) / 1000),
      uploadedBytes: Math.round(sentBytes[number]),
      downloadedBytes: Math.round(receivedBytes[number]),
    };
  }
  const over = (bound: number) => ({
    median: completion.median === null ? null : tidy(completion.median / bound),
    last: completion.last === null ? null : tidy(completion.last / bound),
  });
  return {
    scenario: describe(scenario),
    bounds,
    completion,
    ratio: {
      peerToPeer: over(bounds.peerToPeer),
      discrete: over(bounds.discrete),
      clientServer: over(bounds.clientServer),
    },
    groups: scenario.groups.map(({ name }) =>
      groupOf(
        name,
        peers.filter(peer => peer.group === name),
      ),
    ),
    seeds: {
      uploadedBytes: Math.round(last.seedSentBytes),
      copies: tidy(last.seedSentBytes / scenario.fileBytes),
      share: last.sentBytes === 0 ? 0 : tidy(last.seedSentBytes / last.sentBytes),
    },
    utilisation: last.capacityBytes === 0 ? 0 : tidy(last.sentBytes / last.capacityBytes),
    unchokes: {
      total: unchokes,
      perPeerMinute: endMs === 0 ? 0 : tidy((unchokes * 60_000) / (plans.length * endMs)),
    },
    wastedBytes: Math.round(recorder.wastedBytes.reduce((sum, bytes) => sum + bytes, 0)),
    survived: recorder.lost().length === 0,
    lost: recorder.lost().map(({ piece, atMs }: LostPiece) => ({ piece, seconds: tidy(atMs / 1000) })),
    endSeconds: tidy(endMs / 1000),
    samples: recorder.samples.map((sample, i) => sampleResult(sample, recorder.samples[i - 1])),
    peers,
  };
}

/** Of a sorted list, the least value that is not below so large a part of it. */
export function quantile(sorted: readonly number[], part: number): number | null {
  if (sorted.length === 0) return null;
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)];
}

function completionOf(peers: readonly PeerResult[]): Completion {
  const times = sorted(peers.map(peer => peer.seconds));
  return {
    peers: peers.length,
    complete: times.length,
    median: quantile(times, 0.5),
    p90: quantile(times, 0.9),
    p99: quantile(times, 0.99),
    last: times.at(-1) ?? null,
  };
}

function groupOf(group: string, peers: readonly PeerResult[]): GroupResult {
  return {
    group,
    ...completionOf(peers),
    start: quantile(sorted(peers.map(peer => peer.startSeconds)), 0.5),
    uploadedBytes: peers.reduce((sum, peer) => sum + peer.uploadedBytes, 0),
    downloadedBytes: peers.reduce((sum, peer) => sum + peer.downloadedBytes, 0),
  };
}

function sampleResult(sample: Sample, before: Sample | undefined): SampleResult {
  const sent = sample.sentBytes - (before?.sentBytes ?? 0);
  const capacity = sample.capacityBytes - (before?.capacityBytes ?? 0);
  return {
    seconds: tidy(sample.atMs / 1000),
    present: sample.present,
    utilisation: capacity <= 0 ? 0 : tidy(sent / capacity),
    rarestCopies: sample.rarestCopies,
    meanCopies: tidy(sample.meanCopies),
    seedShare: sample.sentBytes === 0 ? 0 : tidy(sample.seedSentBytes / sample.sentBytes),
  };
}

function boundsOf({ fileBytes, pieces, seedUp, seeds }: ResolvedScenario, plans: readonly PeerPlan[]) {
  const downloaders = plans.filter(plan => plan.group !== SEED_GROUP);
  const swarm = {
    fileBytes,
    pieces,
    peers: downloaders.length,
    seedUpBytesPerSecond: seedUp * Math.max(1, seeds),
    upBytesPerSecond: downloaders.map(plan => (plan.freeRider ? 0 : plan.up * 1000)),
    downBytesPerSecond: downloaders.map(plan => plan.down * 1000),
  };
  return {
    clientServer: tidy(clientServerSeconds(swarm)),
    peerToPeer: tidy(peerToPeerSeconds(swarm)),
    discrete: tidy(discreteSeconds(swarm)),
  };
}

/** The scenario as JSON can say it. */
function describe({ groups, ...scenario }: ResolvedScenario): Record<string, unknown> {
  return {
    ...scenario,
    slots: scenario.slots === Number.POSITIVE_INFINITY ? 'all' : scenario.slots,
    groups: groups.map(group => ({
      ...group,
      down: group.down.map(rate => (rate === Number.POSITIVE_INFINITY ? 'unlimited' : rate)),
      arrivals: group.arrivals.kind === 'trace' ? { kind: 'trace' } : group.arrivals,
    })),
  };
}

function sorted(values: readonly (number | null)[]): number[] {
  return values.filter(value => value !== null).sort((a, b) => a - b);
}

/** Microseconds and millionths are what a reader can use. */
function tidy(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
