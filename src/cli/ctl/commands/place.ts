import type { Command } from 'commander';
import { values } from '../../context.js';
import { EXIT_OK, usageError } from '../../failure.js';
import { safeText } from '../../format.js';
import { type Control, ctlCommand } from '../command.js';
import type { CtlOptions } from '../connection.js';
import { ID_HELP, type Selected, selectOne, selectTorrents } from '../select.js';
import { hashesOf, tellEach } from './act.js';
import { checkRemoteDir, parseLabel } from './add.js';

/** Where torrents are: folder, labels, place in the queue. */

interface MoveOptions extends CtlOptions {
  /** `false` by `--no-files`. */
  readonly files: boolean;
}

export const moveSetup = ctlCommand<MoveOptions>({
  usage: 'move <id> <dir>',
  summary: 'move the files of a torrent to another folder',
  description: `Moves the files of a torrent, or of all, to another folder of the machine of the daemon.

It is done in the background. ${ID_HELP}`,
  examples: [
    ['move 3 /srv/archive', 'files and all'],
    ['move 3 /srv/archive --no-files', 'they are there already'],
  ],
  options(command: Command) {
    command.option('--no-files', 'the files are there already: only look for them there');
  },
  async run({ client, output }, { files }, id, dir) {
    const location = checkRemoteDir(dir);
    const torrents = await selectTorrents(client, [id]);
    await client.call('torrent-set-location', { ids: hashesOf(torrents), location, move: files });
    tellEach(output, files ? 'moving' : 'moved', torrents);
    return EXIT_OK;
  },
});

interface LabelOptions extends CtlOptions {
  readonly add?: string[];
  readonly remove?: string[];
  readonly clear?: boolean;
}

export const labelSetup = ctlCommand<LabelOptions>({
  usage: 'label <id...>',
  summary: 'show or change the labels of torrents',
  description: `Shows the labels of torrents, or changes them.

${ID_HELP}
With --json an object for each: {"event":"labels","id","hash","name","labels"}.`,
  examples: [
    ['label 3 --add linux --add iso', 'besides those that it has'],
    ['label all --remove old', 'from all that have it'],
    ['label 3 --clear --add new', 'this one and no other'],
  ],
  options(command: Command) {
    command
      .option('--add <name>', 'may be repeated', values(parseLabel))
      .option('--remove <name>', 'may be repeated', values(parseLabel))
      .option('--clear', 'remove all that they have');
  },
  run: label,
});

async function label({ client, output }: Control, options: LabelOptions, ...ids: string[]): Promise<number> {
  const torrents = (await selectTorrents(client, ids)).map(torrent => ({
    torrent,
    labels: changeLabels(torrent.labels, options),
  }));
  // one request for all that will have the same labels
  const groups = new Map<string, Selected[]>();
  for (const { torrent, labels } of torrents) {
    const key = labels.join();
    if (key !== torrent.labels.join()) groups.set(key, [...(groups.get(key) ?? []), torrent]);
  }
  for (const [key, group] of groups)
    await client.call('torrent-set', { ids: hashesOf(group), labels: key === '' ? [] : key.split(',') });
  for (const { torrent, labels } of torrents) {
    const { id, hash, name } = torrent;
    output.event('labels', { id, hash, name, labels });
    output.line(`${id}  ${safeText(name)}: ${safeText(labels.join(', ') || 'no labels')}`);
  }
  return EXIT_OK;
}

function changeLabels(before: readonly string[], { add = [], remove = [], clear }: LabelOptions): string[] {
  const kept = clear ? [] : before.filter(name => !remove.includes(name));
  return [...new Set([...kept, ...add])];
}

const PLACES = ['top', 'up', 'down', 'bottom'];

export const queueSetup = ctlCommand<CtlOptions>({
  usage: 'queue <id> <place>',
  summary: 'move a torrent in the queue: top, up, down, bottom',
  description: 'Moves a torrent in the queue: to its top, up, down or to its bottom.',
  examples: [['queue 7 top', 'before all others']],
  async run({ client, output }, _options, id, place) {
    if (!PLACES.includes(place))
      throw usageError('place', `'${safeText(place)}' is none of ${PLACES.join(', ')}`);
    const torrent = await selectOne(client, id);
    await client.call(`queue-move-${place}`, { ids: [torrent.hash] });
    tellEach(output, 'moved', [torrent]);
    return EXIT_OK;
  },
});
