import { join } from 'node:path';
import type { Metainfo } from '../../index.js';
import type { Context } from '../context.js';
import { CliError, describeFailure } from '../failure.js';
import { formatSeconds, round3 } from '../format.js';
import type { Crew } from './crew.js';
import { openLiveTable } from './live-table.js';
import { Meter } from './meter.js';
import type { Payload } from './payload.js';
import type { PeerProcess } from './peer-process.js';
import { LOOPBACK, type SwarmPlan, TORRENT_FILE, upOf } from './plan.js';
import type { Workspace } from './workspace.js';

export interface Race {
  readonly context: Context;
  readonly plan: SwarmPlan;
  readonly payload: Payload;
  readonly metainfo: Metainfo;
  readonly workspace: Workspace;
  readonly crew: Crew;
}

/** What became of one downloader. */
export interface Finish {
  readonly id: string;
  readonly dir: string;
  /** From the moment that the last downloader was up; undefined when it did not finish. */
  readonly seconds?: number;
  readonly error?: string;
  /** Of its upload. */
  readonly meter: Meter;
  /** It tells what it was limited by, at the latest when it ends. */
  readonly peer: Pick<PeerProcess, 'limitedBy'>;
}

export interface Outcome {
  readonly seed: Pick<PeerProcess, 'limitedBy' | 'uploaded'>;
  readonly seedMeter: Meter;
  readonly finishes: readonly Finish[];
}

const SEED = 'seed';

/**
 * Starts all processes, lets the seed begin when the last downloader listens, and waits for all downloaders. They stay
 * when they are complete, as the bounds assume.
 */
export async function runRace({ context, plan, payload, metainfo, workspace, crew }: Race): Promise<Outcome> {
  const { output, interrupt } = context;
  const runners = Array.from({ length: plan.leechers }, (_, i) => `peer${i + 1}`).map(id => ({
    id,
    dir: workspace.folder(id),
    meter: new Meter(),
  }));
  const seedMeter = new Meter();
  const table = openLiveTable(output, [SEED, ...runners.map(runner => runner.id)]);
  const start = (id: string, meter: Meter, args: string[]) =>
    crew.start(id, args, progress => {
      meter.read(progress.uploaded, performance.now());
      table.update(id, progress);
    });

  const torrent = join(workspace.dir, TORRENT_FILE);
  // Peers of the race know each other by its tracker, and nobody else is to join.
  const alone = ['--no-dht', '--no-pex', '--no-lsd'];
  const common = ['--host', LOOPBACK, '--port', '0', '--no-state', ...alone, ...plan.childArgs];
  const seed = start(SEED, seedMeter, [
    ...['seed', torrent, '--dir', payload.dir, '--up', `${plan.seedUp}`],
    ...common,
  ]);
  const downloaders = runners.map(({ id, dir, meter }, i) =>
    start(id, meter, [
      ...['download', torrent, '--dir', dir, '--stay', '--up', `${upOf(plan, i)}`, '--down', `${plan.down}`],
      ...common,
    ]),
  );
  const stop = stopper(context, plan, seed);

  try {
    for (const downloader of downloaders) downloader.go();
    await Promise.race([Promise.all([seed, ...downloaders].map(peer => peer.listening)), stop]);
    const startMs = performance.now();
    seed.go();
    const finishes = await Promise.all(
      runners.map(async (runner, i): Promise<Finish> => {
        try {
          const atMs = await Promise.race([downloaders[i].complete, stop]);
          const seconds = (atMs - startMs) / 1000;
          output.event('complete', {
            id: runner.id,
            bytes: metainfo.length,
            seconds: round3(seconds),
            rate: Math.round(metainfo.length / seconds),
          });
          return { ...runner, peer: downloaders[i], seconds };
        } catch (error) {
          if (interrupt.cause) throw error;
          const { code, message } = describeFailure(error);
          output.event('error', { code, message, id: runner.id });
          return { ...runner, peer: downloaders[i], error: message };
        }
      }),
    );
    return { seed, seedMeter, finishes };
  } finally {
    table.stop();
  }
}

/** Rejects when there is no use in waiting longer: interrupted, out of time, or the seed is gone. */
function stopper({ interrupt }: Context, { timeoutMs }: SwarmPlan, seed: PeerProcess): Promise<never> {
  const stop = new Promise<never>((_, reject) => {
    const late = new CliError('ETIMEDOUT', `not complete after ${formatSeconds(timeoutMs / 1000)}`);
    setTimeout(() => reject(late), timeoutMs).unref();
    interrupt.signal.addEventListener('abort', () => reject(interrupt.signal.reason), { once: true });
    seed.complete.catch(reject);
  });
  stop.catch(() => {});
  return stop;
}
