import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTorrent, type Metainfo } from '../../index.js';
import { createTracker } from '../../tracker/index.js';
import type { Context } from '../context.js';
import { formatBytes, formatCount, formatPieceLength, safeText } from '../format.js';
import { Crew } from './crew.js';
import { choosePayload, type Payload } from './payload.js';
import { LOOPBACK, type SwarmPlan, TORRENT_FILE } from './plan.js';
import { type Race, runRace } from './race.js';
import { type SwarmResult, summarize } from './result.js';
import { Workspace } from './workspace.js';

/** Short, so that peers that missed each other at the start meet soon. */
const ANNOUNCE_SECONDS = 10;
const MAX_PEERS_PER_REPLY = 1000;

/** Shares a file between processes of their own on loopback, with a tracker in this process. */
export async function runSwarm(context: Context, plan: SwarmPlan): Promise<SwarmResult> {
  const workspace = await Workspace.open(plan.dir);
  const crew = new Crew();
  const tracker = await createTracker({
    http: { port: 0, host: LOOPBACK },
    intervalSeconds: ANNOUNCE_SECONDS,
    maxPeersPerReply: MAX_PEERS_PER_REPLY,
  });
  try {
    const payload = await choosePayload(plan.file, workspace);
    const metainfo = await writeTorrent(context, plan, payload, workspace, tracker.http!.url);
    const race: Race = { context, plan, payload, metainfo, workspace, crew };
    const outcome = await runRace(race);
    await crew.stop();
    return await summarize(race, outcome);
  } finally {
    await crew.stop();
    await tracker.close();
    workspace.remove();
  }
}

async function writeTorrent(
  { output, interrupt }: Context,
  plan: SwarmPlan,
  payload: Payload,
  workspace: Workspace,
  trackerUrl: string,
): Promise<Metainfo> {
  const { bytes, metainfo } = await createTorrent(payload.path, {
    pieceLength: plan.pieceLength,
    announce: [[trackerUrl]],
    signal: interrupt.signal,
  });
  await workspace.requireSpace(metainfo.length * plan.leechers);
  await writeFile(join(workspace.dir, TORRENT_FILE), bytes);
  const { name, length, pieceCount, pieceLength } = metainfo;
  output.event('start', { name, length, pieceCount, pieceLength, leechers: plan.leechers });
  output.line(
    `${safeText(name)}: ${formatBytes(length)} in ${formatCount(pieceCount, 'piece')} of ${formatPieceLength(pieceLength)},` +
      ` from 1 seed to ${formatCount(plan.leechers, 'downloader')}, each a process`,
  );
  return metainfo;
}
