import { beforeEach, describe, expect, it } from 'vitest';
import { Door, type DoorOptions } from '../../../../src/daemon/http/door.js';
import { LoginLimit } from '../../../../src/daemon/http/login-limit.js';
import { Credentials } from '../../../../src/daemon/http/password.js';

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
const RIGHT = basic('me:secret');
let nowMs = 0;
beforeEach(() => {
  nowMs = 0;
});

function door(options: Partial<DoorOptions> = {}) {
  const built = new Door({
    ...{ credentials: undefined, limit: new LoginLimit(), hosts: [], origins: [], nowMs: () => nowMs },
    ...options,
  });
  return (headers: Record<string, string>, { verb = 'POST', address = '10.0.0.1' } = {}) =>
    built.check({ verb, headers, address }).then(refusal => refusal?.status);
}

describe('without a password', () => {
  it('comes in by an address or localhost, and by names that are allowed', async () => {
    const check = door({ hosts: ['box.example'] });
    for (const host of ['127.0.0.1:9091', 'localhost', '[::1]:9091', 'box.example'])
      expect(await check({ host }), host).toBeUndefined();
    for (const host of ['evil.example', 'evil.example:9091']) expect(await check({ host }), host).toBe(421);
    expect(await check({})).toBe(421);
  });
});

describe('with a password', () => {
  const credentials = new Credentials('me', 'secret');

  it('comes in with it, under any name', async () => {
    const check = door({ credentials });
    expect(await check({ authorization: RIGHT, host: 'any.example' })).toBeUndefined();
    expect(await check({ host: 'localhost' })).toBe(401);
    expect(await check({ authorization: basic('me:guess'), host: 'localhost' })).toBe(401);
  });

  it('ten guesses close the door to that address alone, even with the right one', async () => {
    const check = door({ credentials });
    for (let i = 0; i < 10; i++) expect(await check({ authorization: basic(`me:${i}`) })).toBe(401);
    expect(await check({ authorization: RIGHT })).toBe(403);
    expect(await check({ authorization: RIGHT }, { address: '10.0.0.2' })).toBeUndefined();
    nowMs = 30_000;
    expect(await check({ authorization: RIGHT })).toBeUndefined();
  });

  it('to come without any is no guess', async () => {
    const check = door({ credentials });
    for (let i = 0; i < 20; i++) expect(await check({})).toBe(401);
    expect(await check({ authorization: RIGHT })).toBeUndefined();
  });
});

describe('pages of other sites', () => {
  const host = '127.0.0.1:9091';

  it('may not come, our own and those that are allowed may', async () => {
    const check = door({ origins: ['https://ours.example'] });
    expect(await check({ host, origin: 'http://evil.example' })).toBe(403);
    expect(await check({ host, origin: 'null' })).toBe(403);
    expect(await check({ host, origin: 'http://127.0.0.1:8080' })).toBe(403);
    expect(await check({ host, origin: `http://${host}` })).toBeUndefined();
    expect(await check({ host, origin: 'https://ours.example' })).toBeUndefined();
  });

  it('are told nothing by a preflight unless they are allowed', async () => {
    const built = new Door({
      ...{ credentials: undefined, limit: new LoginLimit(), hosts: [], nowMs: () => 0 },
      origins: ['https://ours.example'],
    });
    const ask = (origin: string) => built.check({ verb: 'OPTIONS', headers: { host, origin }, address: 'a' });
    expect(await ask('http://evil.example')).toMatchObject({ status: 204, headers: {} });
    expect((await ask('https://ours.example'))?.headers['Access-Control-Allow-Origin']).toBe(
      'https://ours.example',
    );
  });
});
