import type { Command } from 'commander';
import { parseRate } from '../../../values/parse.js';
import { value } from '../../context.js';
import { EXIT_OK, usageError } from '../../failure.js';
import { formatRate, safeText } from '../../format.js';
import { type Control, ctlCommand } from '../command.js';
import type { CtlOptions } from '../connection.js';
import { numberOf } from '../fields.js';
import type { RpcObject } from '../rpc-client.js';
import { ID_HELP, selectTorrents } from '../select.js';
import { listTorrents } from '../torrents.js';
import { hashesOf } from './act.js';

interface LimitOptions extends CtlOptions {
  readonly down?: number;
  readonly up?: number;
}

/** The RPC counts limits in kB a second, 1000 bytes each. */
const UNIT = 1000;

/** Less than a unit is one: none would be no limit, or a standstill. */
export function toUnits(rate: number): number {
  return rate === 0 ? 0 : Math.max(1, Math.round(rate / UNIT));
}

export const limitSetup = ctlCommand<LimitOptions>({
  usage: 'limit [id...]',
  summary: 'show or set rate limits, of the daemon or of torrents',
  description: `Shows the rate limits of the daemon, or of the torrents that are named, or sets them.

${ID_HELP}
With --json {"event":"limit","down","up"} in bytes a second, 0 is unlimited; of torrents one each, with
"id","hash","name".`,
  examples: [
    ['limit --down 20MB/s --up 5MB/s', 'all torrents together'],
    ['limit 3 --up 0', 'no upload limit of its own'],
    ['limit', 'what they are'],
  ],
  options: addRates,
  run: limit,
});

export function addRates(command: Command): void {
  command
    .option('--down <rate>', 'download limit, such as 10MB/s; 0 is unlimited', value(parseRate))
    .option('--up <rate>', 'upload limit', value(parseRate));
}

async function limit(control: Control, options: LimitOptions, ...ids: string[]): Promise<number> {
  await (ids.length === 0 ? limitSession(control, options) : limitTorrents(control, options, ids));
  return EXIT_OK;
}

async function limitSession({ client, output }: Control, { down, up }: LimitOptions): Promise<void> {
  const changes = {
    ...pair('speed-limit-down', 'speed-limit-down-enabled', down),
    ...pair('speed-limit-up', 'speed-limit-up-enabled', up),
  };
  if (Object.keys(changes).length > 0) await client.call('session-set', changes);
  const facts = await client.call('session-get');
  const limits = {
    down: rateOf(facts, 'speed-limit-down', 'speed-limit-down-enabled'),
    up: rateOf(facts, 'speed-limit-up', 'speed-limit-up-enabled'),
  };
  output.event('limit', limits);
  output.line(describeLimits(limits));
}

async function limitTorrents(
  { client, output }: Control,
  { down, up }: LimitOptions,
  words: readonly string[],
): Promise<void> {
  const hashes = hashesOf(await selectTorrents(client, words));
  const changes = {
    ...pair('downloadLimit', 'downloadLimited', down),
    ...pair('uploadLimit', 'uploadLimited', up),
  };
  if (hashes.length > 0 && Object.keys(changes).length > 0)
    await client.call('torrent-set', { ids: hashes, ...changes });
  const fields = [
    ...['id', 'hashString', 'name'],
    ...['downloadLimit', 'downloadLimited', 'uploadLimit', 'uploadLimited'],
  ];
  for (const facts of await listTorrents(client, fields, hashes)) {
    const limits = {
      down: rateOf(facts, 'downloadLimit', 'downloadLimited'),
      up: rateOf(facts, 'uploadLimit', 'uploadLimited'),
    };
    const { id, hashString: hash, name } = facts;
    output.event('limit', { id, hash, name, ...limits });
    output.line(`${id}  ${safeText(String(name))}: ${describeLimits(limits)}`);
  }
}

function pair(amount: string, enabled: string, rate: number | undefined): Record<string, unknown> {
  if (rate === undefined) return {};
  return rate === 0 ? { [enabled]: false } : { [amount]: toUnits(rate), [enabled]: true };
}

function rateOf(facts: RpcObject, amount: string, enabled: string): number {
  return facts[enabled] === true ? UNIT * numberOf(facts, amount) : 0;
}

function describeLimits({ down, up }: { readonly down: number; readonly up: number }): string {
  const text = (rate: number) => (rate === 0 ? 'unlimited' : formatRate(rate));
  return `down ${text(down)}, up ${text(up)}`;
}

const PORTS = { min: 1, max: 65535 };

export const setPortSetup = ctlCommand<CtlOptions>({
  usage: 'set-port <number>',
  summary: 'listen for peers on another port, at once',
  description: `Makes the daemon listen for peers on another port and tell trackers, at once.

Made for the port forwarding of VPNs, whose port changes while the daemon runs.`,
  examples: [['set-port 51413', 'from now on']],
  async run({ client, output }, _options, text) {
    const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
    if (port < PORTS.min || port > PORTS.max)
      throw usageError('port', `'${safeText(text)}' is not a port from ${PORTS.min} to ${PORTS.max}`);
    await client.call('session-set', { 'peer-port': port });
    output.event('port', { port });
    output.line(`peers are listened for on port ${port}`);
    return EXIT_OK;
  },
});
