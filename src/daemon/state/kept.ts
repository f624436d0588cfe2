import type { Dormant } from '../rpc/context.js';
import type { Journal } from './journal.js';

/** Small values of the daemon in its journal, by name. */
export class Kept implements Dormant {
  readonly #values: Record<string, unknown>;

  constructor(
    readonly journal: Journal,
    readonly key: string,
  ) {
    const value = journal.get(key);
    this.#values = typeof value === 'object' && value !== null ? { ...value } : {};
  }

  get(name: string, fallback: number): number {
    const value = this.#values[name];
    return typeof value === 'number' ? value : fallback;
  }

  getText(name: string): string | undefined {
    const value = this.#values[name];
    return typeof value === 'string' ? value : undefined;
  }

  flag(name: string): boolean {
    return this.#values[name] === true;
  }

  set(name: string, value: number): void {
    this.#set(name, value);
  }

  setText(name: string, value: string): void {
    this.#set(name, value);
  }

  setFlag(name: string, value: boolean): void {
    this.#set(name, value);
  }

  #set(name: string, value: unknown): void {
    if (this.#values[name] === value) return;
    this.#values[name] = value;
    this.journal.set(this.key, { ...this.#values });
  }
}
