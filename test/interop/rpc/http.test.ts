import { describe, expect } from 'vitest';
import { skipReason } from '../clients/required.js';
import { it } from '../stage-test.js';
import { BOTH } from './lib/daemons.js';

const USER = 'somebody:a secret';
const PATH = '/transmission/rpc';

function basic(user: string): { Authorization: string } {
  return { Authorization: `Basic ${Buffer.from(user).toString('base64')}` };
}

for (const kind of BOTH)
  describe.skipIf(skipReason([kind]) !== undefined).concurrent(`HTTP of ${kind.name}`, () => {
    it('with a password: nobody else, and then by any name of the machine', async ({ stage }) => {
      const { rpc } = await kind.start(stage, { user: USER });
      for (const headers of [
        {},
        basic('somebody:wrong'),
        basic('other:a secret'),
        { Authorization: 'Bearer x' },
      ]) {
        const refused = await rpc.raw({ headers, body: '{}' });
        expect(refused.status).toBe(401);
        expect(refused.headers['www-authenticate']).toMatch(/^Basic realm="\w+"/);
        expect(refused.headers).not.toHaveProperty('x-transmission-session-id');
      }
      expect((await rpc.raw({ headers: basic(USER), body: '{}' })).status).toBe(409);
      const elsewhere = { ...basic(USER), Host: 'seedbox.example.com' };
      expect((await rpc.raw({ headers: elsewhere, body: '{}' })).status).toBe(409);
      expect((await rpc.send({ method: 'session-stats' })).status).toBe(200);
    });

    it('an id is wanted of every verb, and one stays', async ({ stage }) => {
      const { rpc } = await kind.start(stage);
      const ids = new Set<unknown>();
      for (const verb of ['GET', 'POST', 'PUT']) {
        const { status, headers } = await rpc.raw({ verb, path: PATH });
        expect(status).toBe(409);
        ids.add(headers['x-transmission-session-id']);
      }
      const [id] = [...ids].map(String);
      expect(ids.size).toBe(1);
      const headers = { 'X-Transmission-Session-Id': id };
      for (const verb of ['GET', 'PUT'])
        expect((await rpc.raw({ verb, path: PATH, headers })).status).toBe(405);
    });

    it('no page of another site reads answers', async ({ stage }) => {
      const { rpc } = await kind.start(stage);
      const headers = { Origin: 'http://evil.example.com' };
      for (const verb of ['POST', 'GET', 'OPTIONS']) {
        const answer = await rpc.raw({ verb, path: PATH, headers });
        expect(Object.keys(answer.headers).filter(name => name.startsWith('access-control-'))).toEqual([]);
      }
    });

    it('many requests at a time, each with its own answer', async ({ stage }) => {
      const { rpc } = await kind.start(stage);
      await rpc.call('session-stats');
      const tags = Array.from({ length: 50 }, (_, tag) => tag);
      const answers = await Promise.all(tags.map(tag => rpc.legacy({ method: 'session-get', tag })));
      expect(answers.map(({ tag }) => tag)).toEqual(tags);
    });
  });
