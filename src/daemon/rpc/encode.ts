import { Slices } from '../slices.js';

/** Longer lists are written part by part. */
const PART = 250;

/** A batch, an answer of it, what it tells, and a list in that. */
const DEPTH = 4;

/** The JSON of an answer. Lists of all torrents are written in slices: peers and other clients have their turns meanwhile. */
export async function encodeAnswer(answer: unknown, slices?: Slices): Promise<string> {
  return holdsLong(answer, DEPTH) ? encode(answer, DEPTH, slices ?? new Slices()) : JSON.stringify(answer);
}

function holdsLong(value: unknown, depth: number): boolean {
  if (depth === 0 || typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value) && value.length > PART) return true;
  return Object.values(value).some(member => holdsLong(member, depth - 1));
}

async function encode(value: unknown, depth: number, slices: Slices): Promise<string> {
  if (depth === 0 || typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value) && value.length > PART) return encodeLong(value, slices);
  const parts: string[] = [];
  if (Array.isArray(value)) {
    for (const item of value) parts.push((await encode(item, depth - 1, slices)) ?? 'null');
    return `[${parts.join(',')}]`;
  }
  for (const [key, member] of Object.entries(value))
    if (member !== undefined) parts.push(`${JSON.stringify(key)}:${await encode(member, depth - 1, slices)}`);
  return `{${parts.join(',')}}`;
}

async function encodeLong(list: readonly unknown[], slices: Slices): Promise<string> {
  const parts: string[] = [];
  for (let from = 0; from < list.length; from += PART) {
    await slices.step();
    parts.push(JSON.stringify(list.slice(from, from + PART)).slice(1, -1));
  }
  return `[${parts.join(',')}]`;
}
