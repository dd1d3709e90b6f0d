/**
 * What the firmware of an earlier commit costs, beside that of this tree: instructions from the address on to the first
 * event and to the 100th, in the clear and over TLS, by whose code they are.
 */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { Images, ROOT, TARGET } from './images.js';
import { instructions } from './profile.js';
import { ANSWER, press, Trial } from './trial.js';

/** @typedef {import('./profile.js').Group} Group */

/** @type {Group[]} */
const ROWS = ['ours', 'TLS', 'network stack', 'driver', 'executor and log', 'library'];

/**
 * @param {string} revision
 * @param {import('./board.js').Kind} kind
 * @param {import('./certificates.js').Certificates} certificates
 * @param {string} program `taskgroup`
 */
export async function compare(revision, kind, certificates, program) {
  process.env.CARGO_PROFILE_RELEASE_DEBUG = '1';
  const trees = { [revision]: checkOut(revision), 'this tree': ROOT };
  for (const settings of /** @type {const} */ (['clear', 'tls'])) {
    /** @type {Record<string, Record<string, Map<Group, number>>>} */
    const measured = {};
    for (const [name, tree] of Object.entries(trees)) {
      const image = new Images(certificates.authorities, tree).build(kind, settings);
      const trial = new Trial({
        program,
        certificates: certificates.folder,
        images: { [`${kind}-${settings}`]: image },
      });
      try {
        measured[name] = await measure(trial, `${kind}-${settings}`, image);
      } finally {
        await trial.end();
      }
    }
    print(`${kind}, ${settings === 'tls' ? 'over TLS' : 'in the clear'}: million instructions`, measured);
  }
  return 0;
}

/** A tree of that revision. @param {string} revision */
function checkOut(revision) {
  const commit = execFileSync('git', ['rev-parse', '--verify', `${revision}^{commit}`], {
    cwd: ROOT,
    encoding: 'utf8',
  }).trim();
  const tree = path.join(TARGET, `tree-${commit.slice(0, 12)}`);
  if (!fs.existsSync(tree)) {
    const archive = execFileSync('git', ['archive', commit], { cwd: ROOT, maxBuffer: 1 << 30 });
    fs.mkdirSync(tree, { recursive: true });
    execFileSync('tar', ['-x'], { cwd: tree, input: archive });
  }
  if (!fs.existsSync(path.join(tree, 'examples/board/src/questions.rs')))
    throw new Error(`${revision} is from before the boards had a button`);
  return tree;
}

/** @param {Trial} trial @param {string} name @param {string} image @returns {Promise<Record<string, Map<Group, number>>>} */
async function measure(trial, name, image) {
  const sandbox = await trial.sandbox();
  const simulation = trial.board(name, name.endsWith('tls') ? await trial.tls('p256', sandbox) : sandbox);
  const { counts } = simulation.board.processor;
  await press(simulation);
  await simulation.until(/^connecting/);
  const start = counts.slice();
  await simulation.until(/^group/);
  const group = counts.slice();
  await simulation.until(ANSWER);
  return {
    'to the group': instructions(image, start, group).groups,
    'from there to the answer': instructions(image, group, counts).groups,
  };
}

/** @param {string} title @param {Record<string, Record<string, Map<Group, number>>>} measured by tree, then by span */
function print(title, measured) {
  const names = Object.keys(measured);
  for (const span of Object.keys(measured[names[0]])) {
    console.log(`\n${title} ${span}\n`);
    console.log(`| whose | ${names.join(' | ')} | change |\n|---|${names.map(() => '---:|').join('')}---:|`);
    const sums = names.map(() => 0);
    for (const row of ROWS) {
      const values = names.map((name) => (measured[name][span].get(row) ?? 0) / 1e6);
      for (const [i, value] of values.entries()) sums[i] += value;
      line(row, values);
    }
    line('all', sums);
  }
}

/** @param {string} what @param {number[]} values */
function line(what, values) {
  const change = values[0] ? `${((values[1] / values[0] - 1) * 100).toFixed(1)} %` : '';
  console.log(`| ${what} | ${values.map((value) => value.toFixed(3)).join(' | ')} | ${change} |`);
}
