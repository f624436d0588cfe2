/**
 * The reason why a suite must be skipped, printed once; undefined to run it. Under CI nothing may be missing.
 */
export function skipReason(
  needed: readonly { name: string; missing(): string | undefined }[],
): string | undefined {
  const reasons = needed.flatMap(({ name, missing }) => {
    const reason = missing();
    return reason === undefined ? [] : [`${name}: ${reason}`];
  });
  if (reasons.length === 0) return undefined;
  const text = reasons.join('; ');
  if (process.env.CI) throw new Error(`these tests must run under CI, but ${text}`);
  console.warn(`skipped: ${text}`);
  return text;
}
