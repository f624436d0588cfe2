import type { DhtGlance, SessionGlance } from '../index.js';
import { formatCount, formatSeconds } from './format.js';
import type { Output } from './output.js';

const TICK_MS = 1000;
/** Without a terminal: a line so often. */
const PLAIN_TICK_MS = 10_000;

type SearchGlance = Pick<SessionGlance, 'connections'> & { readonly dht?: Pick<DhtGlance, 'goodNodes'> };

/** Tells how the search goes while nothing is known of a magnet link but its info-hash. @returns what ends it */
export function tellSearch(output: Output, session: { light(): SearchGlance }): () => void {
  if (output.json) return () => {};
  output.line('Looking for peers that have the metadata.');
  const { terminal } = output;
  const startedMs = performance.now();
  const describe = () => describeSearch(session.light(), Math.round((performance.now() - startedMs) / 1000));
  // One line that is written over again and again; what is left of the last one is erased (ECMA-48 EL).
  const draw = (line: string) => terminal?.write(`\r${line.slice(0, terminal.columns)}\u001b[K`);
  const timer = setInterval(
    () => (terminal ? draw(describe()) : output.line(describe())),
    terminal ? TICK_MS : PLAIN_TICK_MS,
  );
  return () => {
    clearInterval(timer);
    draw('');
  };
}

/** `12 s  2 connections  40 DHT nodes`, and plainly whom there is nobody of; fits 40 columns. */
export function describeSearch({ connections, dht }: SearchGlance, seconds: number): string {
  const parts = [
    formatSeconds(seconds),
    connections === 0 ? 'no peer yet' : formatCount(connections, 'connection'),
  ];
  if (dht) parts.push(dht.goodNodes === 0 ? 'no DHT node answers' : formatCount(dht.goodNodes, 'DHT node'));
  return parts.join('  ');
}
