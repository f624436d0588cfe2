/** An action of a UPnP service as the body of a request, UPnP Device Architecture 2.0, section 3.2.1. */
export function soapAction(
  service: string,
  action: string,
  values: Readonly<Record<string, unknown>>,
): string {
  const elements = Object.entries(values).map(([name, value]) => `<${name}>${value}</${name}>`);
  return (
    '<?xml version="1.0"?>\r\n' +
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" ' +
    's:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body>' +
    `<u:${action} xmlns:u="${service}">${elements.join('')}</u:${action}>` +
    '</s:Body></s:Envelope>'
  );
}
