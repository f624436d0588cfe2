import type { Command } from 'commander';
import { EXIT_FAILURE, EXIT_OK, usageError } from '../../failure.js';
import { formatCount, safeText } from '../../format.js';
import type { Io } from '../../output.js';
import { type Control, ctlCommand } from '../command.js';
import type { CtlOptions } from '../connection.js';
import { ID_HELP, selectTorrents } from '../select.js';
import { hashesOf, tellEach } from './act.js';

interface RemoveOptions extends CtlOptions {
  readonly data?: boolean;
  readonly yes?: boolean;
}

/** Names that one reads before one says yes. */
const MAX_SHOWN = 10;

export const removeSetup = ctlCommand<RemoveOptions>({
  usage: 'remove <id...>',
  summary: 'remove torrents, with --data their files too',
  description: `Removes torrents from the list, and asks before it does. Files stay, unless --data is said.

${ID_HELP}
With --json an object for each: {"event":"removed","id","hash","name"}.`,
  examples: [
    ['remove 3', 'asks, and leaves the files'],
    ['remove 3 7 --data --yes', 'asks nothing'],
  ],
  options(command: Command) {
    command.option('--data', 'delete the files too').option('--yes', 'do not ask');
  },
  run: remove,
});

async function remove(
  { client, output, io, interrupt }: Control,
  { data = false, yes }: RemoveOptions,
  ...words: string[]
): Promise<number> {
  const torrents = await selectTorrents(client, words);
  if (torrents.length > 0 && !yes) {
    for (const { id, name } of torrents.slice(0, MAX_SHOWN)) output.line(`${id}  ${safeText(name)}`);
    if (torrents.length > MAX_SHOWN) output.line(`and ${torrents.length - MAX_SHOWN} more`);
    const what = `${formatCount(torrents.length, 'torrent')}${data ? ' AND THEIR FILES' : ''}`;
    if (!(await confirm(io, `Remove ${what}? [y/N] `, interrupt.signal))) return EXIT_FAILURE;
  }
  if (torrents.length > 0)
    await client.call('torrent-remove', { ids: hashesOf(torrents), 'delete-local-data': data });
  tellEach(output, 'removed', torrents);
  return EXIT_OK;
}

async function confirm({ stdin, stderr }: Io, question: string, signal: AbortSignal): Promise<boolean> {
  if (!(stdin as { isTTY?: boolean }).isTTY)
    throw usageError('yes', 'nobody is there to ask: say --yes to remove without a question');
  const { createInterface } = await import('node:readline/promises');
  const reader = createInterface({ input: stdin, output: stderr });
  try {
    return /^y(es)?$/i.test((await reader.question(question, { signal })).trim());
  } finally {
    reader.close();
  }
}
