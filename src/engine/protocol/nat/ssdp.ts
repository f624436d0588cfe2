/** Search for devices, UPnP Device Architecture 2.0, section 1.3.2. */
const GATEWAY = 'urn:schemas-upnp-org:device:InternetGatewayDevice:';

/** A device of version 2 has to answer for version 1; some do not, and some of version 1 answer only for theirs. */
export const GATEWAY_TARGETS = [`${GATEWAY}1`, `${GATEWAY}2`] as const;

/** Devices spread their answers over this many seconds (MX); the least that is allowed. */
export const ANSWER_WITHIN_S = 1;

export function searchMessage(target: string): string {
  return [
    'M-SEARCH * HTTP/1.1',
    'HOST: 239.255.255.250:1900',
    'MAN: "ssdp:discover"',
    `MX: ${ANSWER_WITHIN_S}`,
    `ST: ${target}`,
    '\r\n',
  ].join('\r\n');
}

/** Where an answer says that the device's description is; undefined unless it is the answer of a router. */
export function locationIn(answer: string): string | undefined {
  const [status, ...lines] = answer.split(/\r?\n/);
  if (!/^HTTP\/1\.[01] 200\b/.test(status)) return undefined;
  const header = (name: string) =>
    lines
      .find(line => line.toLowerCase().startsWith(`${name}:`))
      ?.slice(name.length + 1)
      .trim();
  return header('st')?.startsWith(GATEWAY) ? header('location') : undefined;
}
