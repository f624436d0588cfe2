// Part `wire`: the decoder and the encoder of peer messages by themselves.
import { PeerDecoder } from '../../dist/engine/protocol/peer/decoder.js';
import { encodeMessage } from '../../dist/engine/protocol/peer/encoder.js';
import { barChart } from '../lib/charts.mjs';
import { figure, spread } from '../lib/format.mjs';
import { measure } from '../lib/measure.mjs';
import { figureOf } from '../lib/part.mjs';
import { inUnits } from '../lib/stats.mjs';
import { mixes, PIECES, toBytes } from './mixes.mjs';

/** A read of a fast socket: what the engine's receive region holds. */
const WHOLE_BYTES = 256 * 1024;

/** Payload of one Ethernet frame (1500 bytes less headers of IP and TCP with time stamps). */
const FRAGMENT_BYTES = 1448;

const TOLERANCE = 0.35;

/** @param {import('../lib/part.mjs').Context} context @returns {Promise<import('../lib/part.mjs').PartResult>} */
export async function run({ quick, samples, signal, progress }) {
  const options = { samples, timeMs: quick ? 15 : 100 };
  const results = [];
  for (const { name, meaning, messages } of mixes()) {
    signal.throwIfAborted();
    progress(name);
    const bytes = toBytes(messages);
    const out = new Uint8Array(bytes.length);
    const rounds = await measure(
      {
        whole: () => decode(bytes, WHOLE_BYTES, messages.length),
        fragmented: () => decode(bytes, FRAGMENT_BYTES, messages.length),
        encode: () => encode(messages, out),
      },
      options,
    );
    const encoded = encode(messages, out);
    results.push({
      name,
      meaning,
      messages: messages.length,
      bytes: bytes.length,
      bytesPerSecond: {
        whole: rounds.summary('whole', seconds => bytes.length / seconds),
        fragmented: rounds.summary('fragmented', seconds => bytes.length / seconds),
        encode: rounds.summary('encode', seconds => encoded / seconds),
      },
      messagesPerSecond: Object.fromEntries(
        ['whole', 'fragmented', 'encode'].map(way => [
          way,
          rounds.summary(way, seconds => messages.length / seconds),
        ]),
      ),
      // higher is better: share of the full speed that is left when every read is one frame
      fragmentedShare: rounds.ratio('whole', 'fragmented', seconds => seconds),
    });
  }
  return {
    title: 'Wire',
    method: [
      `The state machine that turns bytes of a connection into messages, and back, by itself on one thread (tinybench, ${samples} rounds of ${options.timeMs} ms each in turn). Whole: reads of ${WHOLE_BYTES / 1024} KiB. Fragmented: reads of ${FRAGMENT_BYTES} bytes, one Ethernet frame each. The payload of blocks is counted in MB/s when decoding, though no byte of it is touched; encoding makes headers only.`,
    ],
    tables: [
      {
        title: 'Decoding and encoding',
        columns: ['mix', 'way', 'MB/s', 'million messages/s'],
        left: [1],
        rows: results.flatMap(({ name, bytesPerSecond, messagesPerSecond }) =>
          Object.entries({ whole: 'decode, whole', fragmented: 'decode, fragmented', encode: 'encode' }).map(
            ([way, title]) => [
              name,
              title,
              spread(bytesPerSecond[way], 1e6),
              figure(messagesPerSecond[way].median / 1e6),
            ],
          ),
        ),
        notes: results.map(({ name, meaning }) => `${name}: ${meaning}`),
      },
    ],
    charts: [
      {
        name: 'wire-messages',
        title: 'Messages decoded and encoded',
        svg: barChart({
          title: 'Messages decoded and encoded',
          subtitle: 'One thread; median, whiskers from minimum to maximum',
          unit: 'million messages/s',
          groups: results.map(({ name }) => name),
          series: Object.entries({
            whole: 'decode, whole',
            fragmented: 'decode, fragmented',
            encode: 'encode',
          }).map(([way, name]) => ({
            name,
            values: results.map(({ messagesPerSecond }) => inUnits(messagesPerSecond[way], 1e6)),
          })),
        }),
      },
    ],
    figures: results.flatMap(({ name, bytesPerSecond, messagesPerSecond, fragmentedShare }) => [
      figureOf(`wire.${name}.fragmented/whole`, fragmentedShare, 'x', 'higher', TOLERANCE),
      figureOf(`wire.${name}.decode`, bytesPerSecond.whole, 'B/s', 'higher'),
      figureOf(`wire.${name}.decode.messages`, messagesPerSecond.whole, '/s', 'higher'),
      figureOf(`wire.${name}.encode.messages`, messagesPerSecond.encode, '/s', 'higher'),
    ]),
    data: { results },
  };
}

function decode(bytes, chunkBytes, expected) {
  const decoder = new PeerDecoder({ handshake: false });
  decoder.setPieceCount(PIECES);
  let messages = 0;
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    decoder.push(bytes, at, Math.min(at + chunkBytes, bytes.length));
    for (let event = decoder.next(); event !== undefined; event = decoder.next()) {
      if (event.type !== 'block-start' && event.type !== 'block-data') messages++;
    }
  }
  if (messages !== expected) throw new Error(`decoded ${messages} messages, must be ${expected}`);
}

/** Blocks give their header; their payload would go out of its slot as it is. */
function encode(messages, out) {
  let at = 0;
  for (const message of messages) at = encodeMessage(message, out, at);
  return at;
}
