import { paramsOf } from './legacy.js';
import {
  asFailure,
  INVALID_PARAMS,
  INVALID_REQUEST,
  METHOD_NOT_FOUND,
  type Methods,
  RpcFailure,
  Spelled,
} from './methods.js';

type Id = string | number | null;

export type JsonRpcReply =
  | { readonly jsonrpc: '2.0'; readonly id: Id; readonly result: unknown }
  | {
      readonly jsonrpc: '2.0';
      readonly id: Id;
      readonly error: { code: number; message: string; data?: object };
    };

/** Calls in one batch: each may list all torrents. */
const MAX_BATCH = 100;

/** A call, or a batch of them (JSON-RPC 2.0). Undefined: nobody waits for an answer. */
export async function answerJsonRpc(
  request: unknown,
  methods: Methods,
  report: (error: unknown) => void,
): Promise<JsonRpcReply | JsonRpcReply[] | undefined> {
  if (!Array.isArray(request)) return answerOne(request, methods, report);
  if (request.length === 0) return failed(null, new RpcFailure(INVALID_REQUEST, 'the batch is empty'));
  if (request.length > MAX_BATCH)
    return failed(
      null,
      new RpcFailure(
        INVALID_REQUEST,
        `the batch has ${request.length} calls, at most ${MAX_BATCH} are answered`,
      ),
    );
  const replies: JsonRpcReply[] = [];
  for (const call of request) {
    const reply = await answerOne(call, methods, report);
    if (reply !== undefined) replies.push(reply);
  }
  return replies.length > 0 ? replies : undefined;
}

async function answerOne(
  request: unknown,
  methods: Methods,
  report: (error: unknown) => void,
): Promise<JsonRpcReply | undefined> {
  if (typeof request !== 'object' || request === null || Array.isArray(request))
    return failed(null, new RpcFailure(INVALID_REQUEST, 'a call is an object'));
  const { jsonrpc, method: name, params, id } = request as Record<string, unknown>;
  if (id !== undefined && id !== null && typeof id !== 'string' && typeof id !== 'number')
    return failed(null, new RpcFailure(INVALID_REQUEST, 'id is neither text nor a number nor null'));
  const told = (id ?? null) as Id;
  if (jsonrpc !== '2.0') return failed(told, new RpcFailure(INVALID_REQUEST, 'jsonrpc must be "2.0"'));
  if (typeof name !== 'string') return failed(told, new RpcFailure(INVALID_REQUEST, 'method is no name'));
  const method = methods.get(name);
  const waits = id !== undefined;
  if (method === undefined)
    return waits ? failed(told, new RpcFailure(METHOD_NOT_FOUND, 'method name not recognized')) : undefined;
  if (params !== undefined && (typeof params !== 'object' || params === null || Array.isArray(params)))
    return waits ? failed(told, new RpcFailure(INVALID_PARAMS, 'params must be an object')) : undefined;
  try {
    const result = await method({ method: name, params: paramsOf(params), dialect: 'json-rpc' });
    return waits
      ? { jsonrpc: '2.0', id: told, result: result instanceof Spelled ? result.value : (result ?? {}) }
      : undefined;
  } catch (error) {
    const failure = asFailure(error, report);
    return waits ? failed(told, failure) : undefined;
  }
}

function failed(id: Id, { code, message }: RpcFailure): JsonRpcReply {
  return { jsonrpc: '2.0', id, error: { code, message, data: { error_string: message } } };
}
