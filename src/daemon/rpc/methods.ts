import type { Dialect } from './spelling.js';

/** What a client is told when a call fails: in the legacy dialect the text alone. Codes are those of JSON-RPC 2.0 and of Transmission 4.1. */
export class RpcFailure extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

export const PARSE_ERROR = -32700;
export const INVALID_REQUEST = -32600;
export const METHOD_NOT_FOUND = -32601;
export const INVALID_PARAMS = -32602;
export const INTERNAL_ERROR = -32603;

export interface Call {
  readonly method: string;
  /** Keys in our spelling. */
  readonly params: Readonly<Record<string, unknown>>;
  readonly dialect: Dialect;
}

/** An answer whose keys are as the client has asked for them. */
export class Spelled {
  constructor(readonly value: object) {}
}

/** Methods by our names, `torrent_get`. They answer with keys in our spelling. */
export type Methods = ReadonlyMap<string, (call: Call) => unknown>;

/** The same, each call counted by how it went. */
export function counted(methods: Methods, counts: { count(method: string, ok: boolean): void }): Methods {
  const count = async (call: Call, method: (call: Call) => unknown) => {
    try {
      const answer = await method(call);
      counts.count(call.method, true);
      return answer;
    } catch (error) {
      counts.count(call.method, false);
      throw error;
    }
  };
  return new Map([...methods].map(([name, method]) => [name, (call: Call) => count(call, method)]));
}

/** A failure that a client may read; what is wrong inside is for the log. */
export function asFailure(error: unknown, report: (error: unknown) => void): RpcFailure {
  if (error instanceof RpcFailure) return error;
  report(error);
  return new RpcFailure(INTERNAL_ERROR, 'internal error');
}
