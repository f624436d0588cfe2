import { randomBytes } from 'node:crypto';
import type { PeerAddress } from '../../ids.js';
import { parseIp } from '../../protocol/compact.js';
import type { MappingAnswer, MappingRequest } from '../../protocol/nat/mapping.js';
import {
  type AddressAnswer,
  decodeAddressAnswer,
  decodeNatPmpAnswer,
  encodeAddressRequest,
  encodeNatPmpRequest,
} from '../../protocol/nat/nat-pmp.js';
import {
  decodeAnnounceAnswer,
  decodePcpAnswer,
  encodeAnnounce,
  encodePcpRequest,
  PCP_NONCE_BYTES,
} from '../../protocol/nat/pcp.js';
import { badAnswer, refused } from './errors.js';
import { exchange } from './exchange.js';
import type { Gateway, Neighbourhood, PortMapping } from './gateway.js';

/**
 * A router that speaks PCP, or NAT-PMP before it, on the same port. It is asked in the new language first; one that
 * knows only the old one says so (RFC 6887, appendix A), and one that keeps silent is asked in that next.
 */
export async function findPcp(where: Neighbourhood, signal: AbortSignal): Promise<Gateway | undefined> {
  const { gateway: host, port, localAddress } = where;
  const at = { host, port };
  const packets = (local: string) => [encodeAnnounce(parseIp(local)!), encodeAddressRequest()];
  const spoken = (packet: Uint8Array) => {
    if (decodeAnnounceAnswer(packet) !== undefined) return 'pcp';
    // Of the old version: the answer to the second question, or a no to the first.
    return decodeAddressAnswer(packet) === undefined ? undefined : 'nat-pmp';
  };
  const protocol = await exchange(at, localAddress, packets, spoken, signal).catch(() => undefined);
  if (protocol === 'pcp') return new PcpGateway(at, localAddress);
  if (protocol === 'nat-pmp') return new NatPmpGateway(at, localAddress);
  return undefined;
}

abstract class UdpGateway implements Gateway {
  abstract readonly protocol: 'pcp' | 'nat-pmp';

  constructor(
    readonly at: PeerAddress,
    readonly localAddress: string,
  ) {}

  get address(): string {
    return this.at.host;
  }

  async map(wanted: MappingRequest, signal: AbortSignal): Promise<PortMapping> {
    const { externalPort, lifetimeS, externalAddress } = await this.ask(wanted, signal);
    if (externalPort === 0) throw badAnswer(this.address, 'port 0');
    // The port is ours, whether or not the router tells its address as well.
    const address = externalAddress ?? (await this.externalAddress(signal).catch(() => undefined));
    return { externalPort, lifetimeS, externalAddress: address };
  }

  async unmap(mapped: MappingRequest, signal: AbortSignal): Promise<void> {
    await this.ask({ ...mapped, lifetimeS: 0 }, signal);
  }

  protected async ask(request: MappingRequest, signal: AbortSignal): Promise<MappingAnswer> {
    const answer = await exchange(
      this.at,
      this.localAddress,
      local => [this.encode(request, local)],
      packet => this.decode(packet, request),
      signal,
    );
    if (answer.result !== 0) throw refused(this.address, this.protocol, answer.result);
    return answer;
  }

  protected abstract encode(request: MappingRequest, localAddress: string): Uint8Array;
  protected abstract decode(packet: Uint8Array, request: MappingRequest): MappingAnswer | undefined;
  protected abstract externalAddress(signal: AbortSignal): Promise<string | undefined>;
}

/**
 * RFC 6887, section 11.2: only who knows it can change or end what we have mapped. One for as long as the process lives:
 * a router that is found again refuses another nonce (section 11.3) until the lease that it gave before has run out.
 */
const NONCE = new Uint8Array(randomBytes(PCP_NONCE_BYTES));

class PcpGateway extends UdpGateway {
  readonly protocol = 'pcp';

  protected encode(request: MappingRequest, localAddress: string): Uint8Array {
    return encodePcpRequest(request, NONCE, parseIp(localAddress)!);
  }

  protected decode(packet: Uint8Array, request: MappingRequest): MappingAnswer | undefined {
    return decodePcpAnswer(packet, request, NONCE);
  }

  protected async externalAddress(): Promise<undefined> {}
}

class NatPmpGateway extends UdpGateway {
  readonly protocol = 'nat-pmp';

  protected encode(request: MappingRequest): Uint8Array {
    return encodeNatPmpRequest(request);
  }

  protected decode(packet: Uint8Array, request: MappingRequest): MappingAnswer | undefined {
    return decodeNatPmpAnswer(packet, request);
  }

  protected async externalAddress(signal: AbortSignal): Promise<string | undefined> {
    const answer = await exchange<AddressAnswer>(
      this.at,
      this.localAddress,
      () => [encodeAddressRequest()],
      decodeAddressAnswer,
      signal,
    );
    return answer.result === 0 ? answer.address : undefined;
  }
}
