// Which part of the program a function of a profile belongs to.
import { webAssembly } from '../../dist/engine/kernels/web-assembly.js';
import { loadKernelsModule } from '../../dist/workers/load-wasm.js';

/** Node calls its loop idle while libuv polls, and what libuv reads from sockets it reads while it polls. */
export const IDLE = 'waiting, reading from sockets';

/** The first rule that fits a file wins; in the order of the report. @type {readonly (readonly [string, RegExp])[]} */
const BY_FILE = [
  ['piscina', /\/node_modules\/piscina\//],
  ['pool of workers', /\/(?:dist|src)\/workers\//],
  ['wire messages', /\/engine\/protocol\//],
  ['picker, choker, window', /\/engine\/policy\//],
  ['torrent core', /\/engine\/swarm\//],
  ['session', /\/engine\/(?:session|storage|net|kernels)\//],
  ['sockets of node', /^node:(?:net|events|stream|internal\/stream|internal\/js_stream)/],
  ['node, other', /^node:/],
];

/** Names that V8 gives to what is not a function. */
const BY_NAME = {
  '(idle)': IDLE,
  '(garbage collector)': 'garbage collection',
  // native code that no function called: the event loop's own reads, polls and callbacks
  '(program)': 'system calls and libuv, outside of JavaScript',
  // a worker of piscina that waits for a task
  atomicsWaitLoop: IDLE,
};

const SYSTEM_CALLS = 'system calls of sockets and files';
const SYSTEM_CALL =
  /^(?:read|write|writev|writeBuffers?|readBuffers?|writeUtf8String|writeLatin1String|f?open|close|f?stat)$/;

export const GROUPS = [
  'system calls and libuv, outside of JavaScript',
  SYSTEM_CALLS,
  'copy',
  'hashing',
  'other kernels',
  ...BY_FILE.map(([name]) => name),
  'built-in functions',
  'garbage collection',
  'else',
  IDLE,
];

/**
 * @param {{ functionName: string, url: string }} frame
 * @param {string} callerGroup helpers of a kernel belong to it
 * @returns {string} one of GROUPS
 */
export function groupOf({ functionName, url }, callerGroup) {
  if (functionName in BY_NAME) return BY_NAME[functionName];
  if (url.startsWith('wasm:')) return kernelGroup(functionName) ?? callerGroup;
  if (url === '') return nativeGroup(functionName);
  return BY_FILE.find(([, file]) => file.test(url))?.[0] ?? 'else';
}

function nativeGroup(functionName) {
  if (SYSTEM_CALL.test(functionName)) return SYSTEM_CALLS;
  return /^(?:Hash|update|digest)$/.test(functionName) ? 'hashing' : 'built-in functions';
}

/** @type {Map<string, string> | undefined} */
let kernels;

function kernelGroup(functionName) {
  kernels ??= kernelNames();
  const name = kernels.get(functionName);
  if (name === undefined) return undefined;
  if (/^sha/.test(name)) return 'hashing';
  return name === 'copy' ? name : 'other kernels';
}

/** The module has no names inside; an exported function knows its index, which is what a profile shows. */
function kernelNames() {
  const memory = new webAssembly.Memory({ initial: 1, maximum: 65536, shared: true });
  const { exports } = new webAssembly.Instance(loadKernelsModule(), { env: { memory } });
  const functions = Object.entries(exports).filter(([, value]) => typeof value === 'function');
  return new Map(functions.map(([name, { name: index }]) => [`wasm-function[${index}]`, name]));
}
