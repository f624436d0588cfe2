/**
 * The part of the global WebAssembly that millrace uses, typed here because neither ES2023 nor the types of Node 20
 * have it, and because it may be missing.
 */
export interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => WasmModule;
  readonly Memory: new (descriptor: { initial: number; maximum?: number; shared?: boolean }) => WasmMemory;
  readonly Instance: new (
    module: WasmModule,
    imports: Record<string, Record<string, unknown>>,
  ) => { readonly exports: Record<string, unknown> };
  validate(bytes: Uint8Array): boolean;
}

/** A compiled WebAssembly.Module: opaque, may be posted to other threads. */
export type WasmModule = object;

/** A WebAssembly.Memory; a shared one may be posted to other threads. */
export interface WasmMemory {
  readonly buffer: ArrayBufferLike;
}

/** Undefined where WebAssembly is turned off, as under `node --jitless`. */
export const webAssembly = (globalThis as unknown as { WebAssembly?: WebAssemblyApi }).WebAssembly;
