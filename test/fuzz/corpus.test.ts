import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isMillraceError } from '../../src/engine/errors.js';
import { decodeDhtMessage } from '../../src/engine/protocol/dht/krpc.js';
import { decodeLsdAnnounce } from '../../src/engine/protocol/lsd.js';
import { decodeMetadataMessage } from '../../src/engine/protocol/peer/metadata.js';
import { decodePexMessage } from '../../src/engine/protocol/peer/pex.js';

/** What reads the inputs of a folder of `corpus/`. Inputs that once broke a decoder stay there as well. */
const DECODERS: Readonly<Record<string, (input: Uint8Array) => unknown>> = {
  krpc: decodeDhtMessage,
  lsd: decodeLsdAnnounce,
  metadata: decodeMetadataMessage,
  pex: decodePexMessage,
};

/** Of an input; the slowest takes 0.1 ms. */
const TIMEOUT_MS = 5000;

const corpus = new URL('corpus/', import.meta.url);
const folders = readdirSync(corpus).sort();

it('has a folder for each decoder', () => {
  expect(folders).toEqual(Object.keys(DECODERS).sort());
});

describe.each(folders)('%s', folder => {
  const files = new URL(`${folder}/`, corpus);

  it.each(readdirSync(files))(
    '%s gives a value, nothing, or a coded error',
    file => {
      const input = new Uint8Array(readFileSync(new URL(file, files)));
      const before = input.slice();
      try {
        DECODERS[folder](input);
      } catch (error) {
        if (!isMillraceError(error)) throw error;
      }
      expect(input).toEqual(before);
    },
    TIMEOUT_MS,
  );
});
