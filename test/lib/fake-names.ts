import dns from 'node:dns';
import promises from 'node:dns/promises';
import { syncBuiltinESMExports } from 'node:module';
import { isIP } from 'node:net';
import { onTestFinished } from 'vitest';

/**
 * Names of this process, for the length of a test: name → addresses. Other names are unknown. @returns what was looked up
 */
export function fakeNames(names: Readonly<Record<string, readonly string[]>>): string[] {
  const asked: string[] = [];
  const real = { lookup: dns.lookup, promised: promises.lookup };
  const find = (name: string, { family = 0 }: { family?: number | string }) => {
    asked.push(name);
    const wanted = Number(String(family).replace('IPv', ''));
    return (isIP(name) === 0 ? (names[name] ?? []) : [name])
      .map(address => ({ address, family: isIP(address) }))
      .filter(found => wanted === 0 || found.family === wanted);
  };
  const unknown = (name: string) =>
    Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND' });
  type Told = (error: Error | null, found?: unknown, family?: number) => void;

  Object.assign(dns, {
    lookup(name: string, given: dns.LookupOptions | Told, last?: Told) {
      const [options, told] = typeof given === 'function' ? [{}, given] : [given, last!];
      const found = find(name, options);
      if (found.length === 0) setImmediate(told, unknown(name));
      else if (options.all) setImmediate(told, null, found);
      else setImmediate(told, null, found[0].address, found[0].family);
    },
  });
  Object.assign(promises, {
    async lookup(name: string, options: dns.LookupOptions = {}) {
      const found = find(name, options);
      if (found.length === 0) throw unknown(name);
      return options.all ? found : found[0];
    },
  });
  syncBuiltinESMExports();
  onTestFinished(() => {
    Object.assign(dns, { lookup: real.lookup });
    Object.assign(promises, { lookup: real.promised });
    syncBuiltinESMExports();
  });
  return asked;
}
