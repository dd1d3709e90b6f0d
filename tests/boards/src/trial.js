/**
 * What a scenario is given: servers and boards that are taken down when it ends, and what it asserts of their logs.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { Certificates, NAME } from './certificates.js';
import { Elf } from './elf.js';
import { Sandbox, TlsProxy } from './servers.js';
import { Simulation } from './simulation.js';

/** The pin of the board's button. */
export const BUTTON = 14;

/**
 * @typedef {object} Setup
 * @property {string} program `taskgroup`
 * @property {string} certificates folder
 * @property {string} image path of the image that its boards run
 * @property {import('./board.js').Kind} kind of the boards
 *
 * @typedef {Record<string, number>} Figures
 */

/** The board waits for its button. */
export const READY = /^waits for the button/;
/** The board has shown what there is. */
export const RESTS = /^asks again in /;
/** A run with its answer: its number begins the line. */
export const RUN = /^trun_/;
export const TRIES_AGAIN = /; tries again$/;
const LOST = /^the network is lost$/;

/** rp2040js says so of each read of a register that embassy only writes. */
const KNOWN_WARNING = /^DMA: Unimplemented peripheral read from 0x444$/;

/**
 * The simulator lets the host be quiet for 0.4 s before the board's clock moves on. Settings of a scenario
 * take the place of these.
 * @type {[string, string][]}
 */
const QUICK = [
  ['--output-bytes', '1500'],
  ['--queued', '0.2..0.4'],
  ['--running', '1..2'],
  ['--failed', '0'],
];

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

  /** Outputs of 1,500 bytes within 0.2 s, unless it is said otherwise. @param {string[]} settings */
  async sandbox(...settings) {
    const quick = QUICK.filter(([name]) => !settings.includes(name)).flat();
    const sandbox = await Sandbox.start(this.setup.program, [...quick, ...settings]);
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
   * @param {{ port: number } | undefined} server that all of its connections lead to
   * @param {{ network?: Partial<import('./network.js').Settings>, kept?: Uint8Array, seed?: number }} [options]
   */
  board(server, { network, kept, seed } = {}) {
    const port = server?.port;
    const simulation = new Simulation({
      elf: new Elf(fs.readFileSync(this.setup.image)),
      kind: this.setup.kind,
      kept,
      seed,
      buttons: [BUTTON],
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
 * Presses the button when the board waits for it.
 * @param {Simulation} simulation
 */
export async function press(simulation) {
  await simulation.until(READY);
  simulation.board.press(BUTTON);
  return simulation.mark();
}

/**
 * The runs that boards have shown.
 * @param {Simulation[]} boards
 */
export function shown(...boards) {
  return texts(boards)
    .filter((text) => RUN.test(text))
    .map((text) => text.split(' ')[0]);
}

/**
 * The groups that boards have made.
 * @param {Simulation[]} boards
 */
export function groups(...boards) {
  return [...new Set(texts(boards).flatMap((text) => /^group (tgrp_\w+)/.exec(text)?.[1] ?? []))];
}

/** The texts of the log. @param {Simulation[]} boards */
function texts(boards) {
  return boards.flatMap(({ lines }) => lines.map(({ text }) => text));
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

/**
 * Takes the network from a board that waits for its server, and gives it back: the board continues at once.
 * @param {Simulation} simulation
 */
export async function losesNetwork(simulation) {
  const { board } = simulation;
  board.at(board.seconds + 2, () => board.chip.plug(false));
  board.at(board.seconds + 9, () => board.chip.plug(true));
  await simulation.until(LOST);
  await simulation.until(/^link_up = true/);
  const up = board.seconds;
  await simulation.until(/^connecting to/);
  assert(board.seconds - up < 0.3, `${board.seconds - up} s from the link to the next connection`);
}

/** What is complained of when it is lost. @param {import('./board.js').Kind} kind */
export function complaintsOfLoss(kind) {
  return kind === 'pico-w' ? [LOST, /^lost sandbox/, /^sandbox: NetworkNotFound/] : [LOST];
}

/** When all is done the lamp is on, and stays so. @param {Simulation} simulation */
export async function lampStaysOn(simulation) {
  const { board } = simulation;
  await simulation.untilSeconds(board.seconds + 3);
  const [at, isOn] = board.lamp.at(-1) ?? [0, false];
  assert(isOn && at < board.seconds - 1.5, `the lamp: ${isOn} since ${at} s`);
}

/** @param {number} instructions */
export function millions(instructions) {
  return instructions / 1e6;
}
