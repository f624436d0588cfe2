import { execFile } from 'node:child_process';

/** What a program that runs for a torrent is told of it. */
export interface HookFacts {
  readonly id: number;
  readonly name: string;
  readonly infoHash: string;
  /** Folder that holds it, after it was moved. */
  readonly dir: string;
  readonly labels: readonly string[];
  readonly priority: number;
  readonly trackers: readonly string[];
  readonly downloadedBytes: number;
}

export interface HookOptions {
  readonly program: string;
  readonly timeoutMs: number;
  readonly version: string;
  readonly now: Date;
  readonly signal?: AbortSignal;
}

export type HookResult =
  | { readonly ok: true; readonly seconds: number }
  | { readonly ok: false; readonly seconds: number; readonly reason: string; readonly stderr: string };

/** Of what a program says, as much as a log line bears. */
const MAX_STDERR = 2000;
/** More output than this ends it. */
const MAX_OUTPUT_BYTES = 1024 * 1024;

/**
 * Runs a program for a torrent: no shell, no arguments. What it is told is in variables, named as Transmission names
 * them, so a name such as `";rm -rf ~;"` is a text and nothing else. It never throws: a hook that fails is a line in the log.
 */
export function runHook(
  facts: HookFacts,
  { program, timeoutMs, version, now, signal }: HookOptions,
): Promise<HookResult> {
  const startedMs = performance.now();
  return new Promise(resolve => {
    const options = {
      ...{ cwd: facts.dir, env: { ...process.env, ...variables(facts, version, now) } },
      ...{ timeout: timeoutMs, killSignal: 'SIGKILL' as const, maxBuffer: MAX_OUTPUT_BYTES, signal },
    };
    const child = execFile(program, [], options, (error, _stdout, stderr) => {
      const seconds = (performance.now() - startedMs) / 1000;
      if (error === null) resolve({ ok: true, seconds });
      else
        resolve({
          ok: false,
          seconds,
          reason: reasonOf(error, timeoutMs),
          stderr: stderr.slice(-MAX_STDERR),
        });
    });
    child.stdin?.end();
  });
}

function variables(facts: HookFacts, version: string, now: Date): Record<string, string> {
  const text: Record<string, string | number> = {
    TR_APP_VERSION: version,
    TR_TIME_LOCALTIME: localTime(now),
    TR_TORRENT_ID: facts.id,
    TR_TORRENT_NAME: facts.name,
    TR_TORRENT_HASH: facts.infoHash,
    TR_TORRENT_DIR: facts.dir,
    TR_TORRENT_LABELS: facts.labels.join(','),
    TR_TORRENT_PRIORITY: facts.priority,
    TR_TORRENT_TRACKERS: facts.trackers.join(','),
    TR_TORRENT_BYTES_DOWNLOADED: facts.downloadedBytes,
  };
  // the system knows no NUL in a variable
  return Object.fromEntries(
    Object.entries(text).map(([key, value]) => [key, String(value).replaceAll('\0', '')]),
  );
}

/** `Mon Nov 23 00:46:35 2026`, as asctime has it. */
function localTime(now: Date): string {
  const [day, month] = now.toDateString().split(' ');
  const clock = now.toTimeString().slice(0, 8);
  return `${day} ${month} ${String(now.getDate()).padStart(2)} ${clock} ${now.getFullYear()}`;
}

interface ExecError extends Error {
  readonly code?: number | string | null;
  readonly killed?: boolean;
  readonly signal?: string | null;
}

function reasonOf({ code, killed, signal, message, name }: ExecError, timeoutMs: number): string {
  if (name === 'AbortError') return 'ended with the daemon';
  if (code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return `wrote more than ${MAX_OUTPUT_BYTES} bytes`;
  if (killed === true) return `not done after ${timeoutMs / 1000} s`;
  if (typeof code === 'number') return `exit code ${code}`;
  if (typeof signal === 'string') return `ended by ${signal}`;
  return code === 'ENOENT' ? 'there is no such program, or no such folder to run it in' : message;
}
