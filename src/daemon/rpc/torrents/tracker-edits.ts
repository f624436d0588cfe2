import { ANNOUNCE_LIST, TRACKER_LIST } from '../failures.js';
import { RpcFailure } from '../methods.js';
import type { Params } from '../params.js';

/** As many as the engine asks. */
const MAX_TRACKERS = 100;
const TRACKER_URL = /^(https?|udp):\/\//i;

type Tiers = readonly (readonly string[])[];

/** The tiers after what a client wants of them; undefined: they stay. @throws RpcFailure */
export function editTrackers(before: Tiers, params: Params): string[][] | undefined {
  const list = params.text('tracker_list');
  const add = params.texts('tracker_add');
  const remove = params.list('tracker_remove');
  const replace = params.list('tracker_replace');
  if (list === undefined && add === undefined && remove === undefined && replace === undefined)
    return undefined;
  let tiers = list === undefined ? before.map(tier => [...tier]) : readList(list);
  const count = tiers.flat().length;
  for (const id of [...(remove ?? []), ...(replace ?? []).filter((_, at) => at % 2 === 0)])
    if (!Number.isInteger(id) || (id as number) < 0 || (id as number) >= count)
      throw new RpcFailure(TRACKER_LIST, 'invalid argument');
  // numbers are those that the client has seen: what goes, goes last
  if (replace !== undefined) tiers = replaced(tiers, replace);
  if (remove !== undefined) tiers = without(tiers, remove);
  for (const url of add ?? []) {
    if (tiers.flat().includes(url)) throw new RpcFailure(ANNOUNCE_LIST, 'tracker already exists');
    tiers.push([checked(url)]);
  }
  if (tiers.flat().length > MAX_TRACKERS)
    throw new RpcFailure(TRACKER_LIST, `a torrent has at most ${MAX_TRACKERS} trackers`);
  return tiers.filter(tier => tier.length > 0);
}

/** Lines are trackers, empty ones are between tiers. */
function readList(text: string): string[][] {
  const tiers: string[][] = [[]];
  for (const line of text.split(/\r?\n/).map(line => line.trim())) {
    if (line === '') tiers.push([]);
    else tiers.at(-1)!.push(checked(line));
  }
  return tiers.filter(tier => tier.length > 0);
}

/** By their numbers, which are their places in the list. */
function without(tiers: string[][], numbers: readonly unknown[]): string[][] {
  let id = 0;
  return tiers.map(tier => tier.filter(() => !numbers.includes(id++)));
}

/** Pairs of a number and the URL that takes its place. */
function replaced(tiers: string[][], pairs: readonly unknown[]): string[][] {
  const urls = new Map<number, string>();
  for (let at = 0; at + 1 < pairs.length; at += 2) {
    const [id, url] = [pairs[at], pairs[at + 1]];
    if (typeof id === 'number' && typeof url === 'string') urls.set(id, checked(url));
  }
  let id = 0;
  return tiers.map(tier => tier.map(url => urls.get(id++) ?? url));
}

function checked(url: string): string {
  if (TRACKER_URL.test(url) && URL.canParse(url)) return url;
  throw new RpcFailure(TRACKER_LIST, 'invalid tracker URL');
}
