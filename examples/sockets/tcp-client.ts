/** Sends a line over TCP and prints what comes back. Usage: tcp-client [host] [port] */
import { connect } from 'node:net';
import { type Address, ANSWER_MS, readMessage, start } from './command-line.ts';
import { BUFFER_BYTES, decode } from './upper-case.ts';

export async function ask(message: Buffer, address: Address, answerMs = ANSWER_MS): Promise<string> {
  const socket = connect({ ...address, signal: AbortSignal.timeout(answerMs) });
  // Closes our side, which tells the server that this was all. Without it an empty line would send nothing whatever,
  // and both sides would wait for ever, as the lecture's programs do.
  socket.end(message);
  // The answer may come in any number of pieces, and is whole when the server closes: the lecture's client, with one
  // `recv`, would print the first.
  let answer: Buffer = Buffer.alloc(0);
  for await (const bytes of socket) {
    answer = Buffer.concat([answer, bytes]);
    if (answer.length >= BUFFER_BYTES) break;
  }
  return decode(answer);
}

await start(import.meta.url, '127.0.0.1', async address => {
  console.log(await ask(await readMessage(), address));
});
