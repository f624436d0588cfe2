// Which limit a server hit, from what the system tells about it (Linux; elsewhere only CPU time is known).
import { readdir, readFile } from 'node:fs/promises';
import { group } from '../lib/format.mjs';

/** Share of the time from which on a thread counts as never idle. */
const BUSY = 0.95;

/** A connection that ends frees its place for a moment, and samples are far apart. */
export const NEARLY = 0.98;

/** Backlog that Node.js asks for when nobody says (`net.Server.listen`); the system may give less. */
const NODE_BACKLOG = 511;

/**
 * @typedef {object} Counters since the system began, of all its programs
 * @property {number} backlog connections that found the queue of `listen` full: ListenOverflows of /proc/net/netstat
 * @property {number} datagrams that found the receive buffer full: RcvbufErrors of /proc/net/snmp
 */

/** @returns {Promise<Counters>} */
export async function readCounters() {
  const [netstat, snmp] = await Promise.all(['netstat', 'snmp'].map(name => read(`/proc/net/${name}`)));
  return {
    backlog: counter(netstat, 'TcpExt', 'ListenOverflows'),
    datagrams: counter(snmp, 'Udp', 'RcvbufErrors'),
  };
}

/** Names are in one line, values in the next. @param {string} text @returns {number} 0 when there is none */
export function counter(text, protocol, name) {
  const [names, values] = text
    .split('\n')
    .filter(line => line.startsWith(`${protocol}: `))
    .map(line => line.split(' '));
  return Number(values?.[names.indexOf(name)] ?? 0);
}

/** File descriptors that a process may have. @param {number} pid @returns {Promise<number>} Infinity when unknown */
export async function fileLimit(pid) {
  const found = /^Max open files\s+(\d+)/m.exec(await read(`/proc/${pid}/limits`));
  return found ? Number(found[1]) : Number.POSITIVE_INFINITY;
}

/** @param {number} pid @returns {Promise<number>} 0 when unknown */
export async function openFiles(pid) {
  return (await readdir(`/proc/${pid}/fd`).catch(() => [])).length;
}

/**
 * What the main thread of a process did so far, in seconds: ran, or was ready to run and waited for a core.
 * @param {number} pid @returns {Promise<{ ran: number, ready: number }>} 0 when unknown
 */
export async function threadTime(pid) {
  const [ran = 0, waited = 0] = (await read(`/proc/${pid}/schedstat`)).split(' ').map(ns => Number(ns) / 1e9);
  return { ran, ready: ran + waited };
}

function read(path) {
  return readFile(path, 'utf8').catch(() => '');
}

/**
 * @typedef {object} Load what a server had to bear
 * @property {number} files most file descriptors that it had
 * @property {number} fileLimit
 * @property {number} ownFiles those that it had without clients
 * @property {number} [maxConnections] that it allows itself
 * @property {Counters} overflows
 * @property {number} [asked] clients that there were, and how often one was turned away
 * @property {number} [refused]
 * @property {Busy} server
 * @property {readonly Busy[]} clients a process each
 *
 * @typedef {object} Busy shares of the time
 * @property {number} ran the main thread had a core
 * @property {number} ready it had one or waited for one
 */

/** @param {Load} load @returns {string[]} names of the limits, those first that turn clients away */
export function limitsOf(load) {
  const {
    files,
    fileLimit,
    ownFiles,
    maxConnections,
    overflows,
    asked = 0,
    refused = 0,
    server,
    clients,
  } = load;
  const limits = [];
  // Samples are far apart and may miss the moment when all places were taken: more came than there are.
  const tooMany = places => refused > 0 && asked > places;
  const bounded = maxConnections < fileLimit - ownFiles;
  if (files >= fileLimit * NEARLY || (!bounded && tooMany(fileLimit - ownFiles)))
    limits.push(`${group(fileLimit)} file descriptors`);
  if (files - ownFiles >= maxConnections * NEARLY || (bounded && tooMany(maxConnections)))
    limits.push(`own bound of ${group(maxConnections)} connections`);
  if (overflows.backlog > 0) limits.push(`listen backlog of ${NODE_BACKLOG}`);
  if (overflows.datagrams > 0) limits.push('receive buffer of the socket');
  if (server.ran >= BUSY) limits.push('CPU');
  else if (server.ready >= BUSY) limits.push('CPU, shared with other processes');
  else if (clients.every(({ ready }) => ready >= BUSY)) limits.push("the clients' CPU");
  return limits;
}
