import { concatBytes, writeU16 } from '../../bytes.js';
import type { PeerAddress } from '../../ids.js';
import { parseIp } from '../compact.js';
import { encodeCompactNodes } from './compact-nodes.js';
import { KrpcWriter } from './krpc-writer.js';
import type { DhtAnswer, DhtItem, DhtMessage, DhtQuery, Want } from './messages.js';

/**
 * One packet. Keys are in order (BEP 3), so that every reader takes it.
 * @throws RangeError for a message that does not fit into a packet.
 */
export function encodeDhtMessage(message: DhtMessage): Uint8Array {
  const writer = new KrpcWriter();
  writer.open();
  if (message.type === 'query') {
    writer.key('a').open();
    writeArguments(writer, message.id, message.query);
    writer.close();
    writer.key('q').word(message.query.method);
    if (message.readOnly) writer.key('ro').int(1);
  } else {
    if (message.type === 'error') writer.key('e').openList().int(message.code).text(message.text).close();
    if (message.seenAs) writer.optional('ip', compactAddress(message.seenAs));
    if (message.type === 'response') {
      writer.key('r').open();
      writeAnswer(writer, message.id, message.answer);
      writer.close();
    }
  }
  writer.key('t').bytes(message.transaction);
  writer.optional('v', message.version);
  writer.key('y').word(message.type[0]);
  return writer.close().finish();
}

function writeArguments(writer: KrpcWriter, id: Uint8Array, query: DhtQuery): void {
  if (query.method === 'put' && query.cas !== undefined) writer.key('cas').int(query.cas);
  writer.key('id').bytes(id);
  switch (query.method) {
    case 'ping':
      break;
    case 'get_peers':
      writer.key('info_hash').bytes(query.infoHash).flag('noseed', query.noSeed).flag('scrape', query.scrape);
      writeWant(writer, query.want);
      break;
    case 'announce_peer':
      writer.flag('implied_port', query.impliedPort).key('info_hash').bytes(query.infoHash);
      writer.key('port').int(query.port).flag('seed', query.seed).key('token').bytes(query.token);
      break;
    case 'put':
      writeItem(writer, query.item);
      writer.key('token').bytes(query.token).key('v').raw(query.item.value);
      break;
    default:
      if (query.method === 'get' && query.seq !== undefined) writer.key('seq').int(query.seq);
      writer.key('target').bytes(query.target);
      writeWant(writer, query.want);
  }
}

function writeItem(writer: KrpcWriter, { mutable }: DhtItem): void {
  if (!mutable) return;
  const { key, salt, seq, signature } = mutable;
  writer.key('k').bytes(key);
  if (salt?.length) writer.key('salt').bytes(salt);
  writer.key('seq').int(seq).key('sig').bytes(signature);
}

function writeWant(writer: KrpcWriter, want: Want | undefined): void {
  if (!want) return;
  writer.key('want').openList();
  if (want.v4) writer.word('n4');
  if (want.v6) writer.word('n6');
  writer.close();
}

function writeAnswer(writer: KrpcWriter, id: Uint8Array, answer: DhtAnswer): void {
  const { item, peers, samples } = answer;
  const mutable = item?.mutable;
  writer.optional('BFpe', answer.downloaders).optional('BFsd', answer.seeds);
  writer.key('id').bytes(id);
  if (answer.interval !== undefined) writer.key('interval').int(answer.interval);
  writer.optional('k', mutable?.key);
  if (answer.nodes) writer.key('nodes').bytes(encodeCompactNodes(answer.nodes, 4));
  if (answer.nodes6) writer.key('nodes6').bytes(encodeCompactNodes(answer.nodes6, 6));
  if (answer.stored !== undefined) writer.key('num').int(answer.stored);
  if (samples) writer.key('samples').bytes(concatBytes(samples));
  const seq = mutable ? mutable.seq : answer.seq;
  if (seq !== undefined) writer.key('seq').int(seq);
  writer.optional('sig', mutable?.signature).optional('token', answer.token);
  if (item) writer.key('v').raw(item.value);
  if (peers) writePeers(writer, peers);
}

function writePeers(writer: KrpcWriter, peers: readonly PeerAddress[]): void {
  writer.key('values').openList();
  for (const peer of peers) {
    const compact = compactAddress(peer);
    if (compact) writer.bytes(compact);
  }
  writer.close();
}

function compactAddress({ host, port }: PeerAddress): Uint8Array | undefined {
  const ip = parseIp(host);
  if (ip === undefined) return undefined;
  const compact = new Uint8Array(ip.length + 2);
  compact.set(ip);
  writeU16(compact, ip.length, port);
  return compact;
}
