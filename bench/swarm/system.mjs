// Commands of iproute2, one after the other: what is half done is never left to a promise when a signal comes.
import { spawnSync } from 'node:child_process';

/** The machine cannot do it, or does not let us. Its message is one line. */
export class Refusal extends Error {}

/** Where a user's PATH may not look. */
const PATH = `${process.env.PATH}:/usr/sbin:/sbin`;

/** @param {string} program @param {readonly string[]} args @param {string} [input] @returns {string} what it printed */
export function run(program, args, input) {
  const { error, status, signal, stdout, stderr } = spawnSync(program, args, {
    input,
    encoding: 'utf8',
    env: { ...process.env, PATH },
  });
  if (error) throw new Refusal(`${program} cannot be run (${error.code}): install iproute2`);
  if (status === 0) return stdout;
  const said = stderr.trim().split('\n')[0] || `ended with ${signal ?? status}`;
  throw new Refusal(`${[program, ...args].join(' ')}: ${said}`);
}

/** Commands of `ip` or `tc` in a namespace. @param {'ip' | 'tc'} program @param {string} namespace @param {readonly string[]} lines */
export function batch(program, namespace, lines) {
  if (lines.length > 0) run(program, ['-n', namespace, '-batch', '-'], `${lines.join('\n')}\n`);
}
