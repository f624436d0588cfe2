/**
 * A peer as a process of its own, told what to do as JSON: `argv[2]` says how it starts, messages of its parent what
 * comes after. All that happens to its torrent goes back as messages.
 */
const spec = JSON.parse(process.argv[2]);
for (const name of spec.without ?? []) delete globalThis[name];

/** Threads that were started, whoever did it. */
const threads = new Set();
process.on('worker', worker => {
  threads.add(worker);
  worker.once('exit', () => threads.delete(worker));
});

const { createSession } = await import('../../dist/index.js');

const tell = message => process.connected && process.send(message);
const plainError = ({ code, message }) => ({ code, message });

const commands = {
  stats: session => session.stats(),
  close: session => session.close(),
  terminateWorker: async () => {
    const [worker] = threads;
    await worker?.terminate();
    return worker !== undefined;
  },
};

try {
  const session = await createSession(spec.session);
  tell({ event: 'listening', address: session.address });
  process.on('message', async ({ id, command }) => {
    const result = await commands[command](session);
    tell({ event: 'answer', id, result });
    if (command === 'close') process.disconnect();
  });
  process.channel?.unref(); // the session alone keeps this process alive
  const torrent = await session.add(spec.torrent, spec.add);
  for await (const event of torrent.events({ capacity: 1_000_000 })) {
    const { type: name, error, ...facts } = event;
    const { downloaded } = torrent.stats();
    tell({ event: name, downloaded, ...facts, ...(error?.code ? { error: plainError(error) } : { error }) });
  }
} catch (error) {
  tell({ event: 'failed', error: plainError(error) });
  process.exitCode = 1;
  process.disconnect();
}
