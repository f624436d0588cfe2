// What the figures were measured on, without names of hosts, users or folders.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, platform, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { supportsSharedMemory, supportsSimd } from '../../dist/engine/kernels/probe.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * @typedef {object} Machine
 * @property {string} label for file names: `linux-x64-amd-epyc-2-cores`
 * @property {string} commit of the checkout, or the version of the installed package
 * @property {string} node
 * @property {string} system
 * @property {string} cpu
 * @property {number} cores that this process may use
 * @property {number} memoryGiB
 * @property {readonly string[]} flags
 * @property {boolean} shaExtensions
 */

/** @returns {Machine} */
export function describeMachine() {
  const cpu = (cpus()[0]?.model ?? 'unknown').replace(/\s+/g, ' ').trim();
  const cores = availableParallelism();
  const cpuFlags = readCpuFlags();
  const shaExtensions = cpuFlags.includes('sha_ni') || cpuFlags.includes('sha2');
  return {
    label: slug(`${platform()} ${arch()} ${cpu} ${cores} cores`),
    commit: readCommit(),
    node: process.versions.node,
    system: `${platform()} ${arch()}`,
    cpu,
    cores,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    flags: [
      ...['sha_ni', 'sha1', 'sha2', 'avx2', 'avx512f', 'asimd'].filter(flag => cpuFlags.includes(flag)),
      ...(supportsSimd() ? ['wasm-simd'] : []),
      ...(supportsSharedMemory() ? ['wasm-threads'] : []),
    ],
    shaExtensions,
  };
}

/** Lines for the head of a report. @param {Machine} machine @returns {readonly (readonly [string, string])[]} */
export function machineFacts(machine) {
  return [
    ['Commit', machine.commit],
    ['Node.js', machine.node],
    ['System', machine.system],
    ['CPU', machine.cpu],
    ['Cores', String(machine.cores)],
    ['Memory', `${machine.memoryGiB} GiB`],
    ['Flags', machine.flags.join(', ') || 'none known'],
  ];
}

/** Linux tells; elsewhere the list is empty and the SHA passes are named without the flag. */
function readCpuFlags() {
  if (!existsSync('/proc/cpuinfo')) return [];
  const line = /^(?:flags|Features)\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'));
  return line ? line[1].trim().split(/\s+/) : [];
}

function readCommit() {
  const { version } = JSON.parse(readFileSync(`${ROOT}/package.json`, 'utf8'));
  if (!existsSync(`${ROOT}/.git`)) return version;
  try {
    const git = (...args) => execFileSync('git', ['-C', ROOT, ...args], { encoding: 'utf8' }).trim();
    const changed = git('status', '--porcelain', '--untracked-files=no') !== '';
    return `${git('rev-parse', '--short=12', 'HEAD')}${changed ? ' with local changes' : ''}`;
  } catch {
    return version;
  }
}

/** Lower case, words joined by `-`. @param {string} text */
export function slug(text) {
  return text
    .toLowerCase()
    .replace(/\((?:r|tm)\)|processor|\bcpu\b|@.*?ghz/g, ' ')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
}
