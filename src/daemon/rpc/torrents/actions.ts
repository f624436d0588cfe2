import type { RpcContext } from '../context.js';
import { fromEngine, SYSTEM } from '../failures.js';
import { torrentsOf } from '../ids.js';
import { type Call, INVALID_PARAMS, RpcFailure } from '../methods.js';
import { Params } from '../params.js';
import { checkFolder } from './add.js';

/** `torrent_start`, and `torrent_start_now`: past the queue. */
export async function torrentStart(context: RpcContext, call: Call, now: boolean): Promise<void> {
  const { catalog, runner, nowSeconds } = context;
  for (const entry of torrentsOf(catalog, call.params.ids)) {
    catalog.edit(entry, { running: true, forced: now, finished: false, startedAt: nowSeconds() });
    if (entry.failure !== undefined && entry.torrent === undefined) await context.reopen(entry);
    else if (entry.torrent?.state === 'error') entry.torrent.resume(); // tries again
    runner.changed(entry);
  }
  await catalog.flush();
}

export async function torrentStop({ catalog, runner }: RpcContext, call: Call): Promise<void> {
  for (const entry of torrentsOf(catalog, call.params.ids)) {
    catalog.edit(entry, { running: false, forced: false });
    runner.changed(entry);
  }
  await catalog.flush();
}

/** Answers at once; a torrent that stood still does so again when it has been checked, unless it was started since. */
export function torrentVerify({ catalog, phases, runner }: RpcContext, call: Call): void {
  for (const entry of torrentsOf(catalog, call.params.ids)) {
    const { torrent } = entry;
    if (torrent === undefined || torrent.state === 'checking') continue;
    const ended = () => {
      phases.update(entry);
      runner.changed(entry);
    };
    torrent.recheck().then(ended, ended); // a failure is in its state
  }
}

export function torrentReannounce({ catalog }: RpcContext, call: Call): void {
  for (const { torrent } of torrentsOf(catalog, call.params.ids)) torrent?.reannounce();
}

/** Without `ids` Transmission removes everything, which nobody means. */
export async function torrentRemove(context: RpcContext, call: Call): Promise<void> {
  if (call.params.ids === undefined || call.params.ids === null)
    throw new RpcFailure(INVALID_PARAMS, 'torrents to remove must be named: ids');
  const params = new Params(call.params);
  const entries = [...torrentsOf(context.catalog, call.params.ids)];
  await context.removing.remove(entries, params.flag('delete_local_data') ?? false);
}

/** Answers when the folder is accepted: a move to another disk takes longer than clients wait. */
export async function torrentSetLocation(context: RpcContext, call: Call): Promise<void> {
  const params = new Params(call.params);
  const location = params.text('location');
  if (location === undefined || location === '') throw new RpcFailure(INVALID_PARAMS, 'no location');
  await checkFolder(context, location, 'new location path is not absolute');
  const data = params.flag('move') ? 'move' : 'is-there';
  for (const entry of torrentsOf(context.catalog, call.params.ids))
    context.moving.move(entry, location, data).catch(() => {}); // it is in the log, and in the torrent's state
}

export async function torrentRenamePath(context: RpcContext, call: Call): Promise<object> {
  const params = new Params(call.params);
  const entries = [...torrentsOf(context.catalog, call.params.ids)];
  const [path, name] = [params.text('path'), params.text('name')];
  if (entries.length !== 1 || call.params.ids === undefined)
    throw new RpcFailure(INVALID_PARAMS, 'torrent-rename-path requires 1 torrent');
  if (!path || !name) throw new RpcFailure(INVALID_PARAMS, 'path and name are needed');
  // it stays in its folder; other characters are made safe
  if (name.includes('/')) throw new RpcFailure(INVALID_PARAMS, 'a name has no slash');
  const [entry] = entries;
  if (entry.torrent === undefined) throw new RpcFailure(SYSTEM, 'the torrent could not be opened');
  try {
    await entry.torrent.rename(path, name);
  } catch (error) {
    throw fromEngine(error);
  }
  context.catalog.edit(entry, { renames: entry.torrent.renames, name: entry.torrent.stats().name });
  await context.catalog.flush();
  // as it is now: what no file system takes was made safe
  return { id: entry.id, name: entry.torrent.renames.at(-1)?.name ?? name, path };
}

/** In the order in which they stand, so that several keep theirs. */
export async function queueMove(
  { catalog, runner }: RpcContext,
  call: Call,
  where: 'top' | 'up' | 'down' | 'bottom',
): Promise<void> {
  const order = catalog.inQueueOrder();
  const named = new Set(torrentsOf(catalog, call.params.ids));
  const chosen = order.filter(entry => named.has(entry));
  const backwards = where === 'top' || where === 'down';
  // those in front of it that go the same way are not passed
  for (const [passed, entry] of (backwards ? chosen.toReversed() : chosen).entries()) {
    catalog.inQueueOrder(); // positions, as of now
    if (where === 'top' || where === 'bottom') catalog.moveTo(entry, where === 'top' ? 0 : catalog.size);
    else if (where === 'up') catalog.moveTo(entry, Math.max(passed, entry.position - 1));
    else catalog.moveTo(entry, Math.min(catalog.size - 1 - passed, entry.position + 1));
  }
  await catalog.flush();
  runner.settle();
}
