import { VERSION } from 'millrace';
import { startMillrace } from '../lib/transfer.mjs';

/** @type {import('./client.mjs').Client} */
export const millrace = {
  name: 'millrace',
  share: 1,
  missing: () => undefined,
  version: () => VERSION,

  async seed({ processes, torrent, dir, host }) {
    const process = startMillrace(processes);
    return { process, address: await process.ask('seed', { torrent, dir, host }) };
  },

  async downloader({ processes, torrent, dir }) {
    const process = startMillrace(processes);
    return {
      process,
      prepare: () => process.ask('prepare', { torrent, dir }),
      download: address => process.ask('download', address),
      drop: () => process.ask('drop'),
    };
  },
};
