import type { RpcObject } from './rpc-client.js';

/** Reads fields of an answer; what a daemon does not tell, or tells in another type, is nothing. */
export function numberOf(facts: RpcObject, key: string): number {
  const value = facts[key];
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}

export function textOf(facts: RpcObject, key: string): string {
  const value = facts[key];
  return typeof value === 'string' ? value : '';
}

export function objectsOf(facts: RpcObject, key: string): RpcObject[] {
  const value = facts[key];
  return Array.isArray(value) ? value.filter(item => typeof item === 'object' && item !== null) : [];
}

export function textsOf(facts: RpcObject, key: string): string[] {
  const value = facts[key];
  return Array.isArray(value) ? value.filter(item => typeof item === 'string') : [];
}
