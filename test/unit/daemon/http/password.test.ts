import { scryptSync } from 'node:crypto';
import { expect, it } from 'vitest';
import { Credentials, hashPassword } from '../../../../src/daemon/http/password.js';

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

/** As a file may have it, at a cost that a test can pay many times. */
function cheapHash(password: string): string {
  const salt = Buffer.from('0123456789abcdef');
  const plain = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '');
  return `$scrypt$ln=6,r=8,p=1$${plain(salt)}$${plain(scryptSync(password, salt, 32, { N: 64, r: 8, p: 1 }))}`;
}

it.each(['plain', 'hashed'])('a %s password: the right one, and nothing near it', async kind => {
  const stored = kind === 'plain' ? 'pass:wörd' : cheapHash('pass:wörd');
  const credentials = new Credentials('me', stored);
  expect(await credentials.accepts(basic('me:pass:wörd'))).toBe(true);
  expect(await credentials.accepts(basic('me:pass:wörd').replace('Basic', 'basic '))).toBe(true);
  const wrong = [
    'me:pass:word',
    'me:',
    'me',
    ':pass:wörd',
    'you:pass:wörd',
    'me:pass:wörd ',
    `me:${stored}x`,
  ];
  for (const text of wrong) expect(await credentials.accepts(basic(text)), text).toBe(false);
  for (const header of [
    undefined,
    '',
    'Basic',
    'Bearer x',
    basic('me:pass:wörd').slice(6),
    `Basic ${'A'.repeat(5000)}`,
  ])
    expect(await credentials.accepts(header), header).toBe(false);
});

it('the stored form is no password, tells its cost, and differs each time', async () => {
  const [one, other] = [await hashPassword('secret'), await hashPassword('secret')];
  expect(one).toMatch(/^\$scrypt\$ln=15,r=8,p=3\$[^$]{22}\$[^$]{43}$/);
  expect(one).not.toBe(other);
  expect(await new Credentials('me', one).accepts(basic(`me:${one}`))).toBe(false);
});

it('a password that was right once is known by its digest', async () => {
  const credentials = new Credentials('me', await hashPassword('secret'));
  expect(await credentials.accepts(basic('me:secret'))).toBe(true);
  const startMs = process.cpuUsage().user;
  for (let i = 0; i < 1000; i++) await credentials.accepts(basic('me:secret'));
  // a thousand scrypts are a minute
  expect(process.cpuUsage().user - startMs).toBeLessThan(5_000_000);
  expect(await credentials.accepts(basic('me:wrong'))).toBe(false);
});
