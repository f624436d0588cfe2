import type { Command } from 'commander';
import type { CommandSetup, Context } from '../context.js';
import { addConnectionOptions, type CtlOptions, openClient } from './connection.js';
import type { RpcClient } from './rpc-client.js';

/** What a `ctl` command gets besides its own options and arguments. */
export interface Control extends Context {
  readonly client: RpcClient;
}

export interface CtlSetup<Options extends CtlOptions> extends Omit<CommandSetup<Options>, 'run' | 'options'> {
  readonly options?: (command: Command) => void;
  readonly run: (control: Control, options: Options, ...args: string[]) => Promise<number>;
}

/** A command that talks to a daemon: how to reach it, and a connection for as long as the command runs. */
export function ctlCommand<Options extends CtlOptions>(setup: CtlSetup<Options>): CommandSetup<Options> {
  return {
    ...setup,
    examples: setup.examples.map(([line, meaning]) => [`ctl ${line}`, meaning] as const),
    options(command) {
      setup.options?.(command);
      addConnectionOptions(command);
    },
    async run(context, options, ...args) {
      const client = await openClient(options, context);
      try {
        return await setup.run({ ...context, client }, options, ...args);
      } finally {
        client.close();
      }
    },
  };
}
