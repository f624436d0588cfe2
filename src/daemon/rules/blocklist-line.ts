import { type IpRange, ipNetwork, ipNumber } from '../../engine/policy/ip-ranges.js';

/** In a list of eMule a range with a higher level of access is not blocked. */
const LEAST_ALLOWED_LEVEL = 128;

/** Characters: names are a few words. */
const MAX_LINE = 1000;

/**
 * A line of a blocklist, in whichever of the common forms it is: CIDR (`10.0.0.0/8`), one address, a range
 * (`10.0.0.0-10.0.0.9`), with a name before it (PeerGuardian, `name:10.0.0.0-10.0.0.9`), or with a level and a name after
 * it (eMule, `010.000.000.000 - 010.000.000.009 , 100 , name`). Null: it says nothing, or blocks nothing. Undefined: it
 * is in none of them.
 */
export function parseBlocklistLine(line: string): IpRange | null | undefined {
  if (line.length > MAX_LINE) return undefined;
  const text = line.replace(/^\uFEFF/, '').trim();
  if (text === '' || text.startsWith('#') || text.startsWith('//')) return null;
  const emule = /^([\d.]+)\s*-\s*([\d.]+)\s*,\s*(\d{1,3})\s*(?:,.*)?$/.exec(text);
  if (emule !== null)
    return Number(emule[3]) < LEAST_ALLOWED_LEVEL
      ? between(withoutZeros(emule[1]), withoutZeros(emule[2]))
      : null;
  const cidr = /^([\da-f.:]+)\/(\d{1,3})$/i.exec(text);
  if (cidr !== null) return ipNetwork(cidr[1], Number(cidr[2]));
  // names have colons too, and so does IPv6: the range is what stands at the end
  const range = /(?:^|:)\s*([\d.]+|[\da-f:]+)\s*-\s*([\d.]+|[\da-f:]+)$/i.exec(text);
  if (range !== null) return between(range[1], range[2]);
  return between(text, text);
}

function between(from: string, to: string): IpRange | undefined {
  const first = ipNumber(from);
  const last = ipNumber(to);
  if (first === undefined || last === undefined) return undefined;
  if (first.family !== last.family || first.value > last.value) return undefined;
  return { family: first.family, first: first.value, last: last.value };
}

/** `010.000.000.001` is decimal here, not octal. */
function withoutZeros(address: string): string {
  return address.replace(/(^|\.)0+(?=\d)/g, '$1');
}
