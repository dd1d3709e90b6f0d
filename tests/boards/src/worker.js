/** Takes one scenario from the process that started this one, runs it, and sends its result back. */
import { scenarios } from './scenarios.js';
import { Trial } from './trial.js';

process.once('disconnect', () => process.exit());
process.once('message', async (message) => {
  const { setup, name } = /** @type {import('./check.js').Job} */ (message);
  const start = performance.now();
  const trial = new Trial(setup);
  /** @type {import('./trial.js').Figures | undefined} */
  let figures;
  /** @type {string | undefined} */
  let failure;
  try {
    figures = (await scenarios[name](trial)) ?? undefined;
  } catch (why) {
    const error = why instanceof Error ? why : new Error(String(why));
    failure = `${error.stack}\n${trial.log(12)}`;
  }
  await trial.end();
  process.send?.({ name, seconds: (performance.now() - start) / 1000, failure, figures });
});
