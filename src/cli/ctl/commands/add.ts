import { readFile } from 'node:fs/promises';
import { posix } from 'node:path';
import type { Command } from 'commander';
import { values } from '../../context.js';
import { CliError, describeFailure, EXIT_FAILURE, EXIT_OK, usageError } from '../../failure.js';
import { safeText } from '../../format.js';
import { type Control, ctlCommand } from '../command.js';
import type { CtlOptions } from '../connection.js';
import { numberOf, textOf } from '../fields.js';
import type { RpcObject } from '../rpc-client.js';

interface AddOptions extends CtlOptions {
  readonly dir?: string;
  readonly paused?: boolean;
  readonly label?: string[];
}

export const addSetup = ctlCommand<AddOptions>({
  usage: 'add <source...>',
  summary: 'add torrents: files of this machine, magnet links, URLs',
  description: `Adds torrents. A file is read here and sent; a URL is fetched by the daemon, and a magnet link is its
matter too: not every daemon takes them.

Those that cannot be added are told and the others added all the same: the exit code is 1 then. With --json
the events are added and duplicate ({"id","hash","name","source"}), and failed ({"source","code","message"}).`,
  examples: [
    ['add debian.torrent --label linux', 'a file, with a label'],
    ['add https://box.example/debian.torrent --dir /srv/linux --paused', 'a URL, to look at first'],
  ],
  options(command: Command) {
    command
      .option('--dir <folder>', 'folder on the machine of the daemon (default: its download-dir)')
      .option('--paused', 'do not start them')
      .option('--label <name>', 'may be repeated', values(parseLabel));
  },
  run: add,
});

export function parseLabel(text: string): string {
  const label = text.trim();
  if (label === '' || label.includes(','))
    throw new RangeError(`'${text}' is no label: it is some text without a comma`);
  return label;
}

/** A folder of another machine: there is no current one to begin at. */
export function checkRemoteDir(dir: string): string {
  if (posix.isAbsolute(dir)) return dir;
  throw usageError('dir', `'${safeText(dir)}' is not absolute: the daemon has another current folder`);
}

async function add(control: Control, options: AddOptions, ...sources: string[]): Promise<number> {
  const { client, output, io, interrupt } = control;
  const common = {
    ...(options.dir === undefined ? {} : { 'download-dir': checkRemoteDir(options.dir) }),
    ...(options.paused ? { paused: true } : {}),
    ...(options.label === undefined ? {} : { labels: options.label }),
  };
  let exitCode = EXIT_OK;
  for (const source of sources) {
    try {
      const answer = await client.call('torrent-add', { ...(await contentOf(source)), ...common });
      const added = answer['torrent-added'] as RpcObject | undefined;
      const torrent = added ?? (answer['torrent-duplicate'] as RpcObject | undefined) ?? {};
      const facts = {
        id: numberOf(torrent, 'id'),
        hash: textOf(torrent, 'hashString'),
        name: textOf(torrent, 'name'),
      };
      output.event(added ? 'added' : 'duplicate', { ...facts, source });
      output.line(`${added ? 'added' : 'there already'}: ${facts.id}  ${safeText(facts.name)}`);
    } catch (error) {
      if (interrupt.cause !== undefined || !isOfSource(error)) throw error;
      const { code, message } = describeFailure(error);
      output.event('failed', { source, code, message });
      if (!output.json) io.stderr.write(`${safeText(source)}: ${safeText(message)}\n`);
      exitCode = EXIT_FAILURE;
    }
  }
  return exitCode;
}

/** A daemon that cannot be reached ends the command; a file that cannot be read, or that it refuses, does not. */
function isOfSource(error: unknown): boolean {
  return !(error instanceof CliError) || error.code === 'ERPC' || error.code === 'E2BIG';
}

async function contentOf(source: string): Promise<object> {
  if (/^(stream-)?magnet:|^https?:\/\//i.test(source)) return { filename: source };
  return { metainfo: (await readFile(source)).toString('base64') };
}
