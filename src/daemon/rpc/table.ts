import type { RpcContext } from './context.js';
import { BLOCKLIST, SYSTEM } from './failures.js';
import { type Call, type Methods, RpcFailure } from './methods.js';
import { SESSION_FIELDS } from './session/fields.js';
import { freeSpace } from './session/free-space.js';
import { groupGet, groupSet } from './session/groups.js';
import { sessionSet } from './session/set.js';
import { sessionStats } from './session/stats.js';
import { toSnake } from './spelling.js';
import {
  queueMove,
  torrentReannounce,
  torrentRemove,
  torrentRenamePath,
  torrentSetLocation,
  torrentStart,
  torrentStop,
  torrentVerify,
} from './torrents/actions.js';
import { torrentAdd } from './torrents/add.js';
import { torrentGet } from './torrents/get.js';
import { torrentSet } from './torrents/set.js';

/** All that clients can ask, by our names. */
export function createMethods(context: RpcContext): Methods {
  return new Map<string, (call: Call) => unknown>([
    ['torrent_get', call => torrentGet(context, call)],
    ['torrent_add', call => torrentAdd(context, call)],
    ['torrent_set', call => torrentSet(context, call)],
    ['torrent_start', call => torrentStart(context, call, false)],
    ['torrent_start_now', call => torrentStart(context, call, true)],
    ['torrent_stop', call => torrentStop(context, call)],
    ['torrent_verify', call => torrentVerify(context, call)],
    ['torrent_reannounce', call => torrentReannounce(context, call)],
    ['torrent_remove', call => torrentRemove(context, call)],
    ['torrent_set_location', call => torrentSetLocation(context, call)],
    ['torrent_rename_path', call => torrentRenamePath(context, call)],
    ...(['top', 'up', 'down', 'bottom'] as const).map(
      where => [`queue_move_${where}`, (call: Call) => queueMove(context, call, where)] as const,
    ),
    ['session_get', call => sessionGet(context, call)],
    ['session_set', call => sessionSet(context, call)],
    ['session_stats', () => sessionStats(context)],
    ['session_close', () => context.close()],
    ['free_space', call => freeSpace(context, call)],
    ['port_test', portTest],
    ['blocklist_update', () => blocklistUpdate(context)],
    ['group_get', call => groupGet(context, call)],
    ['group_set', call => groupSet(context, call)],
  ]);
}

function sessionGet(context: RpcContext, { params, dialect }: Call): object {
  const asked = Array.isArray(params.fields)
    ? new Set(params.fields.filter(field => typeof field === 'string').map(toSnake))
    : undefined;
  const session: Record<string, unknown> = {};
  for (const [name, get] of SESSION_FIELDS)
    if (asked?.has(name) ?? true) session[name] = get(context, dialect);
  return session;
}

/** Only somebody outside could tell, and nobody is asked who is not a peer or a tracker of ours. */
function portTest(): never {
  throw new RpcFailure(SYSTEM, 'the port can only be tested from outside, and no such service is asked');
}

async function blocklistUpdate({ blocklist }: RpcContext): Promise<object> {
  try {
    return { blocklist_size: await blocklist.update() };
  } catch (error) {
    throw new RpcFailure(BLOCKLIST, (error as Error).message);
  }
}
