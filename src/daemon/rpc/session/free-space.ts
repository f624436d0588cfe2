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
    throw new RpcFailure(SYSTEM, (error as Error).message);
  }
}
