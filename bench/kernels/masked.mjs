// Hashes again in a process whose OpenSSL was told that the CPU has no SHA extensions: the portable case.
import { serve } from '../lib/child.mjs';
import { hashCases } from './hash-cases.mjs';
import { measureCase } from './measure.mjs';

serve({
  async measure(options) {
    const results = [];
    for (const kase of hashCases()) results.push(await measureCase(kase, options));
    return results;
  },
  close() {},
});
