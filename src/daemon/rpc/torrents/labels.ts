import { INVALID_PARAMS, RpcFailure } from '../methods.js';
import type { Params } from '../params.js';

/** Of one torrent, and characters of one: more is a mistake. */
const MAX_LABELS = 100;
const MAX_LENGTH = 256;

/** @throws RpcFailure with the texts that clients know */
export function labelsOf(params: Params): string[] {
  const labels = (params.texts('labels') ?? []).map(label => label.trim());
  for (const label of labels) {
    if (label === '') throw new RpcFailure(INVALID_PARAMS, 'labels cannot be empty');
    if (label.includes(','))
      throw new RpcFailure(INVALID_PARAMS, 'labels cannot contain comma (,) character');
    if (label.length > MAX_LENGTH)
      throw new RpcFailure(INVALID_PARAMS, `labels have at most ${MAX_LENGTH} characters`);
  }
  const unique = [...new Set(labels)];
  if (unique.length > MAX_LABELS)
    throw new RpcFailure(INVALID_PARAMS, `a torrent has at most ${MAX_LABELS} labels`);
  return unique;
}
