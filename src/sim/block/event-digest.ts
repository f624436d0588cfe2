/** Offset basis and prime of FNV-1a, 32 bits; the second basis is the first one's complement. */
const BASIS = 0x811c9dc5;
const PRIME = 0x01000193;

/** Fingerprint of a log of events, to tell two runs apart. Not for secrets. */
export class EventDigest {
  events = 0;
  #low = BASIS;
  #high = ~BASIS;

  add(line: string): void {
    this.events++;
    for (let i = 0; i < line.length; i++) {
      const code = line.charCodeAt(i);
      this.#low = Math.imul(this.#low ^ code, PRIME);
      this.#high = Math.imul(this.#high ^ (code + i), PRIME);
    }
  }

  get hex(): string {
    return [this.#high, this.#low].map(word => (word >>> 0).toString(16).padStart(8, '0')).join('');
  }
}
