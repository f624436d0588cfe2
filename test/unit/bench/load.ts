/** A module of the benchmark suite, which is plain JavaScript: TypeScript knows nothing of it. */
export function loadBench(path: string) {
  return import(new URL(`../../../bench/${path}`, import.meta.url).href);
}
