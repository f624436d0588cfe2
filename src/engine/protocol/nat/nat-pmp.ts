import { readU16, readU32, writeU16, writeU32 } from '../../bytes.js';
import { formatIp } from '../compact.js';
import type { MappingAnswer, MappingRequest } from './mapping.js';

/** NAT-PMP, RFC 6886: version 0, numbers in network order. */
const VERSION = 0;

/** Opcodes of RFC 6886, sections 3.2 and 3.3; those of answers are 128 higher. */
const OPCODES = { address: 0, udp: 1, tcp: 2 } as const;
const ANSWER = 128;

/** Section 3.2. */
export function encodeAddressRequest(): Uint8Array {
  return Uint8Array.of(VERSION, OPCODES.address);
}

/** Section 3.3; a lifetime of 0 ends the mapping, and then no external port is asked for (section 3.4). */
export function encodeNatPmpRequest(request: MappingRequest): Uint8Array {
  const packet = new Uint8Array(12);
  packet[0] = VERSION;
  packet[1] = OPCODES[request.protocol];
  writeU16(packet, 4, request.internalPort);
  writeU16(packet, 6, request.lifetimeS === 0 ? 0 : request.externalPort);
  writeU32(packet, 8, request.lifetimeS);
  return packet;
}

export interface AddressAnswer {
  readonly result: number;
  readonly address: string;
}

/** Undefined for what is no answer to the question for the external address. A refusal may end after the epoch. */
export function decodeAddressAnswer(packet: Uint8Array): AddressAnswer | undefined {
  const result = resultOf(packet, OPCODES.address);
  if (result === undefined || (result === 0 && packet.length < 12)) return undefined;
  return { result, address: result === 0 ? formatIp(packet.subarray(8, 12)) : '' };
}

/** Undefined for what is no answer to this request. */
export function decodeNatPmpAnswer(packet: Uint8Array, request: MappingRequest): MappingAnswer | undefined {
  const result = resultOf(packet, OPCODES[request.protocol]);
  if (result === undefined) return undefined;
  if (packet.length < 16) return result === 0 ? undefined : { result, externalPort: 0, lifetimeS: 0 };
  if (readU16(packet, 8) !== request.internalPort) return undefined;
  return { result, externalPort: readU16(packet, 10), lifetimeS: readU32(packet, 12) };
}

function resultOf(packet: Uint8Array, opcode: number): number | undefined {
  if (packet.length < 8 || packet[0] !== VERSION || packet[1] !== opcode + ANSWER) return undefined;
  return readU16(packet, 2);
}
