import { FIELDS } from './fields.js';
import type { RawRequest } from './rpc-client.js';
import type { Sample } from './torrents.js';

/** What a script is about. Paths are below one folder for each daemon, so that both are told the same. */
export interface Matter {
  readonly album: Sample;
  readonly single: Sample;
  readonly other: Sample;
  /** A folder of the test. */
  readonly dir: string;
}

/**
 * [what is asked, the request]; a request with a verb or a path is sent as it is. With a text it is asked again until
 * that is in the answer: what an earlier step began may take its time.
 */
export type Step = readonly [name: string, request: object | RawRequest, awaited?: string];

export function isRaw(request: object): request is RawRequest {
  return 'verb' in request || 'path' in request || 'body' in request;
}

const legacy = (method: string, args?: object) =>
  args === undefined ? { method } : { method, arguments: args };

function get(ids: unknown, fields: readonly string[] = ['id', 'name']): object {
  return legacy('torrent-get', { ids, fields });
}

/** Of HTTP and of the envelope. */
function envelopes(): Step[] {
  const path = '/transmission/rpc';
  const known = { method: 'session-stats' };
  return [
    ['GET without an id', { verb: 'GET', path }],
    ['PUT without an id', { verb: 'PUT', path }],
    ['POST without an id', { verb: 'POST', path }],
    ['OPTIONS', { verb: 'OPTIONS', path }],
    ['a path that is none', { verb: 'GET', path: '/transmission/nothing' }],
    ['a path outside', { verb: 'GET', path: '/outside' }],
    ['the root', { verb: 'GET', path: '/' }],
    ['a foreign Host', { verb: 'POST', path, headers: { Host: 'evil.example.com' } }],
    ['Host localhost', { verb: 'POST', path, headers: { Host: 'localhost' } }],
    ['Host localhost.', { verb: 'POST', path, headers: { Host: 'localhost.' } }],
    ['Host [::1]', { verb: 'POST', path, headers: { Host: '[::1]:9091' } }],
    ['a wrong id', { verb: 'POST', path, headers: { 'X-Transmission-Session-Id': 'wrong' } }],
    ['no method', {}],
    ['a method that is a number', { method: 7 }],
    ['an unknown method', { method: 'torrent-nothing', tag: 4 }],
    ['an empty method', { method: '' }],
    ['a method in capitals', { method: 'SESSION-STATS' }],
    ['no tag', known],
    ['tag 0', { ...known, tag: 0 }],
    ['tag 7', { ...known, tag: 7 }],
    ['a negative tag', { ...known, tag: -3 }],
    ['a large tag', { ...known, tag: 2 ** 40 }],
    ['tag false', { ...known, tag: false }],
    ['tag null', { ...known, tag: null }],
    ['a tag of text', { ...known, tag: 'seven' }],
    ['arguments null', { ...known, arguments: null }],
    ['arguments of an array', { ...known, arguments: [] }],
    ['arguments of text', { ...known, arguments: 'none' }],
    ['an unknown argument', { ...known, arguments: { nothing: 1 } }],
  ];
}

function adding({ album, single, other, dir }: Matter): Step[] {
  const add = (args: object) => legacy('torrent-add', { paused: true, ...args });
  return [
    ['no torrents yet', get(undefined)],
    ['add nothing', legacy('torrent-add', {})],
    ['add without arguments', legacy('torrent-add')],
    ['add a file that is absent', add({ filename: `${dir}/absent.torrent` })],
    ['add bytes that are no torrent', add({ metainfo: Buffer.from('d3:foo3:bare').toString('base64') })],
    ['add text that is not base64', add({ metainfo: '!!!' })],
    ['add an empty torrent', add({ metainfo: '' })],
    ['add to a relative folder', add({ metainfo: album.metainfo, 'download-dir': 'relative' })],
    ['add', add({ metainfo: album.metainfo })],
    ['add again', add({ metainfo: album.metainfo })],
    [
      'add with all options',
      add({
        metainfo: single.metainfo,
        'download-dir': `${dir}/chosen`,
        'peer-limit': 21,
        bandwidthPriority: -1,
        'files-wanted': [0],
        'priority-high': [0],
        cookies: 'a=b',
      }),
    ],
    ['what the options made', get(undefined, ['name', 'downloadDir', 'peer-limit', 'bandwidthPriority'])],
    ['and of the files', get(undefined, ['wanted', 'priorities', 'fileStats'])],
    ['add a third', add({ metainfo: other.metainfo })],
    ['all there is to know', get([album.hash, single.hash], FIELDS)],
  ];
}

function asking({ album, single }: Matter): Step[] {
  const table = (ids: unknown) =>
    legacy('torrent-get', { ids, fields: ['id', 'name', 'totalSize'], format: 'table' });
  return [
    ['ids: a number', get(1)],
    ['ids: a list', get([1])],
    ['ids: a hash', get(album.hash)],
    ['ids: a hash in capitals', get([album.hash.toUpperCase()])],
    ['ids: mixed', get([album.hash, 2])],
    ['ids: the same twice', get([album.hash, 1])],
    ['ids: none', get([])],
    ['ids: recently-active', get('recently-active')],
    ['ids: an unknown number', get([99])],
    ['ids: an unknown number alone', get(99)],
    ['ids: an unknown hash', get(['0'.repeat(40)])],
    ['ids: known and unknown', get([99, 1, '0'.repeat(40)])],
    ['ids: no hash', get(['nothing'])],
    ['ids: a negative number', get([-1])],
    ['ids: a fraction', get([1.5])],
    ['ids: text of a number', get(['1'])],
    ['ids: true', get([true])],
    ['fields: none given', legacy('torrent-get', { ids: [1] })],
    ['fields: an empty list', get([1], [])],
    ['fields: one unknown', get([1], ['id', 'nothing'])],
    ['fields: all unknown', get([1], ['nothing'])],
    ['fields: the same twice', get([1], ['id', 'id'])],
    ['format: table', table([1, 2])],
    ['format: table of nothing', table([])],
    ['format: objects', legacy('torrent-get', { ids: [1], fields: ['id'], format: 'objects' })],
    ['format: unknown', legacy('torrent-get', { ids: [1], fields: ['id'], format: 'nothing' })],
    ['get by hash', get([single.hash], ['hashString', 'name', 'status', 'error', 'errorString'])],
  ];
}

function torrentSet({ album }: Matter): Step[] {
  const steps: Step[] = [];
  /** Sets, and asks what came of it. */
  const set = (name: string, args: object, fields: readonly string[]) =>
    steps.push(
      [`set ${name}`, legacy('torrent-set', { ids: [album.hash], ...args })],
      [`after set ${name}`, get([album.hash], fields)],
    );
  const files = ['wanted', 'priorities', 'fileStats', 'leftUntilDone', 'sizeWhenDone'];
  const trackers = ['trackers', 'magnetLink'];
  set('nothing', {}, ['id']);
  set('an unknown key', { nothing: true }, ['id']);
  set('bandwidthPriority', { bandwidthPriority: 1 }, ['bandwidthPriority']);
  set('bandwidthPriority out of range', { bandwidthPriority: 7 }, ['bandwidthPriority']);
  set('downloadLimit', { downloadLimit: 12, downloadLimited: true }, ['downloadLimit', 'downloadLimited']);
  set('uploadLimit', { uploadLimit: 13, uploadLimited: true }, ['uploadLimit', 'uploadLimited']);
  set('no limits', { downloadLimited: false, uploadLimited: false }, ['downloadLimit', 'uploadLimited']);
  set('honorsSessionLimits', { honorsSessionLimits: false }, ['honorsSessionLimits']);
  set('peer-limit', { 'peer-limit': 31 }, ['peer-limit', 'maxConnectedPeers']);
  set('seedRatio', { seedRatioLimit: 1.5, seedRatioMode: 1 }, ['seedRatioLimit', 'seedRatioMode']);
  set('seedRatioMode out of range', { seedRatioMode: 9 }, ['seedRatioMode']);
  set('seedIdle', { seedIdleLimit: 45, seedIdleMode: 1 }, ['seedIdleLimit', 'seedIdleMode']);
  set('queuePosition', { queuePosition: 1 }, ['queuePosition']);
  set('queuePosition beyond the end', { queuePosition: 99 }, ['queuePosition']);
  set('queuePosition below the start', { queuePosition: -3 }, ['queuePosition']);
  set('labels', { labels: ['b', 'a'] }, ['labels']);
  set('no labels', { labels: [] }, ['labels']);
  set('an empty label', { labels: ['a', ''] }, ['labels']);
  set('a label with a comma', { labels: ['a,b'] }, ['labels']);
  set('the same label twice', { labels: ['a', 'a'] }, ['labels']);
  set('labels that are none', { labels: 'text' }, ['labels']);
  set('files-unwanted', { 'files-unwanted': [0, 2] }, files);
  set('files-wanted', { 'files-wanted': [2] }, files);
  set('files-unwanted: all', { 'files-unwanted': [] }, files);
  set('files-wanted: all', { 'files-wanted': [] }, files);
  set('files-wanted out of range', { 'files-wanted': [3] }, files);
  set('files-unwanted out of range', { 'files-unwanted': [0, -1] }, files);
  set('priority-high', { 'priority-high': [0] }, files);
  set('priority-low', { 'priority-low': [1, 2] }, files);
  set('priority-normal: all', { 'priority-normal': [] }, files);
  set('priority-high out of range', { 'priority-high': [77] }, files);
  set('trackerAdd', { trackerAdd: ['http://127.0.0.3:9/announce'] }, trackers);
  set('trackerAdd of one that is there', { trackerAdd: ['http://127.0.0.3:9/announce'] }, trackers);
  set('trackerAdd of no address', { trackerAdd: ['nothing'] }, trackers);
  set('trackerReplace', { trackerReplace: [0, 'http://127.0.0.4:9/announce'] }, trackers);
  set('trackerReplace of an unknown one', { trackerReplace: [9, 'http://127.0.0.5:9/announce'] }, trackers);
  set('trackerRemove', { trackerRemove: [0] }, trackers);
  set('trackerRemove of an unknown one', { trackerRemove: [77] }, trackers);
  set('other types', { downloadLimit: 'text', downloadLimited: 'yes', labels: 7 }, ['downloadLimit']);
  steps.push(['set for unknown ids', legacy('torrent-set', { ids: [99], labels: ['a'] })]);
  return steps;
}

function moving({ album, single, dir }: Matter): Step[] {
  const location = (args: object) => legacy('torrent-set-location', { ids: [album.hash], ...args });
  const rename = (args: object) => legacy('torrent-rename-path', { ids: [album.hash], ...args });
  const order = get(undefined, ['id', 'queuePosition']);
  const queue = (to: string, ids: unknown): Step[] => [
    [`queue-move-${to} ${JSON.stringify(ids)}`, legacy(`queue-move-${to}`, { ids })],
    [`after queue-move-${to} ${JSON.stringify(ids)}`, order],
  ];
  return [
    ['set-location: relative', location({ location: 'relative', move: false })],
    ['set-location: none', location({ move: false })],
    ['set-location: find', location({ location: `${dir}/found`, move: false })],
    ['after set-location', get([album.hash], ['downloadDir']), '/dir/found'],
    ['set-location for unknown ids', legacy('torrent-set-location', { ids: [99], location: `${dir}/x` })],
    ['rename', rename({ path: 'album', name: 'renamed' })],
    ['after rename', get([album.hash], ['name', 'files'])],
    ['rename a file', rename({ path: 'renamed/two.bin', name: 'three.bin' })],
    ['after rename of a file', get([album.hash], ['name', 'files'])],
    ['rename what is not there', rename({ path: 'renamed/nothing', name: 'x' })],
    ['rename to what is there', rename({ path: 'renamed/three.bin', name: 'one.bin' })],
    ['rename to a path', rename({ path: 'renamed/three.bin', name: 'a/b' })],
    ['rename to dots', rename({ path: 'renamed/three.bin', name: '..' })],
    ['rename to a path outside', rename({ path: 'renamed/three.bin', name: '../../../x' })],
    ['after bad renames', get([album.hash], ['name', 'files'])],
    ['rename to nothing', rename({ path: 'renamed/three.bin', name: '' })],
    ['rename without a name', rename({ path: 'renamed/three.bin' })],
    ['rename of several', legacy('torrent-rename-path', { ids: [1, 2], path: 'a', name: 'b' })],
    ['rename of none', legacy('torrent-rename-path', { ids: [], path: 'a', name: 'b' })],
    ['order', order],
    ...queue('top', [2]),
    ...queue('bottom', [2]),
    ...queue('up', [2]),
    ...queue('down', [single.hash]),
    ...queue('top', [1, 2]),
    ...queue('down', []),
    ...queue('up', [99]),
  ];
}

function session(dir: string): Step[] {
  const steps: Step[] = [
    ['session-get', legacy('session-get')],
    ['session-get of some', legacy('session-get', { fields: ['version', 'speed-limit-up'] })],
    ['session-get of unknown ones', legacy('session-get', { fields: ['nothing'] })],
    ['session-stats', legacy('session-stats')],
    ['free-space', legacy('free-space', { path: dir })],
    ['free-space of a relative path', legacy('free-space', { path: 'relative' })],
    ['free-space of no path', legacy('free-space')],
    ['free-space of what is absent', legacy('free-space', { path: `${dir}/nothing` })],
    ['port-test', legacy('port-test')],
    ['blocklist-update', legacy('blocklist-update')],
    ['group-get', legacy('group-get')],
    ['group-set', legacy('group-set', { name: 'group' })],
  ];
  const set = (name: string, args: object, keys: readonly string[] = Object.keys(args)) =>
    steps.push(
      [`session-set ${name}`, legacy('session-set', args)],
      [`after session-set ${name}`, legacy('session-get', { fields: keys })],
    );
  set('nothing', {}, ['version']);
  set('an unknown key', { nothing: 1 }, ['version']);
  set('alt-speed', { 'alt-speed-up': 5, 'alt-speed-down': 6, 'alt-speed-enabled': true });
  set('alt-speed off', { 'alt-speed-enabled': false });
  set('alt-speed times', {
    'alt-speed-time-begin': 61,
    'alt-speed-time-end': 1000,
    'alt-speed-time-day': 65,
  });
  set('alt-speed-time-enabled', { 'alt-speed-time-enabled': false });
  set('speed limits', { 'speed-limit-up': 200, 'speed-limit-down': 300, 'speed-limit-up-enabled': true });
  set('speed limits off', { 'speed-limit-up-enabled': false });
  set('a negative speed limit', { 'speed-limit-up': -5 });
  set('a speed limit of text', { 'speed-limit-up': 'fast' });
  set('seed ratio', { seedRatioLimit: 1.75, seedRatioLimited: true });
  set('idle seeding', { 'idle-seeding-limit': 44, 'idle-seeding-limit-enabled': true });
  set('no seed limits', { seedRatioLimited: false, 'idle-seeding-limit-enabled': false });
  set('queues', { 'download-queue-size': 7, 'download-queue-enabled': true, 'seed-queue-size': 8 });
  set('seed queue', {
    'seed-queue-enabled': true,
    'queue-stalled-enabled': true,
    'queue-stalled-minutes': 9,
  });
  set('no queues', { 'download-queue-enabled': false, 'seed-queue-enabled': false });
  set('peer limits', { 'peer-limit-global': 150, 'peer-limit-per-torrent': 40 });
  set('start-added-torrents', { 'start-added-torrents': false });
  set('rename-partial-files', { 'rename-partial-files': false });
  set('trash-original-torrent-files', { 'trash-original-torrent-files': false });
  set('folders', { 'download-dir': `${dir}/new`, 'incomplete-dir': `${dir}/part` });
  set('incomplete-dir-enabled', { 'incomplete-dir-enabled': true });
  set('a relative folder', { 'download-dir': 'relative' });
  set('a relative folder for incomplete ones', { 'incomplete-dir': 'relative' });
  set('blocklist', { 'blocklist-url': 'http://127.0.0.1:9/other', 'blocklist-enabled': true });
  set('encryption', { encryption: 'preferred' });
  set('an unknown encryption', { encryption: 'nothing' });
  set('what is not to be set', { version: 'x', 'rpc-version': 1, 'config-dir': '/x', 'session-id': 'x' });
  return steps;
}

function magnets({ album, other }: Matter): Step[] {
  const add = (filename: string) => legacy('torrent-add', { paused: true, filename });
  const ids = [album.hash, other.hash];
  return [
    ['add by magnet link what is there', add(album.magnet)],
    ['remove all of them', legacy('torrent-remove', { ids })],
    ['add a magnet link without a hash', add('magnet:?dn=nothing')],
    ['add a magnet link', add(other.magnet)],
    ['add it again', add(other.magnet)],
    ['all there is to know of a magnet link', get([other.hash], FIELDS)],
    ['select files of a magnet link', legacy('torrent-set', { ids, 'files-unwanted': [0] })],
    ['remove the magnet link', legacy('torrent-remove', { ids })],
  ];
}

function ending({ single }: Matter): Step[] {
  const actions = ['start', 'start-now', 'stop', 'verify', 'reannounce'];
  return [
    ...actions.map((name): Step => [`${name} of unknown ids`, legacy(`torrent-${name}`, { ids: [99] })]),
    ...actions.map((name): Step => [`${name} of none`, legacy(`torrent-${name}`, { ids: [] })]),
    ...['stop', 'verify', 'reannounce'].map(
      (name): Step => [name, legacy(`torrent-${name}`, { ids: [single.hash] })],
    ),
    ['remove none', legacy('torrent-remove', { ids: [] })],
    ['remove an unknown one', legacy('torrent-remove', { ids: [99] })],
    ['remove', legacy('torrent-remove', { ids: [single.hash] })],
    ['after remove', get(undefined)],
    ['recently removed', get('recently-active')],
  ];
}

/** Requests in their order, and what both daemons hold when they are asked follows from those before. */
export function script(matter: Matter): readonly Step[] {
  return [
    ...envelopes(),
    ...adding(matter),
    ...asking(matter),
    ...torrentSet(matter),
    ...moving(matter),
    ...session(matter.dir),
    ...ending(matter),
    ...magnets(matter),
    ['remove without ids', legacy('torrent-remove')],
  ];
}
