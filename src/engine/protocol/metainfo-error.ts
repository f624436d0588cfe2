import { type ErrorFacts, MillraceError } from '../errors.js';

export function invalid(message: string, facts: ErrorFacts = {}): MillraceError {
  return new MillraceError('ERR_METAINFO_INVALID', message, facts);
}

export function beyond(what: string, value: number | bigint, limit: number): MillraceError {
  const seen = typeof value === 'bigint' ? String(value) : value;
  return new MillraceError('ERR_METAINFO_LIMIT', `${what} is ${seen}, must be at most ${limit}`, {
    value: seen,
    limit,
  });
}
