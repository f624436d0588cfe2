// A folder for the files of a run, in memory when there is room, so that a disk is not what is measured.
import { constants } from 'node:fs';
import { access, mkdir, mkdtemp, readFile, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** TMPFS_MAGIC of linux/magic.h. */
const TMPFS_MAGIC = 0x01021994;
const SHARED_MEMORY = '/dev/shm';

/** Below this a run does not even begin in /dev/shm: payload, its copy, and as much again for the system. */
const MIN_ROOM_BYTES = 3 * 2 ** 30;

export class Workspace {
  /** @param {string} root @param {boolean} inMemory */
  constructor(root, inMemory) {
    this.root = root;
    /** Whether its files live in memory; for reports, which name no folders. */
    this.inMemory = inMemory;
  }

  /**
   * @param {string} [dir] folder to work below; by default /dev/shm or the folder for temporary files
   * @param {string} [prefix] of its name
   */
  static async open(dir, prefix = 'millrace-bench-') {
    const base = dir ?? ((await isRoomy(SHARED_MEMORY)) ? SHARED_MEMORY : tmpdir());
    const { type } = await statfs(base);
    return new Workspace(await mkdtemp(join(base, prefix)), type === TMPFS_MAGIC);
  }

  /** @param {...string} names */
  path(...names) {
    return join(this.root, ...names);
  }

  /** An empty folder: what was in it goes, so that every transfer writes to fresh files. @param {...string} names */
  async fresh(...names) {
    const path = this.path(...names);
    await rm(path, { recursive: true, force: true });
    await mkdir(path, { recursive: true });
    return path;
  }

  /** Bytes that may still be written. */
  async room() {
    return freeBytes(this.root);
  }

  async remove() {
    await rm(this.root, { recursive: true, force: true });
  }
}

async function isRoomy(path) {
  try {
    await access(path, constants.W_OK);
    const { type } = await statfs(path);
    return type === TMPFS_MAGIC && (await freeBytes(path)) >= MIN_ROOM_BYTES;
  } catch {
    return false; // not Linux, or a container without it
  }
}

async function freeBytes(path) {
  const { type, bavail, bsize } = await statfs(path);
  const free = bavail * bsize;
  if (type !== TMPFS_MAGIC) return free;
  const available = /^MemAvailable:\s+(\d+) kB$/m.exec(await readFile('/proc/meminfo', 'utf8'));
  return available ? Math.min(free, Number(available[1]) * 1024) : free;
}
