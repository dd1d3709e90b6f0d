/** Runs one scenario, and posts its result. */
import { parentPort, workerData } from 'node:worker_threads';
import { scenarios } from './scenarios.js';
import { Trial } from './trial.js';

/** @type {{ setup: import('./trial.js').Setup, name: string }} */
const { setup, name } = workerData;
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
parentPort?.postMessage({ name, seconds: (performance.now() - start) / 1000, failure, figures });
