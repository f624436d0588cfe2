/**
 * A small home router: PCP and NAT-PMP on one UDP port, UPnP by an SSDP responder and an HTTP server. It keeps what is
 * mapped, counts what it is asked, and can be told to behave badly.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakeMapping {
  readonly protocol: 'tcp' | 'udp';
  readonly externalPort: number;
  readonly internalPort: number;
  readonly client: string;
  readonly lifetimeS: number;
  /** Of PCP: who does not know it changes nothing. */
  readonly nonce?: string;
}

export interface Behaviour {
  /** What it understands; everything else gets no answer, as from a router that lacks it. */
  speaks: readonly ('pcp' | 'nat-pmp' | 'upnp')[];
  externalAddress: string;
  /** Result code of every request by PCP or NAT-PMP, or error of UPnP. 0: it is done. */
  error: number;
  /** Longest lease that is given. */
  maxLifetimeS: number;
  /** By how much the ports that PCP and NAT-PMP give differ from what is wanted. */
  shift: number;
  /** Ports that others have. */
  taken: ReadonlySet<number>;
  /** UPnP: leases without end alone (725). */
  permanentOnly: boolean;
  /** Answers to UDP requests, instead of the right one. */
  packet: Uint8Array | undefined;
  /** What the answer of SSDP says; `undefined`: where the description is. */
  location: string | undefined;
  /** `hang`: no answer over HTTP; `endless`: a body without end; else the body itself. */
  body: 'hang' | 'endless' | { readonly text: string } | undefined;
  /** What the description says of where to go with actions. */
  controlUrl: string;
  deviceVersion: 1 | 2;
}

const DEFAULTS: Behaviour = {
  speaks: ['pcp', 'nat-pmp', 'upnp'],
  externalAddress: '203.0.113.7',
  error: 0,
  maxLifetimeS: 86_400,
  shift: 0,
  taken: new Set(),
  permanentOnly: false,
  packet: undefined,
  location: undefined,
  body: undefined,
  controlUrl: '/ctl/IPConn',
  deviceVersion: 1,
};

/** RFC 6887, section 7.4. */
const NOT_AUTHORIZED = 2;

const GATEWAY_DEVICE = 'urn:schemas-upnp-org:device:InternetGatewayDevice:';

export class FakeGateway extends EventEmitter<{ request: [string]; from: [RemoteInfo] }> {
  readonly behaviour: Behaviour;
  readonly mappings = new Map<string, FakeMapping>();
  /** What was asked, in order: `pcp map tcp 6881 7200`, `upnp AddPortMapping`, `ssdp` ... */
  readonly requests: string[] = [];
  /** Bytes of bodies that were taken from us. */
  bytesSent = 0;
  readonly #udp: Socket;
  readonly #ssdp: Socket;
  readonly #http = createServer((request, response) => void this.#serve(request, response));

  private constructor(
    readonly host: string,
    behaviour: Partial<Behaviour>,
  ) {
    super();
    this.behaviour = { ...DEFAULTS, ...behaviour };
    this.#udp = createSocket('udp4', (packet, from) => this.#receive(packet, from));
    this.#ssdp = createSocket({ type: 'udp4', reuseAddr: true }, (packet, from) =>
      this.#search(packet, from),
    );
  }

  static async start(
    behaviour: Partial<Behaviour> = {},
    { host = '127.0.0.1', port = 0, ssdpPort = 0, multicast = false } = {},
  ): Promise<FakeGateway> {
    const gateway = new FakeGateway(host, behaviour);
    gateway.#udp.bind(port, host);
    gateway.#ssdp.bind(ssdpPort, multicast ? undefined : host);
    gateway.#http.listen(0, '0.0.0.0'); // also where nobody should look
    await Promise.all([gateway.#udp, gateway.#ssdp, gateway.#http].map(each => once(each, 'listening')));
    if (multicast) gateway.#ssdp.addMembership('239.255.255.250', host);
    return gateway;
  }

  get port(): number {
    return this.#udp.address().port;
  }

  get ssdpPort(): number {
    return this.#ssdp.address().port;
  }

  get url(): string {
    return `http://${this.host}:${(this.#http.address() as AddressInfo).port}`;
  }

  mapped(): string[] {
    return Array.from(this.mappings.keys()).sort();
  }

  /** Everything is forgotten, as when a router starts anew. */
  restart(): void {
    this.mappings.clear();
  }

  close(): void {
    this.#udp.close();
    this.#ssdp.close();
    this.#http.close();
    this.#http.closeAllConnections();
  }

  #note(request: string): void {
    this.requests.push(request);
    this.emit('request', request);
  }

  // --- PCP and NAT-PMP -------------------------------------------------------------------------------------------

  #receive(packet: Buffer, from: RemoteInfo): void {
    this.emit('from', from);
    const answer = packet[0] === 2 ? this.#pcp(packet, from) : this.#natPmp(packet, from);
    const bytes = answer && (this.behaviour.packet ?? answer);
    if (bytes !== undefined) this.#udp.send(bytes, from.port, from.address);
  }

  #pcp(packet: Buffer, from: RemoteInfo): Buffer | undefined {
    const { speaks, error, externalAddress } = this.behaviour;
    if (!speaks.includes('pcp')) {
      this.#note('pcp unknown');
      if (!speaks.includes('nat-pmp')) return undefined;
      return Buffer.from([0, packet[1] | 0x80, 0, 1, 0, 0, 0, 1]); // RFC 6886, section 3.5: version and result
    }
    if (packet[1] === 0) {
      this.#note('pcp announce');
      return Buffer.from([2, 0x80, 0, 0, ...Array(20).fill(0)]);
    }
    const protocol = packet[36] === 6 ? 'tcp' : 'udp';
    const internalPort = packet.readUInt16BE(40);
    const lifetimeS = packet.readUInt32BE(4);
    this.#note(`pcp map ${protocol} ${internalPort} ${lifetimeS}`);
    const answer = Buffer.alloc(60);
    packet.copy(answer, 24, 24, 60);
    answer.set([2, packet[1] | 0x80, 0, error]);
    answer.writeUInt32BE(1, 8);
    if (error !== 0) {
      answer.writeUInt32BE(30, 4);
      return answer;
    }
    const nonce = packet.toString('hex', 24, 36);
    const old = this.#find(protocol, internalPort, from.address);
    if (old !== undefined && old.nonce !== nonce) {
      answer[3] = NOT_AUTHORIZED;
      return answer;
    }
    const given = this.#map(protocol, internalPort, packet.readUInt16BE(42), from.address, lifetimeS, nonce);
    answer.writeUInt32BE(given.lifetimeS, 4);
    answer.writeUInt16BE(given.externalPort, 42);
    answer.set([...Array(10).fill(0), 255, 255, ...externalAddress.split('.').map(Number)], 44);
    return answer;
  }

  #natPmp(packet: Buffer, from: RemoteInfo): Buffer | undefined {
    const { speaks, error, externalAddress } = this.behaviour;
    if (!speaks.includes('nat-pmp')) return undefined;
    const opcode = packet[1];
    const answer = Buffer.alloc(opcode === 0 ? 12 : 16);
    answer.set([0, opcode | 0x80, 0, error, 0, 0, 0, 1]);
    if (opcode === 0) {
      this.#note('nat-pmp address');
      answer.set(externalAddress.split('.').map(Number), 8);
      return answer;
    }
    const protocol = opcode === 2 ? 'tcp' : 'udp';
    const internalPort = packet.readUInt16BE(4);
    const lifetimeS = packet.readUInt32BE(8);
    this.#note(`nat-pmp map ${protocol} ${internalPort} ${lifetimeS}`);
    answer.writeUInt16BE(internalPort, 8);
    if (error !== 0) return answer;
    const given = this.#map(protocol, internalPort, packet.readUInt16BE(6), from.address, lifetimeS);
    answer.writeUInt16BE(given.externalPort, 10);
    answer.writeUInt32BE(given.lifetimeS, 12);
    return answer;
  }

  #find(protocol: 'tcp' | 'udp', internalPort: number, client: string): FakeMapping | undefined {
    return [...this.mappings.values()].find(
      mapping =>
        mapping.protocol === protocol && mapping.internalPort === internalPort && mapping.client === client,
    );
  }

  #map(
    protocol: 'tcp' | 'udp',
    internalPort: number,
    wanted: number,
    client: string,
    lifetimeS: number,
    nonce?: string,
  ): { externalPort: number; lifetimeS: number } {
    const old = this.#find(protocol, internalPort, client);
    if (lifetimeS === 0) {
      if (old !== undefined) this.mappings.delete(`${protocol} ${old.externalPort}`);
      return { externalPort: 0, lifetimeS: 0 };
    }
    let externalPort = old?.externalPort ?? wanted + this.behaviour.shift;
    while (this.behaviour.taken.has(externalPort)) externalPort++;
    const given = { externalPort, lifetimeS: Math.min(lifetimeS, this.behaviour.maxLifetimeS) };
    this.mappings.set(`${protocol} ${externalPort}`, { protocol, internalPort, client, nonce, ...given });
    return given;
  }

  // --- UPnP ------------------------------------------------------------------------------------------------------

  #search(packet: Buffer, from: RemoteInfo): void {
    const text = packet.toString('latin1');
    if (!text.startsWith('M-SEARCH')) return;
    this.#note('ssdp');
    const { speaks, deviceVersion, location } = this.behaviour;
    const target = /^ST: *(\S+)/im.exec(text)?.[1] ?? '';
    const asked = Number(new RegExp(`^${GATEWAY_DEVICE}(\\d)`).exec(target)?.[1] ?? 0);
    // A device answers for every version up to its own.
    const known =
      (asked >= 1 && asked <= deviceVersion) || target === 'ssdp:all' || target === 'upnp:rootdevice';
    if (!speaks.includes('upnp') || !known) return;
    const answer =
      `HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=120\r\nST: ${target}\r\nUSN: uuid:1::${target}\r\nEXT:\r\n` +
      `SERVER: fake UPnP/1.1\r\nLOCATION: ${location ?? `${this.url}/rootDesc.xml`}\r\n\r\n`;
    this.#ssdp.send(answer, from.port, from.address);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const action = /#(\w+)"?$/.exec(String(request.headers.soapaction ?? ''))?.[1];
    this.#note(`upnp ${action ?? request.url}`);
    let body = '';
    for await (const chunk of request) body += chunk;
    const answer = action === undefined ? this.#description() : this.#act(action, body, request);
    const instead = this.behaviour.body;
    if (instead === 'hang') return;
    response.writeHead(answer.status, { 'Content-Type': 'text/xml; charset="utf-8"' });
    if (instead === 'endless') this.#sendForever(response);
    else response.end(instead?.text ?? answer.xml);
  }

  #sendForever(response: ServerResponse): void {
    const chunk = `<a>${'x'.repeat(16_384)}`;
    const more = () => {
      while (!response.destroyed) {
        this.bytesSent += chunk.length;
        if (!response.write(chunk)) break;
      }
    };
    response.on('drain', more);
    more();
  }

  #description(): { status: number; xml: string } {
    const { deviceVersion: version, controlUrl } = this.behaviour;
    const xml = `<?xml version="1.0"?>
<root xmlns="urn:schemas-upnp-org:device-1-0"><specVersion><major>1</major><minor>0</minor></specVersion><device>
<deviceType>${GATEWAY_DEVICE}${version}</deviceType><friendlyName>Fake &amp; small</friendlyName><UDN>uuid:1</UDN>
<serviceList><service><serviceType>urn:schemas-upnp-org:service:Layer3Forwarding:1</serviceType>
<serviceId>urn:upnp-org:serviceId:L3F</serviceId><SCPDURL>/L3F.xml</SCPDURL><controlURL>/ctl/L3F</controlURL>
<eventSubURL>/evt/L3F</eventSubURL></service></serviceList>
<deviceList><device><deviceType>urn:schemas-upnp-org:device:WANDevice:${version}</deviceType>
<deviceList><device><deviceType>urn:schemas-upnp-org:device:WANConnectionDevice:${version}</deviceType>
<serviceList><service><serviceType>urn:schemas-upnp-org:service:WANIPConnection:${version}</serviceType>
<serviceId>urn:upnp-org:serviceId:WANIPConn1</serviceId><SCPDURL>/WANIPCn.xml</SCPDURL>
<controlURL>${controlUrl}</controlURL><eventSubURL>/evt/IPConn</eventSubURL></service></serviceList>
</device></deviceList></device></deviceList></device></root>`;
    return { status: 200, xml };
  }

  #act(action: string, body: string, { socket }: IncomingMessage): { status: number; xml: string } {
    const { error, externalAddress, permanentOnly, taken, deviceVersion } = this.behaviour;
    const argument = (name: string) => new RegExp(`<${name}[^>]*>([^<]*)</${name}>`).exec(body)?.[1] ?? '';
    const answer = (values: string) => ({
      status: 200,
      xml: envelope(
        `<u:${action}Response xmlns:u="urn:schemas-upnp-org:service:WANIPConnection:${deviceVersion}">${values}</u:${action}Response>`,
      ),
    });
    if (error !== 0) return fault(error);
    const port = Number(argument('NewExternalPort'));
    const protocol = argument('NewProtocol');
    const key = `${protocol.toLowerCase()} ${port}`;
    if (action === 'GetExternalIPAddress')
      return answer(`<NewExternalIPAddress>${externalAddress}</NewExternalIPAddress>`);
    if (protocol !== 'TCP' && protocol !== 'UDP') return fault(402);
    if (action === 'DeletePortMapping') return this.mappings.delete(key) ? answer('') : fault(714);
    if (action !== 'AddPortMapping' && action !== 'AddAnyPortMapping') return fault(401);
    const lifetimeS = Number(argument('NewLeaseDuration'));
    const client = argument('NewInternalClient');
    if (permanentOnly && lifetimeS !== 0) return fault(725);
    if (taken.has(port)) return fault(718);
    if (client !== socket.remoteAddress) return fault(606);
    const internalPort = Number(argument('NewInternalPort'));
    this.mappings.set(key, {
      protocol: protocol === 'TCP' ? 'tcp' : 'udp',
      externalPort: port,
      internalPort,
      client,
      lifetimeS,
    });
    return answer(action === 'AddAnyPortMapping' ? `<NewReservedPort>${port}</NewReservedPort>` : '');
  }
}

function fault(code: number): { status: number; xml: string } {
  const detail = `<UPnPError xmlns="urn:schemas-upnp-org:control-1-0"><errorCode>${code}</errorCode><errorDescription>no</errorDescription></UPnPError>`;
  return {
    status: 500,
    xml: envelope(
      `<s:Fault><faultcode>s:Client</faultcode><faultstring>UPnPError</faultstring><detail>${detail}</detail></s:Fault>`,
    ),
  };
}

function envelope(body: string): string {
  return `<?xml version="1.0"?>\n<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" s:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body>${body}</s:Body></s:Envelope>`;
}
