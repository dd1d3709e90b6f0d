/**
 * Runs the scenarios, as many at once as there are processors, and compares what they cost with table.md.
 */
import { fork } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { scenarios } from './scenarios.js';
import { compare, render } from './table.js';

const TABLE = path.resolve(import.meta.dirname, '../table.md');

/**
 * @typedef {{ name: string, setup: import('./trial.js').Setup }} Job a scenario
 * @typedef {{ name: string, seconds: number, failure?: string, figures?: import('./trial.js').Figures }} Result
 */

/**
 * The exit code.
 * @param {Job[]} jobs
 * @param {boolean} isToWrite
 */
export async function check(jobs, isToWrite) {
  const results = await runAll(jobs);
  const failed = results.filter(({ failure }) => failure !== undefined).length;
  const table = render(results);
  console.log(`\n${table}`);
  let moved = 0;
  if (isToWrite && jobs.length === Object.keys(scenarios).length && !failed) {
    fs.writeFileSync(TABLE, table);
  } else {
    const differences = compare(fs.existsSync(TABLE) ? fs.readFileSync(TABLE, 'utf8') : '', table);
    for (const difference of differences) console.log(difference);
    moved = differences.length;
    if (moved) console.log('figures have moved; when that is as it should be, --write takes them');
  }
  console.log(`${jobs.length - failed} of ${jobs.length} as they should be`);
  return failed || moved || !jobs.length ? 1 : 0;
}

/** @param {Job[]} jobs @returns {Promise<Result[]>} in this order */
async function runAll(jobs) {
  /** @type {Result[]} */
  const results = [];
  const waiting = [...jobs.entries()];
  const atOnce = Math.min(os.availableParallelism(), jobs.length);
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        const [at, job] = next;
        const result = await runOne(job);
        results[at] = result;
        console.log(
          `${result.failure === undefined ? 'ok  ' : 'FAIL'} ${job.name} (${result.seconds.toFixed(1)} s)`,
        );
        if (result.failure !== undefined) console.log(result.failure.replace(/^/gm, '     '));
      }
    }),
  );
  return results;
}

/** In a process of its own. @param {Job} job @returns {Promise<Result>} */
function runOne(job) {
  return new Promise((resolve, reject) => {
    const child = fork(new URL('worker.js', import.meta.url));
    child.once('message', (result) => {
      resolve(/** @type {Result} */ (result));
      // A simulation that is left may compute without end, which a thread would do even when it is told to stop.
      child.kill('SIGKILL');
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => reject(new Error(`${job.name}: ended with ${code ?? signal}`)));
    child.send(job);
  });
}
