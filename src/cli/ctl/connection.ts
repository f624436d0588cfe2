import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { type CommonOptions, type Context, value } from '../context.js';
import { usageError } from '../failure.js';
import { RpcClient } from './rpc-client.js';

/** Options of every `ctl` command: where the daemon is, and who asks. */
export interface CtlOptions extends CommonOptions {
  readonly rpc: URL;
  readonly user?: string;
  readonly passwordFile?: string;
}

/** As `rpc-port` and `rpc-user` of a daemon that is told nothing else. */
const DEFAULT_URL = new URL('http://127.0.0.1:9091/transmission/rpc');
const DEFAULT_USER = 'millrace';

export function addConnectionOptions(command: Command): void {
  command
    .option('--rpc <url>', 'where the daemon serves clients', value(parseRpcUrl), DEFAULT_URL)
    .option('--user <name>', `user to log in as (default: MILLRACE_RPC_USER, or ${DEFAULT_USER})`)
    .option(
      '--password-file <path>',
      'file whose first line is the password (default: the variable MILLRACE_RPC_PASSWORD)',
    );
}

/** `host:port` will do: the path is the same everywhere. */
export function parseRpcUrl(text: string): URL {
  const url = tryUrl(text.includes('://') ? text : `http://${text}`);
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new RangeError(`'${text}' is not a URL, write for example ${DEFAULT_URL}`);
  if (url.username !== '' || url.password !== '')
    throw new RangeError('a password in a URL is seen by everybody here: use --user and --password-file');
  if (url.pathname === '/') url.pathname = DEFAULT_URL.pathname;
  return url;
}

function tryUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

export async function openClient(options: CtlOptions, { io, interrupt }: Context): Promise<RpcClient> {
  return new RpcClient({
    url: options.rpc,
    user: options.user ?? io.env.MILLRACE_RPC_USER ?? DEFAULT_USER,
    password: await readPassword(options.passwordFile, io.env.MILLRACE_RPC_PASSWORD),
    signal: interrupt.signal,
  });
}

/** Never an argument of the command line: other users of the machine see those. */
async function readPassword(
  file: string | undefined,
  variable: string | undefined,
): Promise<string | undefined> {
  if (file !== undefined) return (await readFile(file, 'utf8')).split(/\r?\n/)[0];
  // the daemon takes a hash in the same variable, which lets nobody in
  if (variable?.startsWith('$scrypt$'))
    throw usageError(
      'password-file',
      'MILLRACE_RPC_PASSWORD holds a hash, and the password itself is needed here: use --password-file',
    );
  return variable;
}
