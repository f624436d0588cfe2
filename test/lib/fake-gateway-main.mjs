/**
 * The small router as a program of its own, for a network namespace. `argv[2]`: its compiled module, `argv[3]`: its
 * address and behaviour as JSON. What it says is a line of JSON each; a line in asks what is mapped.
 */
import { createInterface } from 'node:readline';

const [, , module, facts] = process.argv;
const { FakeGateway } = await import(module);
const { host, behaviour } = JSON.parse(facts);
const tell = (event, more) => console.log(JSON.stringify({ event, ...more }));

const router = await FakeGateway.start(behaviour, { host, port: 5351, ssdpPort: 1900, multicast: true });
tell('router');
createInterface(process.stdin).on('line', question =>
  tell(question, { mapped: router.mapped(), requests: router.requests }),
);
process.stdin.on('end', () => router.close());
