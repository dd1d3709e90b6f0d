/**
 * Runs the images of examples/rp2040 in a simulated board. See README.md.
 */
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Certificates, NAME } from './src/certificates.js';
import { check } from './src/check.js';
import { compare } from './src/compare.js';
import { Elf } from './src/elf.js';
import { Images, kindOf, TARGET, taskgroup } from './src/images.js';
import { imageOf, scenarios } from './src/scenarios.js';
import { Sandbox, TlsProxy } from './src/servers.js';
import { Simulation, Stopped } from './src/simulation.js';
import { BUTTON, press, shown } from './src/trial.js';

const USAGE = `run watch w5500|pico-w [--runs] [--tls] [--image FILE] [--seconds N] [-- SETTINGS OF THE SANDBOX…]
    Builds an image and runs it as it would on a table, with a sandbox: its log comes out here. It is a question, and
    the button is pressed once; or, with --runs, the runs of a group. Ends when all is shown; with 1 if nothing was, or
    if the firmware panics.
run check [--write] [WORDS…]
    Runs all scenarios, or those whose names have all of these words, and compares with table.md. --write takes their
    figures into it.
run compare REVISION [w5500|pico-w]
    Instructions of that commit's image and of this tree's, side by side.
run images [WORDS…]
    Builds the images of these scenarios, and says where they are.`;

/** The last line of a board that is watched. */
const END = /^waits for the button|^asks again in|^tries again in/;

const certificates = new Certificates(path.join(TARGET, 'certificates'));

/** @param {string[]} given */
async function watch(given) {
  const split = given.indexOf('--');
  const { values, positionals } = parseArgs({
    args: split < 0 ? given : given.slice(0, split),
    allowPositionals: true,
    options: {
      runs: { type: 'boolean' },
      tls: { type: 'boolean' },
      image: { type: 'string' },
      seconds: { type: 'string', default: '600' },
    },
  });
  const [kind] = positionals;
  if (kind !== 'w5500' && kind !== 'pico-w') return usage();
  certificates.make();
  const image =
    values.image ??
    new Images(certificates.authorities).build(
      `${kind}-${values.runs ? 'runs' : 'question'}-${values.tls ? 'tls' : 'clear'}`,
    );
  const sandbox = await Sandbox.start(taskgroup(), split < 0 ? [] : given.slice(split + 1));
  const proxy = await TlsProxy.start(certificates.of('p256'), sandbox.port);
  const simulation = new Simulation({
    elf: new Elf(fs.readFileSync(image)),
    kind,
    network: {
      names: [NAME, 'ntp.test', 'pool.ntp.org', 'api.parallel.ai'],
      ports: new Map([
        [80, sandbox.port],
        [443, proxy.port],
      ]),
      unixSeconds: () => Date.now() / 1000,
    },
    buttons: [BUTTON],
    onLine: ({ time, level, text }) => console.log(`${time} ${level.padEnd(5)} ${text}`),
    isRealTime: true,
    patience: Number(values.seconds),
  });
  try {
    if (!values.runs) await press(simulation);
    const { seconds, instructions, stack } = await simulation.until(END);
    const size = simulation.board.stackUse.size;
    console.log(
      `${seconds.toFixed(3)} s, ${(instructions / 1e6).toFixed(1)} million instructions, ${stack} of ${size} bytes of stack`,
    );
    return shown(simulation).length > 0 ? 0 : 1;
  } catch (why) {
    if (!(why instanceof Stopped)) throw why;
    console.log(why.message);
    return 1;
  } finally {
    simulation.close();
    proxy.stop();
    await sandbox.stop();
  }
}

/** What is to run for the scenarios whose names have all of these words. @param {string[]} words */
function jobs(words) {
  certificates.make();
  const images = new Images(certificates.authorities);
  const names = Object.keys(scenarios).filter((name) => words.every((word) => name.includes(word)));
  return names.map((name) => {
    const image = imageOf(name);
    const setup = { image: images.build(image), kind: kindOf(image), certificates: certificates.folder };
    return { name, setup: { ...setup, program: taskgroup() } };
  });
}

function usage() {
  console.error(USAGE);
  return 2;
}

/** @param {string[]} given */
async function main([command, ...given]) {
  switch (command) {
    case 'watch':
      return watch(given);
    case 'check': {
      const words = given.filter((word) => word !== '--write');
      return check(jobs(words), given.includes('--write'));
    }
    case 'compare': {
      const [revision, kind = 'w5500'] = given;
      if (!revision || (kind !== 'w5500' && kind !== 'pico-w')) return usage();
      certificates.make();
      return compare(revision, kind, certificates, taskgroup());
    }
    case 'images':
      for (const image of new Set(jobs(given).map(({ setup }) => setup.image))) console.log(image);
      return 0;
    default:
      return usage();
  }
}

process.exit(await main(process.argv.slice(2)));
