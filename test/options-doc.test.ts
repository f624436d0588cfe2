import { describe, expect, it } from 'vitest';
import { OPTION_TABLE } from '../src/engine/session/option-table.js';

/** docs/options.md as the options table makes it. `npx vitest run -u test/options-doc.test.ts` writes it anew. */
function render(): string {
  const rows = OPTION_TABLE.map(({ name, meaning, unit, defaultText, bounds }) => {
    const cells = [`\`${name}\``, meaning, unit ?? '', defaultText, bounds];
    return `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  });
  return [
    '# Session options',
    '',
    'Options of `createSession`, made from the table in `src/engine/session/option-table.ts`. A value out of bounds throws',
    '`ERR_OPTION`, which names option, value and bounds.',
    '',
    '| option | meaning | unit | default | bounds |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

describe('docs/options.md', () => {
  it('is what the options table says', async () => {
    await expect(render()).toMatchFileSnapshot('../docs/options.md');
  });
});
