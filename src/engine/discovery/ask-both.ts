import { isMillraceError } from '../errors.js';
import type { IpFamily } from '../protocol/compact.js';
import type { AnnounceResponse } from '../protocol/tracker/announce.js';

export interface AskBothOptions {
  /** Returns when all have answered or failed, not with the first answer. */
  readonly waitForAll: boolean;
  /** An answer after the first. */
  readonly onMore?: (response: AnnounceResponse) => void;
  /** This family failed, another did not. */
  readonly onFailed: (family: IpFamily) => void;
}

/** One announce by several families at once: one that fails is no failure while another answers. */
export async function askBoth(
  families: readonly IpFamily[],
  ask: (family: IpFamily) => Promise<AnnounceResponse>,
  { waitForAll, onMore, onFailed }: AskBothOptions,
): Promise<AnnounceResponse> {
  let first: AnnounceResponse | undefined;
  const asked = families.map(async family => {
    const response = await ask(family);
    if (first === undefined) first = response;
    else onMore?.(response);
    return response;
  });
  const all = Promise.allSettled(asked).then(results => {
    const errors = results.map(result => (result.status === 'rejected' ? result.reason : undefined));
    if (first === undefined) return errors;
    for (const [i, error] of errors.entries())
      if (error !== undefined && !isMillraceError(error, 'ERR_ABORTED')) onFailed(families[i]);
    return undefined;
  });
  if (!waitForAll) await Promise.any(asked).catch(() => {});
  const errors = first === undefined || waitForAll ? await all : undefined;
  if (first !== undefined) return first;
  // What a tracker says tells more than that its other address is silent.
  throw errors!.find(error => isMillraceError(error, 'ERR_TRACKER_FAILURE')) ?? errors![0];
}
