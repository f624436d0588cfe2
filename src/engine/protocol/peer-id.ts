import { latin1, utf8 } from '../bytes.js';

/** Client code and version of millrace in the style of BEP 20: MR, 0.1.0. */
export const PEER_ID_PREFIX = '-MR0100-';

/** Our peer id: the prefix, then the 12 random bytes that the session has drawn. */
export function createPeerId(random: Uint8Array): Uint8Array {
  if (random.length !== 12) throw new RangeError(`${random.length} random bytes, must be 12`);
  const id = new Uint8Array(20);
  id.set(utf8(PEER_ID_PREFIX));
  id.set(random, PEER_ID_PREFIX.length);
  return id;
}

type VersionStyle = (version: string) => string;

/** Digit of 0-9 A-Z a-z, as clients write numbers above 9. */
function digit(character: string): number {
  return '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'.indexOf(character);
}

/** 8421 is 8.4.2.1, 1230 is 1.2.3, 20B0 is 2.0.11. */
const four: VersionStyle = v => {
  const numbers = Array.from(v, digit);
  return numbers.slice(0, numbers[3] === 0 ? 3 : 4).join('.');
};
/** 1293 is 1.2.9: the last is the build. */
const three: VersionStyle = v => Array.from(v.slice(0, 3), digit).join('.');
/** 0241 is 2.41. */
const twoAndTwo: VersionStyle = v => `${Number.parseInt(v.slice(0, 2), 10) || 0}.${v.slice(2)}`;
/** 0091 is 0.09.1. */
const picoTorrent: VersionStyle = v => `${v[0]}.${v.slice(1, 3)}.${v[3]}`;
/** 10X0 is 1.0.33: always three numbers in base 62. */
const libreTorrent = three;
/** 33D1 is 3.3 Dev 1, 33R2 is 3.3 RC 2. */
const kTorrent: VersionStyle = v => {
  const stage = { D: 'Dev', R: 'RC' }[v[2]];
  return stage === undefined ? three(v) : `${v[0]}.${v[1]} ${stage} ${v[3]}`;
};
/** 0072 is 0.72, 1330 is 1.33, 4000 is 4.0.0, 400B a beta of it: the meaning changed twice. */
const transmission: VersionStyle = v => {
  if (v.startsWith('000')) return `0.${v[3]}`;
  if (v.startsWith('00')) return `0.${v.slice(2)}`;
  const development = v[3] === 'Z' || v[3] === 'X' ? '+' : '';
  if (v[0] <= '3') return `${v[0]}.${v.slice(1, 3)}${development}`;
  return three(v) + (v[3] === 'B' ? ' (Beta)' : development);
};

/** Codes of Azureus-style ids that are met in swarms today (BEP 20 and the clients' own sources). */
const AZUREUS_STYLE: Readonly<Record<string, readonly [name: string, style: VersionStyle]>> = {
  AG: ['Ares', four],
  AZ: ['Azureus / Vuze', four],
  BC: ['BitComet', twoAndTwo],
  BE: ['BitTorrent SDK', four],
  BI: ['BiglyBT', four],
  BT: ['BitTorrent', three],
  BW: ['BitTorrent Web', three],
  DE: ['Deluge', three],
  FD: ['Free Download Manager', three],
  FL: ['Flud', three],
  FW: ['FrostWire', three],
  GT: ['anacrolix/torrent', four],
  KG: ['KGet', four],
  KT: ['KTorrent', kTorrent],
  LT: ['libtorrent', four],
  LW: ['LimeWire', four],
  Lr: ['LibreTorrent', libreTorrent],
  MR: ['millrace', four],
  PI: ['PicoTorrent', picoTorrent],
  SD: ['Thunder', four],
  TR: ['Transmission', transmission],
  TT: ['TuoTu', four],
  UE: ['\u00b5Torrent Embedded', three],
  UM: ['\u00b5Torrent Mac', three],
  UT: ['\u00b5Torrent', three],
  UW: ['\u00b5Torrent Web', three],
  WD: ['WebTorrent Desktop', four],
  WW: ['WebTorrent', four],
  XL: ['Xunlei', four],
  lt: ['rTorrent', four],
  qB: ['qBittorrent', three],
  rQ: ['rqbit', four],
};

/** Letters of Shad0w-style ids: S58B----- is 5.8.11. */
const SHADOW_STYLE: Readonly<Record<string, string>> = {
  A: 'ABC',
  O: 'Osprey Permaseed',
  Q: 'BTQueue',
  R: 'Tribler',
  S: 'Shad0w',
  T: 'BitTornado',
  U: 'UPnP NAT Bit Torrent',
};

/** Clients that write decimal numbers and dashes: M7-10-5-- is 7.10.5. */
const DASHED_STYLE: Readonly<Record<string, string>> = { M: 'BitTorrent', Q: 'Queen Bee', 'A2-': 'aria2' };

/**
 * Client and version that a peer id tells, such as "Transmission 4.0.0", else "unknown". Never anything but letters,
 * digits and plain punctuation, whatever the peer sends; still a claim of the peer and no proof.
 */
export function clientName(peerId: Uint8Array): string {
  const id = latin1(peerId.subarray(0, 20));
  const azureus = /^-([0-9A-Za-z]{2})([0-9A-Za-z]{4})-/.exec(id);
  if (azureus) {
    const [, code, version] = azureus;
    const [name, style] = Object.hasOwn(AZUREUS_STYLE, code) ? AZUREUS_STYLE[code] : ([code, four] as const);
    return `${name} ${style(version)}`;
  }
  const tixati = /^TIX(\d\d)(\d\d)-/.exec(id);
  if (tixati) return `Tixati ${Number(tixati[1])}.${tixati[2]}`;
  const dashed = /^(M|Q|A2-)(\d{1,2})-(\d{1,2})-(\d{1,2})-/.exec(id);
  if (dashed) return `${DASHED_STYLE[dashed[1]]} ${dashed.slice(2).join('.')}`;
  const shadow = /^([AOQRSTU])([0-9A-Za-z]{3})[0-9A-Za-z-]{2}---/.exec(id);
  if (shadow) return `${SHADOW_STYLE[shadow[1]]} ${three(shadow[2])}`;
  return 'unknown';
}
