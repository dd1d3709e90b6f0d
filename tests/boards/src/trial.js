/**
 * What a scenario is given: servers and boards that are taken down when it ends, and what it asserts of their logs.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { Certificates, NAME } from './certificates.js';
import { Elf } from './elf.js';
import { Sandbox, TlsProxy } from './servers.js';
import { Simulation } from './simulation.js';

/**
 * @typedef {object} Setup what is the same for all scenarios
 * @property {string} program `taskgroup`
 * @property {string} certificates folder
 * @property {Record<string, string>} images by `KIND-SETTINGS`
 *
 * @typedef {Record<string, number>} Figures
 */

/** Of one event of a run: its number begins the line. */
export const RUN = /^trun_/;
export const DONE = /^done; asks again in 60 s/;

/** rp2040js says so of each read of a register that embassy only writes. */
const KNOWN_WARNING = /^DMA: Unimplemented peripheral read from 0x444$/;

export class Trial {
  /** @param {Setup} setup */
  constructor(setup) {
    this.setup = setup;
    this.certificates = new Certificates(setup.certificates);
    /** @type {(() => unknown)[]} */
    this.ends = [];
    /** @type {Simulation[]} */
    this.boards = [];
  }

  /** The last lines of the board that was switched on last. @param {number} count */
  log(count) {
    const lines = this.boards.at(-1)?.lines ?? [];
    return lines
      .slice(-count)
      .map(({ time, level, text }) => `${time} ${level} ${text}`)
      .join('\n');
  }

  async end() {
    for (const end of this.ends.reverse()) await end();
  }

  /** Outputs of 1,500 bytes, unless it is said otherwise. @param {string[]} settings */
  async sandbox(...settings) {
    const sandbox = await Sandbox.start(this.setup.program, ['--output-bytes', '1500', ...settings]);
    this.ends.push(() => sandbox.stop());
    return sandbox;
  }

  /** @param {string} chain @param {Sandbox} sandbox */
  async tls(chain, sandbox) {
    const proxy = await TlsProxy.start(this.certificates.of(chain), sandbox.port);
    this.ends.push(() => proxy.stop());
    return proxy;
  }

  /**
   * A board that is switched on.
   * @param {string} image `KIND-SETTINGS`
   * @param {{ port: number } | undefined} server that all of its connections lead to
   * @param {{ network?: Partial<import('./network.js').Settings>, kept?: Uint8Array, seed?: number }} [options]
   */
  board(image, server, { network, kept, seed } = {}) {
    const file = this.setup.images[image];
    assert(file, `no image ${image}`);
    const port = server?.port;
    const simulation = new Simulation({
      elf: new Elf(fs.readFileSync(file)),
      kind: image.startsWith('pico-w') ? 'pico-w' : 'w5500',
      kept,
      seed,
      network: {
        names: [NAME, 'ntp.test'],
        ports: new Map(
          port === undefined
            ? []
            : [
                [80, port],
                [443, port],
              ],
        ),
        unixSeconds: () => Date.now() / 1000,
        ...network,
      },
    });
    this.boards.push(simulation);
    this.ends.push(() => simulation.close());
    return simulation;
  }
}

/**
 * The runs whose lines a board has shown.
 * @param {Simulation[]} boards
 */
export function shown(...boards) {
  return boards
    .flatMap(({ lines }) => lines.map(({ text }) => text).filter((text) => RUN.test(text)))
    .map((text) => text.split(' ')[0]);
}

/**
 * Each run has come once, in order.
 * @param {Simulation} board
 * @param {string[]} runs
 */
export function assertEachOnce(board, runs) {
  assert.deepEqual(shown(board), runs);
}

/**
 * The firmware has complained of nothing else, and the simulator of nothing.
 * @param {Simulation} simulation
 * @param {RegExp[]} expected
 */
export function assertNoComplaints({ lines, board }, ...expected) {
  const complaints = lines
    .filter(({ level }) => level === 'WARN' || level === 'ERROR')
    .map(({ text }) => text);
  for (const pattern of expected) {
    assert(
      complaints.some((text) => pattern.test(text)),
      `no complaint like ${pattern}, but ${complaints}`,
    );
  }
  assert.deepEqual(
    complaints.filter((text) => !expected.some((pattern) => pattern.test(text))),
    [],
  );
  assert.deepEqual(
    [...board.warnings.keys()].filter((text) => !KNOWN_WARNING.test(text)),
    [],
  );
}
