import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';

const FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);

/**
 * Makes a file of one byte and removes it. Asking for permissions is not enough: they say nothing of a disk that is full
 * or broken. The name is new each time, so that nothing can be put in its way. @throws what the system says
 */
export async function tryToWrite(folder: string): Promise<void> {
  const path = join(folder, `.millrace-probe-${randomBytes(8).toString('hex')}`);
  const file = await open(path, FLAGS, 0o600);
  try {
    await file.write('.');
  } finally {
    await file.close();
    await rm(path, { force: true });
  }
}
