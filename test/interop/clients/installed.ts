import { spawnSync } from 'node:child_process';

/** Why a program cannot be used, or undefined: it is run once with arguments that only ask. */
export function missingProgram(
  command: string,
  args: readonly string[],
  debianPackage: string,
): string | undefined {
  const { status } = spawnSync(command, args, { stdio: 'ignore' });
  return status === 0 ? undefined : `${command} ${args.join(' ')} fails: install ${debianPackage}`;
}
