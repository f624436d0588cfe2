import { MillraceError } from '../../errors.js';

/** Failures of sockets and HTTP towards a router. Tests: ECONNREFUSED in test/unit/engine/discovery/nat/gateways.test.ts. */
export function toMappingError(error: unknown, gateway: string): MillraceError {
  if (error instanceof MillraceError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  return mappingError(`router ${gateway} cannot be asked: ${code ?? message}`, {
    gateway,
    reason: code ?? String(message),
  });
}

export function noAnswer(gateway: string): MillraceError {
  return mappingError(`router ${gateway} does not answer`, { gateway, reason: 'no answer' });
}

/** `result` is a number of the protocol. */
export function refused(gateway: string, protocol: string, result: number): MillraceError {
  const message = `router ${gateway} refuses by ${protocol}: result ${result}`;
  return mappingError(message, { gateway, protocol, result });
}

export function badAnswer(gateway: string, reason: string): MillraceError {
  return mappingError(`router ${gateway} answers badly: ${reason}`, { gateway, reason });
}

export function noRouter(): MillraceError {
  return mappingError('no router was found that maps ports', { reason: 'no router' });
}

export function aborted(): MillraceError {
  return new MillraceError('ERR_ABORTED', 'the router is not asked any more');
}

function mappingError(message: string, facts: Record<string, string | number>): MillraceError {
  return new MillraceError('ERR_PORT_MAPPING', message, facts);
}
