/**
 * Values that a client has sent, by their names. One of a wrong type is as good as none: so it has always been in this
 * protocol, and clients rely on it.
 */
export class Params {
  constructor(readonly values: Readonly<Record<string, unknown>>) {}

  has(name: string): boolean {
    return this.values[name] !== undefined;
  }

  text(name: string): string | undefined {
    const value = this.values[name];
    return typeof value === 'string' ? value : undefined;
  }

  /** Numbers have been sent as booleans, and the other way round. */
  flag(name: string): boolean | undefined {
    const value = this.values[name];
    if (typeof value === 'boolean') return value;
    return value === 0 || value === 1 ? value === 1 : undefined;
  }

  number(name: string): number | undefined {
    const value = this.values[name];
    if (typeof value === 'boolean') return Number(value);
    return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
  }

  whole(name: string, min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER): number | undefined {
    const number = this.number(name);
    return number === undefined ? undefined : Math.max(min, Math.min(max, Math.trunc(number)));
  }

  list(name: string): readonly unknown[] | undefined {
    const value = this.values[name];
    return Array.isArray(value) ? value : undefined;
  }

  texts(name: string): string[] | undefined {
    return this.list(name)?.filter(item => typeof item === 'string');
  }

  /** Indices of files; an empty list is all of them. */
  indices(name: string): number[] | undefined {
    return this.list(name)?.filter(item => Number.isInteger(item)) as number[] | undefined;
  }
}
