import { describe, expect, it } from 'vitest';
import { placesFor } from '../../../../src/engine/session/dht-places.js';

const at = (host: string, port = 6881) => ({ host, port });

describe('where the nodes of a session send from', () => {
  it.each([
    ['0.0.0.0', { 4: '0.0.0.0' }],
    ['192.0.2.7', { 4: '192.0.2.7' }],
    ['::1', { 6: '::1' }],
    ['::', { 6: '::' }],
  ])('is where it listens, for %s', (host, hosts) => {
    const places = Object.entries(hosts).map(([family, place]) => [Number(family), at(place)]);
    expect(Object.fromEntries(placesFor([at(host)], undefined))).toEqual(Object.fromEntries(places));
  });

  it('is the first address of each family', () => {
    const places = placesFor([at('192.0.2.1', 1), at('192.0.2.2', 2), at('::', 3)], undefined);
    expect([places.get(4), places.get(6)]).toEqual([at('192.0.2.1', 1), at('::', 3)]);
  });

  it('is any port of both families, or of the address that it is bound to, when it does not listen', () => {
    expect([...placesFor([], undefined).values()]).toEqual([at('0.0.0.0', 0), at('::', 0)]);
    expect([...placesFor([], '192.0.2.7').values()]).toEqual([at('192.0.2.7', 0)]);
  });
});
