import type { Agent, AgentOptions } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import type { PeerAddress } from '../ids.js';

/** Not imported: see http-get.ts. */
const { Agent: HttpAgent } = createRequire(import.meta.url)('node:http') as typeof import('node:http');

/** How long a connection waits for the next request; Node's servers close theirs after 5 s (keepAliveTimeout). */
const IDLE_MS = 4_000;

/** Opens a connection to a host, whose name is not looked up here. */
export type Connect = (to: PeerAddress) => Promise<Socket>;

/** Connections of HTTP requests, kept for a while for those that follow. */
export interface HttpAgents {
  readonly http: Agent;
  readonly https: Agent;
  /** Where connections end is not known here. */
  readonly proxied: boolean;
  close(): void;
}

export function createAgents(connect: Connect | undefined): HttpAgents {
  const options: AgentOptions = { keepAlive: true, timeout: IDLE_MS };
  const http = new HttpAgent(options);
  const https = new HttpsAgent(options);
  if (connect !== undefined) {
    through(http, connect, socket => socket);
    through(https, connect, (socket, wanted) => connectTls({ ...wanted, socket }));
  }
  return {
    http,
    https,
    proxied: connect !== undefined,
    close() {
      http.destroy();
      https.destroy();
    },
  };
}

/** Options of an agent's connection: those of the request. */
type Wanted = ConnectionOptions & { readonly host: string; readonly port: number | string };
type Created = (error: unknown, socket?: Socket) => void;

/** The types of Node lack the method that its documentation tells to override. */
function through(agent: object, connect: Connect, wrap: (socket: Socket, wanted: Wanted) => Socket): void {
  const createConnection = (wanted: Wanted, created: Created): void => {
    connect({ host: wanted.host, port: Number(wanted.port) }).then(
      socket => created(undefined, wrap(socket, wanted)),
      created,
    );
  };
  Object.assign(agent, { createConnection });
}
