/**
 * What the firmware of an earlier commit costs, beside that of this tree: instructions from the address on to the first
 * run and from there to the 100th, in the clear and over TLS, by whose code they are.
 */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { Images, ROOT, TARGET } from './images.js';
import { instructions } from './profile.js';
import { press, RUN, Trial } from './trial.js';

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
  const trees = { [revision]: checkOut(revision, certificates.authorities), 'this tree': ROOT };
  // Some commits have no program that shows runs.
  const what = Object.values(trees).every(showsRuns) ? 'runs' : 'question';
  for (const settings of /** @type {const} */ (['clear', 'tls'])) {
    /** @type {Record<string, Measured>} */
    const measured = {};
    for (const [name, tree] of Object.entries(trees)) {
      const image = new Images(certificates.authorities, tree).build(`${kind}-${what}-${settings}`);
      const trial = new Trial({ program, certificates: certificates.folder, image, kind });
      try {
        const sandbox = await trial.sandbox();
        const board = trial.board(settings === 'tls' ? await trial.tls('p256', sandbox) : sandbox);
        measured[name] = await (what === 'runs' ? measureRuns(board, image) : measureQuestion(board, image));
      } finally {
        await trial.end();
      }
    }
    print(`${kind}, ${settings === 'tls' ? 'over TLS' : 'in the clear'}: million instructions`, measured);
  }
  return 0;
}

/** @param {string} tree */
function showsRuns(tree) {
  return fs.existsSync(path.join(tree, 'examples/board/src/runs.rs'));
}

/**
 * A tree of that revision, which trusts the authorities of the tests.
 * @param {string} revision
 * @param {string} authorities
 */
function checkOut(revision, authorities) {
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
  const runs = path.join(tree, 'examples/board/src/runs.rs');
  const text = showsRuns(tree) ? fs.readFileSync(runs, 'utf8') : '';
  if (text.includes('= Roots::mozilla();')) {
    // It has no build setting for that yet.
    const files = certificatesIn(authorities).map((bytes, i) => {
      const file = path.join(tree, `root${i}.der`);
      fs.writeFileSync(file, bytes);
      return `include_bytes!(${JSON.stringify(file)})`;
    });
    fs.writeFileSync(
      runs,
      text.replace('= Roots::mozilla();', `= Roots::Certificates(&[${files.join(', ')}]);`),
    );
  }
  return tree;
}

/** @param {string} file in PEM @returns {Buffer[]} */
function certificatesIn(file) {
  const pem = fs.readFileSync(file, 'utf8');
  const texts = pem.matchAll(/-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----/gs);
  return [...texts].map(([, base64]) => Buffer.from(base64, 'base64'));
}

/** @typedef {Record<string, Map<Group, number>>} Measured by span */

/** @param {import('./simulation.js').Simulation} simulation @param {string} image @returns {Promise<Measured>} */
async function measureRuns(simulation, image) {
  const { counts } = simulation.board.processor;
  await simulation.until(/^runs of /);
  const start = counts.slice();
  await simulation.until(RUN);
  const first = counts.slice();
  await simulation.until(RUN, 99);
  return {
    'to the first run': instructions(image, start, first).groups,
    'from there to the 100th': instructions(image, first, counts).groups,
  };
}

/** @param {import('./simulation.js').Simulation} simulation @param {string} image @returns {Promise<Measured>} */
async function measureQuestion(simulation, image) {
  const { counts } = simulation.board.processor;
  await press(simulation);
  await simulation.until(/^connecting/);
  const start = counts.slice();
  await simulation.until(/^group/);
  const group = counts.slice();
  await simulation.until(RUN);
  return {
    'to the group': instructions(image, start, group).groups,
    'from there to the answer': instructions(image, group, counts).groups,
  };
}

/** @param {string} title @param {Record<string, Measured>} measured by tree */
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
