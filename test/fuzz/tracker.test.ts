import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isMillraceError } from '../../src/engine/errors.js';
import { type BInput, encode } from '../../src/engine/protocol/bencode.js';
import { decodeHttpAnnounce, decodeHttpScrape } from '../../src/engine/protocol/tracker/http.js';
import { escapeBytes, unescapeBytes } from '../../src/engine/protocol/tracker/percent.js';
import {
  decodeUdpRequest,
  decodeUdpResponse,
  encodeAnnounce,
} from '../../src/engine/protocol/tracker/udp.js';
import { parseTrackerUrl, redactUrl, scrapeUrl } from '../../src/engine/protocol/tracker/url.js';
import { QueryError, readAnnounce, readScrape } from '../../src/tracker/http-query.js';

const OPTIONS = { numRuns: 3000, interruptAfterTimeLimit: 2000 };

/** Runs it; any error but the allowed kind fails the property. */
function onlyFails(run: () => unknown, allowed: (error: unknown) => boolean): void {
  try {
    run();
  } catch (error) {
    if (!allowed(error)) throw error;
  }
}

const bytes = fc.uint8Array({ maxLength: 300 });
/** A value that could stand in a reply, right or wrong. */
const anything = fc.letrec<{ value: BInput }>(tie => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.string(),
    fc.integer(),
    bytes,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom('ip', 'port', 'peer id', 'complete'), tie('value')),
  ),
})).value;
const REPLY_KEYS = [
  'complete',
  'external ip',
  'failure reason',
  'files',
  'incomplete',
  'interval',
  'min interval',
  'peers',
  'peers6',
  'tracker id',
  'warning message',
] as const;

describe('replies', () => {
  const coded = (error: unknown) =>
    isMillraceError(error, 'ERR_TRACKER_RESPONSE') || isMillraceError(error, 'ERR_TRACKER_FAILURE');

  it('HTTP: any bytes', () => {
    fc.assert(
      fc.property(bytes, body => {
        onlyFails(() => decodeHttpAnnounce(body), coded);
        onlyFails(() => decodeHttpScrape(body), coded);
      }),
      OPTIONS,
    );
  });

  it('HTTP: any values under the keys of a reply', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...REPLY_KEYS), anything), value => {
        const body = encode(value);
        onlyFails(() => {
          const { intervalMs, peers } = decodeHttpAnnounce(body);
          expect(intervalMs).toBeGreaterThan(0);
          for (const { port } of peers) expect(port >= 1 && port <= 65535).toBe(true);
        }, coded);
        onlyFails(() => decodeHttpScrape(body), coded);
      }),
      OPTIONS,
    );
  });

  it('UDP: any bytes under any action', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 4 }),
        bytes,
        fc.constantFrom(4 as const, 6 as const),
        (action, body, family) => {
          const response = decodeUdpResponse(Uint8Array.of(0, 0, 0, action, ...body), family);
          if (response?.action === 'announce')
            for (const { port } of response.peers) expect(port).toBeGreaterThan(0);
        },
      ),
      OPTIONS,
    );
  });
});

describe('requests', () => {
  it('UDP: any bytes under any action', () => {
    fc.assert(
      fc.property(bytes, fc.integer({ min: 0, max: 4 }), (body, action) => {
        const packet = Uint8Array.of(...body.subarray(0, 8), 0, 0, 0, action, ...body.subarray(8));
        const request = decodeUdpRequest(packet);
        if (request?.action === 'announce') {
          for (const id of [request.infoHash, request.peerId]) expect(id).toHaveLength(20);
          // What was read can be written again.
          decodeUdpRequest(
            encodeAnnounce(request.connectionId, request.transactionId, request, request.urlData),
          );
        }
        if (request?.action === 'scrape')
          for (const hash of request.infoHashes) expect(hash).toHaveLength(20);
      }),
      OPTIONS,
    );
  });

  it('HTTP: any query', () => {
    const id = fc.oneof(fc.uint8Array({ minLength: 20, maxLength: 20 }).map(escapeBytes), fc.string());
    const pair = fc.oneof(
      fc.string(),
      fc.tuple(fc.constantFrom('info_hash', 'peer_id'), id).map(part => part.join('=')),
      fc
        .tuple(
          fc.constantFrom('port', 'left', 'numwant', 'event', 'compact', '__proto__'),
          fc.oneof(fc.integer().map(String), fc.string()),
        )
        .map(part => part.join('=')),
    );
    fc.assert(
      fc.property(fc.array(pair, { maxLength: 12 }), pairs => {
        const query = pairs.join('&');
        const isQueryError = (error: unknown) => error instanceof QueryError;
        onlyFails(() => {
          const { infoHash, peerId, port, left } = readAnnounce(query);
          expect([infoHash.length, peerId.length]).toEqual([20, 20]);
          expect(port >= 1 && port <= 65535 && left >= 0).toBe(true);
        }, isQueryError);
        onlyFails(() => expect(readScrape(query, 3).length).toBeLessThanOrEqual(3), isQueryError);
      }),
      OPTIONS,
    );
  });
});

it('escaping and back', () => {
  fc.assert(
    fc.property(bytes, raw => {
      expect(unescapeBytes(escapeBytes(raw), 300)).toEqual(raw);
    }),
  );
});

it('any URL is parsed or refused, and redacting shows no secret', () => {
  const part = fc.oneof(
    fc.constantFrom('http://', 'udp://', 't', ':80', '/', '?', '#', '@', '[::1]', 'k=s3cr3t', '/s3cr3t', '%'),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 10 }), parts => {
      const url = parts.join('');
      onlyFails(
        () => parseTrackerUrl(url),
        error => isMillraceError(error, 'ERR_TRACKER_URL'),
      );
      scrapeUrl(url);
      redactUrl(url);
      expect(redactUrl(`http://t/s3cr3t${url}`)).not.toContain('s3cr3t');
    }),
    OPTIONS,
  );
});
