import { it as base } from 'vitest';
import { Stage } from '../lib/stage.js';

/** `it` whose test gets a stage that is cleared after it. */
export const it = base.extend<{ stage: Stage }>({
  stage: async ({ task: _task }, use) => {
    const stage = await Stage.open();
    try {
      await use(stage);
    } finally {
      await stage.close();
    }
  },
});
