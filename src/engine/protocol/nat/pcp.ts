import { bytesEqual, readU16, readU32, writeU16, writeU32 } from '../../bytes.js';
import { formatIp, unmapped } from '../compact.js';
import type { MappingAnswer, MappingProtocol, MappingRequest } from './mapping.js';

/** PCP, RFC 6887: version 2, numbers in network order, all addresses 16 bytes. */
const VERSION = 2;

/** Section 7.2: the top bit says that it is an answer. */
const ANSWER = 0x80;

/** Sections 14.1 and 11. */
const OPCODES = { announce: 0, map: 1 } as const;

/** Numbers of the protocols (IANA). */
const PROTOCOLS: Readonly<Record<MappingProtocol, number>> = { tcp: 6, udp: 17 };

/** Common header and the part that belongs to MAP, sections 7.1 and 11.1. */
const HEADER_BYTES = 24;
const MAP_BYTES = 36;

/** Section 11.1. */
export const PCP_NONCE_BYTES = 12;

/** Section 14.1: changes nothing, and every server answers it. `client` has the four bytes of our address. */
export function encodeAnnounce(client: Uint8Array): Uint8Array {
  return header(OPCODES.announce, HEADER_BYTES, client, 0);
}

/** Section 11.1. Whoever wants to change or end a mapping must know its nonce. */
export function encodePcpRequest(request: MappingRequest, nonce: Uint8Array, client: Uint8Array): Uint8Array {
  const packet = header(OPCODES.map, HEADER_BYTES + MAP_BYTES, client, request.lifetimeS);
  packet.set(nonce, HEADER_BYTES);
  packet[36] = PROTOCOLS[request.protocol];
  writeU16(packet, 40, request.internalPort);
  writeU16(packet, 42, request.externalPort);
  packet.set(mapped(new Uint8Array(4)), 44); // any address of this family
  return packet;
}

/** Result of an answer to the opcode; undefined for what is none. */
export function decodeAnnounceAnswer(packet: Uint8Array): { readonly result: number } | undefined {
  return isAnswer(packet, OPCODES.announce) ? { result: packet[3] } : undefined;
}

/** Undefined for what is no answer to this request. */
export function decodePcpAnswer(
  packet: Uint8Array,
  request: MappingRequest,
  nonce: Uint8Array,
): MappingAnswer | undefined {
  if (!isAnswer(packet, OPCODES.map)) return undefined;
  const result = packet[3];
  // A server that does not understand the request may send it back in part.
  if (packet.length < HEADER_BYTES + MAP_BYTES)
    return result === 0 ? undefined : { result, externalPort: 0, lifetimeS: 0 };
  if (!bytesEqual(packet.subarray(HEADER_BYTES, HEADER_BYTES + PCP_NONCE_BYTES), nonce)) return undefined;
  if (packet[36] !== PROTOCOLS[request.protocol] || readU16(packet, 40) !== request.internalPort)
    return undefined;
  return {
    result,
    externalPort: readU16(packet, 42),
    lifetimeS: readU32(packet, 4),
    externalAddress: formatIp(unmapped(packet.subarray(44, 60))),
  };
}

function header(opcode: number, bytes: number, client: Uint8Array, lifetimeS: number): Uint8Array {
  const packet = new Uint8Array(bytes);
  packet[0] = VERSION;
  packet[1] = opcode;
  writeU32(packet, 4, lifetimeS);
  packet.set(mapped(client), 8);
  return packet;
}

function isAnswer(packet: Uint8Array, opcode: number): boolean {
  return packet.length >= HEADER_BYTES && packet[0] === VERSION && packet[1] === (opcode | ANSWER);
}

/** Section 5: IPv4 as ::ffff:a.b.c.d. */
function mapped(ipv4: Uint8Array): Uint8Array {
  const address = new Uint8Array(16);
  address.fill(0xff, 10, 12);
  address.set(ipv4, 12);
  return address;
}
