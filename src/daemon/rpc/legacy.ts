import { asFailure, type Methods, Spelled } from './methods.js';
import { respell, spellerOf, toSnake } from './spelling.js';

export interface LegacyReply {
  readonly result: string;
  readonly arguments: unknown;
  readonly tag?: number;
}

/**
 * One request of the dialect that Transmission has spoken since 1.30: `{ method, arguments, tag }`. Whatever is wrong is
 * told in `result`; HTTP says 200.
 */
export async function answerLegacy(
  request: Readonly<Record<string, unknown>>,
  methods: Methods,
  report: (error: unknown) => void,
): Promise<LegacyReply> {
  const tag = Number.isInteger(request.tag) ? { tag: request.tag as number } : {};
  const fail = (result: string) => ({ result, arguments: {}, ...tag });
  if (typeof request.method !== 'string') return fail('no method name');
  const name = toSnake(request.method);
  const method = methods.get(name);
  if (method === undefined) return fail('method name not recognized');
  try {
    const params = paramsOf(request.arguments);
    const answer = await method({ method: name, params, dialect: 'legacy' });
    const spelled =
      answer instanceof Spelled ? answer.value : respell(answer ?? {}, spellerOf(name, 'legacy'));
    return { result: 'success', arguments: spelled, ...tag };
  } catch (error) {
    return fail(asFailure(error, report).message);
  }
}

/** Absent and null are none; keys in our spelling. */
export function paramsOf(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [toSnake(key), item]));
}
