import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../../../../src/engine/bytes.js';
import {
  decodeAddressAnswer,
  decodeNatPmpAnswer,
  encodeAddressRequest,
  encodeNatPmpRequest,
} from '../../../../../src/engine/protocol/nat/nat-pmp.js';
import {
  decodeAnnounceAnswer,
  decodePcpAnswer,
  encodeAnnounce,
  encodePcpRequest,
} from '../../../../../src/engine/protocol/nat/pcp.js';
import { locationIn, searchMessage } from '../../../../../src/engine/protocol/nat/ssdp.js';

const TCP = { protocol: 'tcp', internalPort: 0x1ae1, externalPort: 0x1ae2, lifetimeS: 7200 } as const;
const UDP = { ...TCP, protocol: 'udp' } as const;
const CLIENT = Uint8Array.of(192, 168, 1, 2);
const NONCE = fromHex('000102030405060708090a0b');

describe('NAT-PMP (RFC 6886)', () => {
  it('asks as the figures of sections 3.2 and 3.3 show', () => {
    expect(toHex(encodeAddressRequest())).toBe('0000');
    expect(toHex(encodeNatPmpRequest(TCP))).toBe('000200001ae11ae200001c20');
    expect(toHex(encodeNatPmpRequest(UDP))).toBe('000100001ae11ae200001c20');
    expect(toHex(encodeNatPmpRequest({ ...TCP, lifetimeS: 0 }))).toBe('000200001ae1000000000000');
  });

  it('reads answers', () => {
    expect(decodeAddressAnswer(fromHex('0080000000000001cb007107'))).toEqual({
      result: 0,
      address: '203.0.113.7',
    });
    expect(decodeNatPmpAnswer(fromHex('00820000000000011ae11ae500000e10'), TCP)).toEqual({
      result: 0,
      externalPort: 0x1ae5,
      lifetimeS: 3600,
    });
    expect(decodeNatPmpAnswer(fromHex('0082000200000001'), TCP)?.result).toBe(2);
    expect(decodeAddressAnswer(fromHex('0080000100000001'))?.result).toBe(1);
  });

  it.each([
    ['of the other protocol', '00810000000000011ae11ae500000e10'],
    ['for another port', '00820000000000011ae01ae500000e10'],
    ['of another version', '02820000000000011ae11ae500000e10'],
    ['that is a request', '00020000000000011ae11ae500000e10'],
    ['cut short', '00820000000000011ae11ae500000e'],
  ])('does not take an answer %s', (_, hex) => {
    expect(decodeNatPmpAnswer(fromHex(hex), TCP)).toBeUndefined();
  });
});

describe('PCP (RFC 6887)', () => {
  const answer = (changes: Readonly<Record<number, number>> = {}) => {
    const head = '02810000000007080000000100000000000000000000000000';
    const rest = '000102030405060708090a0b06000000' + '1ae11ae5' + '00000000000000000000ffffcb007107';
    const packet = fromHex(head.slice(0, 48) + rest);
    for (const [at, byte] of Object.entries(changes)) packet[Number(at)] = byte;
    return packet;
  };

  it('asks as the figures of sections 7.1, 11.1 and 14.1 show', () => {
    const client = '00000000000000000000ffffc0a80102';
    expect(toHex(encodeAnnounce(CLIENT))).toBe(`0200000000000000${client}`);
    expect(toHex(encodePcpRequest(TCP, NONCE, CLIENT))).toBe(
      `0201000000001c20${client}000102030405060708090a0b060000001ae11ae200000000000000000000ffff00000000`,
    );
    expect(encodePcpRequest(UDP, NONCE, CLIENT)[36]).toBe(17);
  });

  it('reads answers', () => {
    expect(decodePcpAnswer(answer(), TCP, NONCE)).toEqual({
      result: 0,
      externalPort: 0x1ae5,
      lifetimeS: 1800,
      externalAddress: '203.0.113.7',
    });
    expect(decodePcpAnswer(answer({ 3: 8 }), TCP, NONCE)?.result).toBe(8);
    expect(decodePcpAnswer(answer({ 3: 1 }).subarray(0, 24), TCP, NONCE)?.result).toBe(1);
    expect(decodePcpAnswer(answer({ 44: 0x20 }), TCP, NONCE)?.externalAddress).toBe('2000::ffff:cb00:7107');
    expect(decodeAnnounceAnswer(answer({ 1: 0x80 }))).toEqual({ result: 0 });
  });

  it.each([
    ['with another nonce', answer({ 24: 9 })],
    ['of the other protocol', answer({ 36: 17 })],
    ['for another port', answer({ 41: 0 })],
    ['of another version', answer({ 0: 1 })],
    ['of another opcode', answer({ 1: 0x82 })],
    ['that is a request', answer({ 1: 1 })],
    ['cut short', answer().subarray(0, 59)],
  ])('does not take an answer %s', (_, packet) => {
    expect(decodePcpAnswer(packet, TCP, NONCE)).toBeUndefined();
  });
});

describe('SSDP', () => {
  const ST = 'urn:schemas-upnp-org:device:InternetGatewayDevice:1';

  it('searches as UPnP Device Architecture 2.0, section 1.3.2, shows', () => {
    expect(searchMessage(ST)).toBe(
      `M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\nMX: 1\r\nST: ${ST}\r\n\r\n`,
    );
  });

  it.each([
    ['as they should be', `HTTP/1.1 200 OK\r\nST: ${ST}\r\nLOCATION: http://a/b\r\n\r\n`],
    ['with other letters and line ends', `HTTP/1.0 200 Fine\nlocation:http://a/b  \nst:${ST}\n`],
  ])('finds the location in answers %s', (_, answer) => {
    expect(locationIn(answer)).toBe('http://a/b');
  });

  it.each([
    ['a notice', `NOTIFY * HTTP/1.1\r\nST: ${ST}\r\nLOCATION: http://a/b\r\n\r\n`],
    ['a refusal', `HTTP/1.1 404 No\r\nST: ${ST}\r\nLOCATION: http://a/b\r\n\r\n`],
    [
      'another device',
      'HTTP/1.1 200 OK\r\nST: urn:schemas-upnp-org:device:Fridge:1\r\nLOCATION: http://a/b\r\n',
    ],
    ['no location', `HTTP/1.1 200 OK\r\nST: ${ST}\r\n\r\n`],
  ])('finds none in %s', (_, answer) => {
    expect(locationIn(answer)).toBeUndefined();
  });
});

it('reads whatever comes without an exception', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 80 }),
      fc.constantFrom(0, 2),
      fc.boolean(),
      (bytes, version, fix) => {
        if (fix && bytes.length > 1) bytes.set([version, version === 0 ? 130 : 129]);
        decodeAddressAnswer(bytes);
        decodeNatPmpAnswer(bytes, TCP);
        decodeAnnounceAnswer(bytes);
        decodePcpAnswer(bytes, TCP, NONCE);
        locationIn(String.fromCharCode(...bytes));
      },
    ),
  );
});
