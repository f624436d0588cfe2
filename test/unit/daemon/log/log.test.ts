import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type DaemonLog, type LogOptions, openLog } from '../../../../src/daemon/log/log.js';
import { MillraceError } from '../../../../src/engine/errors.js';

let dir: string;
let stderr: PassThrough;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'millrace-log-'));
  stderr = new PassThrough();
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const open = (options: Partial<LogOptions> = {}) =>
  openLog({ level: 'info', format: 'text', stderr, ...options });
/** Node 26 gives a chunk at a time. */
function told(): string {
  let text = '';
  for (let chunk = stderr.read(); chunk !== null; chunk = stderr.read()) text += chunk;
  return text;
}

const SECRETS = ['p4ssk3y', 'hunter2', 'S3ss10nId', 'dXNlcjpodW50ZXIy', 'w3bh00k'];

function logSecrets({ logger, hide }: DaemonLog): void {
  hide('S3ss10nId');
  const url = 'https://t.example/p4ssk3y/announce?passkey=p4ssk3y';
  logger.info({ url, tiers: [[url], ['udp://t.example:80/p4ssk3y']] }, `announced to ${url}`);
  logger.warn({ headers: { authorization: 'Basic dXNlcjpodW50ZXIy', Cookie: 'hunter2' } }, 'refused');
  logger.error(
    { 'rpc-password': 'hunter2', rpc: { password: 'hunter2' } },
    'Authorization: Basic dXNlcjpodW50ZXIy',
  );
  const cause = new Error(`cannot reach ${url}`);
  const error = new MillraceError('ERR_TRACKER_FAILURE', `no answer of ${url}`, { url }, cause);
  logger.error({ err: error }, 'failed');
  logger.error({ error }, 'failed');
  logger.error(error);
  logger
    .child({ webhook: 'https://w.example/hooks/w3bh00k' })
    .info('posted to %s', 'https://w.example/w3bh00k');
  logger.info({ S3ss10nId: 1 }, 'the session S3ss10nId');
  logger.info(`magnet:?xt=urn:btih:${'ab'.repeat(20)}&tr=https%3A%2F%2Ft.example%2Fp4ssk3y`);
  logger.info({ proxy: 'socks5://user:hunter2@10.0.0.1:1080' }, 'proxy');
}

it.each(['text', 'json'] as const)('holds no secret as %s, in a file or on standard error', async format => {
  const file = join(dir, 'log');
  const logs = [open({ format, file }), open({ format })];
  for (const log of logs) logSecrets(log);
  await logs[0].close();
  for (const text of [readFileSync(file, 'utf8'), told()]) {
    for (const secret of SECRETS) expect(text).not.toContain(secret);
    expect(text.trimEnd().split('\n')).toHaveLength(10);
    expect(text).toContain('https://t.example/***/announce?passkey=***');
    expect(text).toContain(`magnet:?xt=urn:btih:${'ab'.repeat(20)}&***`);
    expect(text).toContain('ERR_TRACKER_FAILURE');
  }
});

it('is a line of text, or of JSON, for each', () => {
  open().logger.info({ name: 'a\nb\u001b[2J', peers: 3 }, 'torrent\n\u202eadded');
  expect(told()).toMatch(
    /^\d{4}-\d\d-\d\dT[\d:.]+Z info: torrent\\u\{a\}\\u\{202e\}added name="a\\nb\\u001b\[2J" peers=3\n$/,
  );
  open({ format: 'json' }).logger.warn({ peers: 3 }, 'slow');
  const line = told();
  expect(JSON.parse(line)).toEqual({ level: 'warn', time: expect.any(String), peers: 3, msg: 'slow' });
  expect(line.endsWith('}\n')).toBe(true);
});

it('tells only what the level asks for, which may change', () => {
  const { logger } = open({ level: 'warn' });
  logger.info('not this');
  expect(told()).toBe('');
  logger.level = 'debug';
  logger.debug('but this');
  expect(told()).toContain('debug: but this');
});

it('goes on in a new file when it is reopened', async () => {
  const file = join(dir, 'log');
  const log = open({ file });
  log.logger.info('one');
  await log.reopen();
  renameSync(file, `${file}.1`);
  await log.reopen();
  log.logger.info('two');
  await log.close();
  expect(readFileSync(`${file}.1`, 'utf8')).toContain('one');
  expect(readFileSync(file, 'utf8')).toMatch(/^\S+ info: two\n$/);
});

it('outlives a reader of standard error that has gone', () => {
  const { logger } = open();
  stderr.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
  logger.info('on');
  expect(told()).toContain('on');
});
