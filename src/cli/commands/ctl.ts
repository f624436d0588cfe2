import type { CommandGroup } from '../context.js';
import { reannounceSetup, recheckSetup, startSetup, stopSetup } from '../ctl/commands/act.js';
import { addSetup } from '../ctl/commands/add.js';
import { altSetup } from '../ctl/commands/alt.js';
import { limitSetup, setPortSetup } from '../ctl/commands/limits.js';
import { listSetup } from '../ctl/commands/list.js';
import { labelSetup, moveSetup, queueSetup } from '../ctl/commands/place.js';
import { removeSetup } from '../ctl/commands/remove.js';
import { freeSetup, reloadSetup, sessionSetup, statsSetup } from '../ctl/commands/session.js';
import { showSetup } from '../ctl/commands/show.js';

export const ctlGroup: CommandGroup = {
  usage: 'ctl',
  summary: 'control a running daemon',
  description: `Controls a daemon that runs here or elsewhere, over the Transmission RPC.

Without --rpc it is the one on this machine. Its password is in the variable MILLRACE_RPC_PASSWORD or
in a file that --password-file names, never on the command line. Each command takes --json, and
explains itself with --help.`,
  examples: [
    ['ctl list', 'what there is'],
    ['ctl add debian.torrent --label linux', 'a new torrent'],
    ['ctl show 3', 'all about one'],
    ['ctl stats --rpc https://box.example/transmission/rpc --password-file ~/.box', 'of another machine'],
  ],
  commands: [
    listSetup,
    showSetup,
    addSetup,
    startSetup,
    stopSetup,
    removeSetup,
    recheckSetup,
    reannounceSetup,
    moveSetup,
    labelSetup,
    queueSetup,
    limitSetup,
    altSetup,
    setPortSetup,
    freeSetup,
    statsSetup,
    sessionSetup,
    reloadSetup,
  ],
};
