import { statfs } from 'node:fs/promises';
import type { RpcContext } from '../context.js';
import { SYSTEM } from '../failures.js';
import { type Call, RpcFailure } from '../methods.js';
import { Params } from '../params.js';
import { checkFolder } from '../torrents/add.js';

export async function freeSpace(context: RpcContext, call: Call): Promise<object> {
  const path = new Params(call.params).text('path') ?? '';
  await checkFolder(context, path, 'directory path is not absolute');
  try {
    const { bavail, blocks, bsize } = await statfs(path);
    return { path, size_bytes: bavail * bsize, total_size: blocks * bsize };
  } catch (error) {
    throw new RpcFailure(SYSTEM, reasonOf(error as Error));
  }
}

/** `ENOENT: no such file or directory, statfs '/a'`: the part that says why, as the C library spells it. */
function reasonOf({ message }: Error): string {
  const reason = /^[A-Z0-9]+: ([^,]+)/.exec(message)?.[1] ?? message;
  return reason[0].toUpperCase() + reason.slice(1);
}
