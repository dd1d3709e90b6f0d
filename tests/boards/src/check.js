/**
 * Runs the scenarios, as many at once as there are processors, and compares what they cost with table.md.
 */
import { fork } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { scenarios } from './scenarios.js';
import { compare, parse, render } from './table.js';

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
  /** @type {import('./table.js').Row[]} */
  const measured = results.flatMap(({ name, figures }) => (figures ? [[name, figures]] : []));
  console.log(`\n${render(measured)}`);
  const before = parse(fs.existsSync(TABLE) ? fs.readFileSync(TABLE, 'utf8') : '');
  const differences = isToWrite && !failed ? [] : compare(before, measured);
  for (const difference of differences) console.log(difference);
  if (differences.length) console.log('figures have moved; when that is as it should be, --write takes them');
  if (isToWrite && !failed) write(before, measured);
  console.log(`${jobs.length - failed} of ${jobs.length} as they should be`);
  return failed || differences.length || !jobs.length ? 1 : 0;
}

/**
 * Takes these figures, and leaves those of the other scenarios.
 * @param {Map<string, import('./trial.js').Figures>} before
 * @param {import('./table.js').Row[]} measured
 */
function write(before, measured) {
  const now = new Map([...before, ...measured]);
  /** @type {import('./table.js').Row[]} */
  const rows = Object.keys(scenarios).flatMap((name) => {
    const figures = now.get(name);
    return figures ? [[name, figures]] : [];
  });
  fs.writeFileSync(TABLE, render(rows));
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
