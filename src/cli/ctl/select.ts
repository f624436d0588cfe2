import { CliError, usageError } from '../failure.js';
import { formatCount, safeText } from '../format.js';
import { numberOf, textOf, textsOf } from './fields.js';
import type { RpcClient } from './rpc-client.js';
import { listTorrents } from './torrents.js';

/** A torrent that a command line names. */
export interface Selected {
  readonly id: number;
  readonly hash: string;
  readonly name: string;
  readonly labels: readonly string[];
}

/** Shorter ones are numbers more often than not, and soon ambiguous. */
const LEAST_PREFIX = 6;
const HASH = /^[\da-f]{40}$/i;
const SHOWN = 5;

/** How commands explain it in their help. */
export const ID_HELP = `An ID is the number that 'ctl list' shows, an info-hash, at least ${LEAST_PREFIX} digits from the beginning of one,
or all. Numbers change when the daemon starts again, hashes do not.`;

/**
 * The torrents that are named, each once, in the order of the daemon. @throws when a word names none, or several: a
 * daemon skips unknown ids and says nothing.
 */
export async function selectTorrents(client: RpcClient, words: readonly string[]): Promise<Selected[]> {
  for (const word of words) checkWord(word);
  const plain = words.every(word => HASH.test(word) || (isNumber(word) && word.length < LEAST_PREFIX));
  const ids = plain ? words.map(word => (HASH.test(word) ? word.toLowerCase() : Number(word))) : undefined;
  const torrents = (await listTorrents(client, ['id', 'hashString', 'name', 'labels'], ids)).map(facts => ({
    id: numberOf(facts, 'id'),
    hash: textOf(facts, 'hashString').toLowerCase(),
    name: textOf(facts, 'name'),
    labels: textsOf(facts, 'labels'),
  }));
  const chosen = new Set(words.flatMap(word => findAll(torrents, word)));
  return torrents.filter(torrent => chosen.has(torrent));
}

/** The one that is named. */
export async function selectOne(client: RpcClient, word: string): Promise<Selected> {
  if (word === 'all') throw usageError('id', 'this is about one torrent: name it');
  return (await selectTorrents(client, [word]))[0];
}

function checkWord(word: string): void {
  if (word === 'all' || isNumber(word) || /^[\da-f]{6,40}$/i.test(word)) return;
  throw usageError(
    'id',
    `'${safeText(word)}' is no ID: a number, an info-hash or at least ${LEAST_PREFIX} digits of it, or all`,
  );
}

function findAll(torrents: readonly Selected[], word: string): readonly Selected[] {
  if (word === 'all') return torrents;
  const numbered = isNumber(word) ? torrents.filter(({ id }) => id === Number(word)) : [];
  if (numbered.length > 0) return numbered;
  const prefix = word.toLowerCase();
  const found = word.length < LEAST_PREFIX ? [] : torrents.filter(({ hash }) => hash.startsWith(prefix));
  if (found.length === 1) return found;
  if (found.length === 0) throw new CliError('ENOENT', `no torrent goes by ${word}`);
  const shown = found.slice(0, SHOWN).map(({ hash, name }) => `\n  ${hash}  ${name}`);
  throw new CliError('EAMBIGUOUS', `${word} is ${formatCount(found.length, 'torrent')}:${shown.join('')}`);
}

/** It may be the beginning of a hash as well: then the number comes first. */
function isNumber(word: string): boolean {
  return /^\d{1,9}$/.test(word);
}
