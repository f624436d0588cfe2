// Says what part `peers` needs and what is missing; installs webtorrent in a folder of its own.
// Nothing else is installed: the other engines come with the system's packages.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CLIENTS } from './clients.mjs';
import { NODE_MAJOR, WEBTORRENT_FOLDER } from './install-folder.mjs';

/** webtorrent 3 wants Node.js 22. Version 2.8 stumbles over newer helpers of its own family, so they are held back. */
const MANIFEST =
  NODE_MAJOR >= 22
    ? { private: true, dependencies: { webtorrent: '3' } }
    : { private: true, dependencies: { webtorrent: '2.8' }, overrides: { 'uint8-util': '2.2.6' } };

/** Its WebRTC needs a compiled library that is not there for every system; a transfer by TCP does not. */
const STUB =
  'export const [RTCPeerConnection, RTCSessionDescription, RTCIceCandidate] = [];\nexport default {};\n';

mkdirSync(WEBTORRENT_FOLDER, { recursive: true });
writeFileSync(join(WEBTORRENT_FOLDER, 'package.json'), JSON.stringify(MANIFEST));
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
const { status } = spawnSync(npm, ['install', '--ignore-scripts', '--no-audit', '--no-fund'], {
  cwd: WEBTORRENT_FOLDER,
  stdio: 'inherit',
  shell: process.platform === 'win32',
});
if (status === 0) writeFileSync(join(WEBTORRENT_FOLDER, 'node_modules/webrtc-polyfill/index.js'), STUB);
else process.exitCode = 1;

for (const client of CLIENTS) {
  const missing = client.missing();
  console.log(
    missing === undefined ? `${client.name} ${client.version()}` : `${client.name}: absent, ${missing}`,
  );
}
