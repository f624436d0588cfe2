import type { Command } from 'commander';
import { EXIT_OK } from '../../failure.js';
import { safeText } from '../../format.js';
import type { Output } from '../../output.js';
import { type Control, ctlCommand } from '../command.js';
import type { CtlOptions } from '../connection.js';
import { ID_HELP, type Selected, selectTorrents } from '../select.js';

interface StartOptions extends CtlOptions {
  readonly now?: boolean;
}

export const startSetup = ctlCommand<StartOptions>({
  usage: 'start <id...>',
  summary: 'start torrents',
  description: describe('Starts torrents; with a queue they wait for their turn.'),
  examples: [
    ['start 3 7', 'two of them'],
    ['start 3 --now', 'past the queue'],
  ],
  options(command: Command) {
    command.option('--now', 'past the queue');
  },
  run: (control, { now }, ...ids) =>
    act(control, now ? 'torrent-start-now' : 'torrent-start', 'started', ids),
});

export const stopSetup = ctlCommand<CtlOptions>({
  usage: 'stop <id...>',
  summary: 'stop torrents',
  description: describe('Stops torrents. They stay in the list.'),
  examples: [['stop all', 'all of them']],
  run: (control, _options, ...ids) => act(control, 'torrent-stop', 'stopped', ids),
});

export const recheckSetup = ctlCommand<CtlOptions>({
  usage: 'recheck <id...>',
  summary: 'hash the files of torrents again',
  description: describe('Hashes all pieces again, in the background; those that are bad are fetched again.'),
  examples: [['recheck 3', 'after somebody has touched its files']],
  run: (control, _options, ...ids) => act(control, 'torrent-verify', 'rechecking', ids),
});

export const reannounceSetup = ctlCommand<CtlOptions>({
  usage: 'reannounce <id...>',
  summary: 'ask trackers for peers now',
  description: describe('Asks the trackers for peers now, as far as they allow it.'),
  examples: [['reannounce all', 'after the network was away']],
  run: (control, _options, ...ids) => act(control, 'torrent-reannounce', 'reannounced', ids),
});

function describe(what: string): string {
  return `${what}

${ID_HELP}
With --json an object for each: {"event","id","hash","name"}.`;
}

async function act(
  { client, output }: Control,
  method: string,
  done: string,
  words: readonly string[],
): Promise<number> {
  const torrents = await selectTorrents(client, words);
  if (torrents.length > 0) await client.call(method, { ids: hashesOf(torrents) });
  tellEach(output, done, torrents);
  return EXIT_OK;
}

/** By hash: between two requests the daemon may have started again, with other numbers. */
export function hashesOf(torrents: readonly Selected[]): string[] {
  return torrents.map(({ hash }) => hash);
}

export function tellEach(output: Output, done: string, torrents: readonly Selected[]): void {
  for (const { id, hash, name } of torrents) {
    output.event(done, { id, hash, name });
    output.line(`${done}: ${id}  ${safeText(name)}`);
  }
  if (torrents.length === 0) output.line('there are no torrents');
}
