/** The one place where failures of the operating system become ERR_STORAGE_* (tests: errors.test.ts). */
import { ERROR_CODES, type ErrorCode, isMillraceError, MillraceError } from '../errors.js';

const CODES: Readonly<Record<string, ErrorCode>> = {
  ENOSPC: 'ERR_STORAGE_FULL',
  EDQUOT: 'ERR_STORAGE_FULL',
  EACCES: 'ERR_STORAGE_ACCESS',
  EPERM: 'ERR_STORAGE_ACCESS',
  EROFS: 'ERR_STORAGE_ACCESS',
  ETXTBSY: 'ERR_STORAGE_ACCESS', // a running program cannot be opened for writing
  ENOENT: 'ERR_STORAGE_MISSING',
  ENOTDIR: 'ERR_STORAGE_MISSING',
  ELOOP: 'ERR_STORAGE_PATH', // O_NOFOLLOW met a symbolic link
  EISDIR: 'ERR_STORAGE_PATH',
  EEXIST: 'ERR_STORAGE_PATH', // a file in place of the folder
  ENXIO: 'ERR_STORAGE_PATH', // a socket or a device in place of the file
  ENAMETOOLONG: 'ERR_STORAGE_PATH',
  EMFILE: 'ERR_STORAGE_HANDLES',
  ENFILE: 'ERR_STORAGE_HANDLES',
};

const MEANINGS: Partial<Record<ErrorCode, string>> = {
  ERR_STORAGE_FULL: 'no space left',
  ERR_STORAGE_ACCESS: 'access is refused',
  ERR_STORAGE_MISSING: 'it is missing',
  ERR_STORAGE_PATH: 'it is not a plain file in a plain folder',
  ERR_STORAGE_HANDLES: 'the system has no file handle left',
  ERR_STORAGE_IO: 'input/output failed',
};

/**
 * The coded error for what `node:fs` threw, or for `{ code, message }` of a worker thread.
 * `relativePath` is seen from the download folder; paths of the machine stay in `cause` only. `called` is what the
 * message calls it.
 */
export function mapStorageError(error: unknown, relativePath: string, called = relativePath): MillraceError {
  if (isMillraceError(error)) return error;
  const { code, message } = fieldsOf(error);
  if (isErrorCode(code)) return new MillraceError(code, message, { path: relativePath }, error);
  const mapped = (Object.hasOwn(CODES, code) && CODES[code]) || 'ERR_STORAGE_IO';
  const text = `${called}: ${MEANINGS[mapped]} (${code || 'no errno'})`;
  return new MillraceError(mapped, text, { path: relativePath, errno: code }, error);
}

/** `errno` name of a failure, or '' when it has none. */
export function errnoOf(error: unknown): string {
  return fieldsOf(error).code;
}

/** Something else lies where a plain file or folder belongs: a symbolic link, a device, a pipe. */
export function pathError(relativePath: string, fact: string, errno = ''): MillraceError {
  return new MillraceError('ERR_STORAGE_PATH', `${relativePath}: ${fact}`, { path: relativePath, errno });
}

/** The storage was closed before or during the call. */
export function closedError(): MillraceError {
  return new MillraceError('ERR_CLOSED', 'the storage is closed');
}

function fieldsOf(error: unknown): { code: string; message: string } {
  if (typeof error !== 'object' || error === null) return { code: '', message: String(error) };
  const { code, message } = error as { code?: unknown; message?: unknown };
  return {
    code: typeof code === 'string' ? code : '',
    message: typeof message === 'string' ? message : '',
  };
}

function isErrorCode(code: string): code is ErrorCode {
  return (ERROR_CODES as readonly string[]).includes(code);
}
