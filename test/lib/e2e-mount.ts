import { execFileSync } from 'node:child_process';
import { chmod, mkdir } from 'node:fs/promises';
import type { Stage } from './stage.js';

/** A file system in memory of a size that can be changed; unmounted with the test. */
export interface SmallDisk {
  readonly dir: string;
  resize(bytes: number): void;
  setReadOnly(on: boolean): void;
}

/** Undefined where this process may not mount. */
export async function mountSmallDisk(
  stage: Stage,
  name: string,
  bytes: number,
): Promise<SmallDisk | undefined> {
  const dir = stage.path(name);
  await mkdir(dir);
  const mount = (options: string, ...rest: string[]) =>
    execFileSync('mount', ['-o', options, ...rest, dir], { stdio: 'pipe' });
  try {
    mount(`size=${bytes}`, '-t', 'tmpfs', 'tmpfs');
  } catch (error) {
    console.warn(`no small disk here: ${(error as Error).message.trim()}`);
    return undefined;
  }
  stage.defer(() => execFileSync('umount', ['-l', dir]));
  return {
    dir,
    resize: size => void mount(`remount,size=${size}`),
    setReadOnly: on => void mount(`remount,${on ? 'ro' : 'rw'}`),
  };
}

/** A folder that nobody may write to: modes do not stop root, a read-only file system does. */
export async function makeReadOnly(stage: Stage, name: string): Promise<string | undefined> {
  if (process.getuid?.() === 0) {
    const disk = await mountSmallDisk(stage, name, 1024 * 1024);
    disk?.setReadOnly(true);
    return disk?.dir;
  }
  const dir = stage.path(name);
  await mkdir(dir);
  await chmod(dir, 0o555);
  return dir;
}
