import type { Settings } from '../../config/settings.js';
import type { RpcContext } from '../context.js';
import { fromEngine, SYSTEM } from '../failures.js';
import { type Call, RpcFailure } from '../methods.js';
import { Params } from '../params.js';
import { checkFolder } from '../torrents/add.js';
import { daysOf } from './fields.js';
import { PAIRS, settingOf } from './pairs.js';

const KB = 1000;
const DAY_MINUTES = 1440;
const MAX_PEERS = 1_000_000;
const MAX_PEERS_PER_TORRENT = 10_000;

type Changes = { -readonly [K in keyof Settings]?: Settings[K] };
/** What is shown beside something that is off, by name. */
type Remembered = Map<string, string | number>;

/** `session_set`: nothing is changed when something cannot be. What cannot be set here is passed over. */
export async function sessionSet(context: RpcContext, call: Call): Promise<void> {
  const params = new Params(call.params);
  const { settings, dormant, speed } = context;
  const remembered: Remembered = new Map();
  const changes: Changes = {
    ...(await folders(context, params, remembered)),
    ...peers(params),
    ...altSpeed(params),
    ...scripts(context, params, remembered),
    ...others(params),
  };
  for (const pair of PAIRS) {
    const wish = settingOf(pair, params, settings, dormant);
    if (wish === undefined) continue;
    Object.assign(changes, wish.setting);
    remembered.set(pair.number, wish.number);
  }
  await changePort(context, params, changes);
  settings.set(changes);
  for (const [name, value] of remembered)
    if (typeof value === 'number') dormant.set(name, value);
    else dormant.setText(name, value);
  const alternative = params.flag('alt_speed_enabled');
  if (alternative !== undefined) speed.set(alternative);
  await context.catalog.flush();
}

async function folders(context: RpcContext, params: Params, remembered: Remembered): Promise<Changes> {
  const changes: Changes = {};
  const download = params.text('download_dir');
  if (download !== undefined) {
    await checkFolder(context, download, 'download directory path is not absolute');
    changes['download-dir'] = download;
  }
  const incomplete = params.text('incomplete_dir');
  if (incomplete !== undefined && incomplete !== '')
    await checkFolder(context, incomplete, 'incomplete torrents directory path is not absolute');
  const enabled = params.flag('incomplete_dir_enabled');
  const { settings, dormant } = context;
  if (incomplete) remembered.set('incomplete_dir', incomplete);
  if (enabled === false) changes['incomplete-dir'] = undefined;
  else if (enabled === true || settings.get('incomplete-dir') !== undefined) {
    const dir = incomplete || settings.get('incomplete-dir') || dormant.getText('incomplete_dir');
    if (dir) changes['incomplete-dir'] = dir;
  }
  return changes;
}

function peers(params: Params): Changes {
  const all = params.whole('peer_limit_global', 1, MAX_PEERS);
  const each = params.whole('peer_limit_per_torrent', 1, MAX_PEERS_PER_TORRENT);
  const mapping = params.flag('port_forwarding_enabled');
  return {
    ...(all !== undefined && { 'max-peers': all }),
    ...(each !== undefined && { 'max-peers-per-torrent': each }),
    ...(mapping !== undefined && { 'port-mapping': mapping }),
  };
}

function altSpeed(params: Params): Changes {
  const changes: Changes = {};
  const down = params.whole('alt_speed_down', 0);
  if (down !== undefined) changes['alt-down'] = Math.max(1, down * KB);
  const up = params.whole('alt_speed_up', 0);
  if (up !== undefined) changes['alt-up'] = Math.max(1, up * KB);
  const enabled = params.flag('alt_speed_time_enabled');
  if (enabled !== undefined) changes['alt-schedule'] = enabled;
  const begin = params.whole('alt_speed_time_begin', 0, DAY_MINUTES - 1);
  if (begin !== undefined) changes['alt-begin'] = begin;
  const end = params.whole('alt_speed_time_end', 0, DAY_MINUTES - 1);
  if (end !== undefined) changes['alt-end'] = end;
  const days = params.whole('alt_speed_time_day', 0, 127);
  if (days !== undefined) changes['alt-days'] = daysOf(days);
  return changes;
}

/** A program that a client names would run as we do: whoever has the password could do anything. */
function scripts({ settings, dormant }: RpcContext, params: Params, remembered: Remembered): Changes {
  const changes: Changes = {};
  for (const [when, key] of [
    ['added', 'on-added'],
    ['done', 'on-done'],
    ['done_seeding', 'on-done-seeding'],
  ] as const) {
    const file = params.text(`script_torrent_${when}_filename`);
    const enabled = params.flag(`script_torrent_${when}_enabled`);
    if (file === undefined && enabled === undefined) continue;
    if (!settings.get('rpc-scripts')) {
      // clients send all settings of a form: those that say what is so are no attempt
      const ours = settings.get(key);
      const unchanged = ours === undefined ? !enabled : (file ?? ours) === ours && (enabled ?? true);
      const off = !enabled && !file; // is passed over
      if (unchanged || off) continue;
      throw new RpcFailure(SYSTEM, 'clients may not name programs: rpc-scripts is off');
    }
    if (file) remembered.set(key, file);
    if (enabled === false) changes[key] = undefined;
    else if (enabled === true) changes[key] = file || settings.get(key) || dormant.getText(key);
    else if (settings.get(key) !== undefined && file) changes[key] = file;
  }
  return changes;
}

function others(params: Params): Changes {
  const changes: Changes = {};
  const start = params.flag('start_added_torrents');
  if (start !== undefined) changes['start-added'] = start;
  const dht = params.flag('dht_enabled');
  if (dht !== undefined) changes.dht = dht;
  const blocklist = params.flag('blocklist_enabled');
  if (blocklist !== undefined) changes['blocklist-enabled'] = blocklist;
  const lsd = params.flag('lpd_enabled');
  if (lsd !== undefined) changes.lsd = lsd;
  const pex = params.flag('pex_enabled');
  if (pex !== undefined) changes.pex = pex;
  const url = params.text('blocklist_url');
  if (url !== undefined && /^https?:\/\//.test(url)) changes.blocklist = url;
  const trackers = params.text('default_trackers');
  if (trackers !== undefined)
    changes['default-trackers'] = trackers.split(/\s+/).filter(line => URL.canParse(line));
  return changes;
}

/** The old port stays when the new one cannot be had. */
async function changePort(
  { session, settings }: RpcContext,
  params: Params,
  changes: Changes,
): Promise<void> {
  const random = params.flag('peer_port_random_on_start');
  const port = params.whole('peer_port', 0, 65535);
  const now = session.address?.port;
  if (random === true) changes.port = 0;
  else if (random === false && settings.get('port') === 0 && now !== undefined) changes.port = now;
  if (port === undefined || port === now) return;
  try {
    const address = await session.listenOn({ port });
    if (random !== true) changes.port = address.port;
  } catch (error) {
    throw fromEngine(error);
  }
}
