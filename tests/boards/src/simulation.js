/**
 * A board and its network, run until something is seen: the one loop, and the one place where the board's clock meets
 * the host's.
 *
 * While the board computes, its clock follows the instructions. While it sleeps, its clock jumps to whatever it waits
 * for, except while it has a connection: then it stands still until the host has done something, or has been quiet for
 * `QUIET_MILLIS`. So a server that falls silent costs that much of our time, whatever patience the firmware has; and
 * the times do not depend on how busy the machine is. With `isRealTime` the board sleeps as long as it would on a table.
 *
 * @typedef {object} Options
 * @property {import('./elf.js').Elf} elf
 * @property {import('./board.js').Kind} kind
 * @property {import('./network.js').Settings} network
 * @property {(line: import('./defmt.js').Line) => void} [onLine]
 * @property {number} [seed] of the ring oscillator
 * @property {Uint8Array} [kept] what the flash kept from an earlier run
 * @property {number[]} [buttons] pins with a button to ground
 * @property {boolean} [isRealTime]
 * @property {number} [patience] seconds of our time after which it is given up
 *
 * @typedef {object} Mark what was measured when a line came
 * @property {number} seconds of the board's clock
 * @property {number} instructions
 * @property {number} stack bytes that were in use at once at most, so far
 */
import { Board } from './board.js';
import { Network } from './network.js';

/** How long the host may take to do something that it is going to do. */
const QUIET_MILLIS = 400;
/** Instructions between two looks at the log, and between two at the host's sockets. */
const LOG_EVERY = 1000;
const HOST_EVERY = 200_000;
/** Of each frame on its way to the board. */
const LATENCY_NANOS = 200_000;

export class Simulation {
  /** @param {Options} options */
  constructor({
    elf,
    kind,
    network,
    onLine = () => {},
    seed,
    kept,
    buttons,
    isRealTime = false,
    patience = 120,
  }) {
    this.isRealTime = isRealTime;
    this.patience = patience;
    this.hours = 1;
    /** @type {import('./defmt.js').Line[]} */
    this.lines = [];
    /** Lines that have not been waited for. */
    this.unseen = 0;
    /** @type {Uint8Array[]} frames on their way to the board */
    const frames = [];
    this.network = new Network(network, (frame) => {
      frames.push(frame);
      this.board.at(this.board.seconds + LATENCY_NANOS / 1e9, () => {
        // Of two alarms for the same time, rp2040js calls the later one first.
        const next = frames.shift();
        if (next) this.board.chip.receive(next);
      });
    });
    this.board = new Board(elf, {
      kind,
      seed,
      kept,
      buttons,
      onFrame: (frame) => {
        this.isQuiet = false;
        this.network.receive(frame);
      },
      onLine: (line) => {
        this.lines.push(line);
        onLine(line);
      },
    });
    /** The host has had its time since the board has last sent something. */
    this.isQuiet = false;
  }

  /**
   * Runs until a line of the log matches that has not been waited for before, and throws if none comes.
   * @param {RegExp} wanted
   * @param {number} [times] that it must match
   * @returns {Promise<Mark>}
   */
  async until(wanted, times = 1) {
    let left = times;
    await this.runUntil(`no line like ${wanted}`, () => {
      while (left > 0 && this.unseen < this.lines.length) {
        if (wanted.test(this.lines[this.unseen++].text)) left--;
      }
      return left === 0;
    });
    return this.mark();
  }

  /** @param {number} seconds of the board's clock */
  async untilSeconds(seconds) {
    let isOver = false;
    this.board.at(seconds, () => {
      isOver = true;
    });
    await this.runUntil(`second ${seconds} does not come`, () => isOver);
  }

  /** @param {string} otherwise what is wrong if it never is @param {() => boolean} isDone */
  async runUntil(otherwise, isDone) {
    const { board } = this;
    const start = performance.now();
    let lookAtHost = board.instructions + HOST_EVERY;
    while (!isDone()) {
      if (board.fault) throw new Stopped(board.fault);
      if (performance.now() - start > this.patience * 1000 || board.seconds > this.hours * 3600) {
        throw new Error(`${otherwise} within ${this.patience} s, or ${this.hours} hours of its clock`);
      }
      if (board.isAsleep) {
        await this.sleep();
      } else {
        board.run(LOG_EVERY);
        if (board.instructions < lookAtHost) continue;
        lookAtHost = board.instructions + HOST_EVERY;
        await immediate();
      }
    }
  }

  /** Until the board is woken, or its clock has moved on to the next thing that happens there. */
  async sleep() {
    const { board, network } = this;
    if (board.processor.runPio()) return;
    const nanos = board.clock.nanosToNextAlarm;
    if (this.isRealTime && nanos > 1e6) {
      const start = performance.now();
      await this.activity(nanos / 1e6);
      board.clock.tick(Math.min(nanos, Math.max(1000, (performance.now() - start) * 1e6)));
    } else if (!this.isRealTime && network.isBusy && !this.isQuiet && nanos > 2 * LATENCY_NANOS) {
      this.isQuiet = !(await this.activity(QUIET_MILLIS));
    } else {
      board.clock.tick(nanos);
    }
  }

  /**
   * Waits for the host to do something. Says whether it has.
   * @param {number} millis
   * @returns {Promise<boolean>}
   */
  activity(millis) {
    return new Promise((resolve) => {
      /** @param {boolean} isThere */
      const finish = (isThere) => {
        clearTimeout(timer);
        this.network.onActivity = () => {};
        resolve(isThere);
      };
      const timer = setTimeout(() => finish(false), millis);
      this.network.onActivity = () => finish(true);
    });
  }

  /** @returns {Mark} */
  mark() {
    const { board } = this;
    return { seconds: board.seconds, instructions: board.instructions, stack: board.stackUse.used };
  }

  /** Ends the connections of the board, as pulling its plug does. What the flash keeps is returned. */
  close() {
    this.network.close();
    return this.board.flash.kept;
  }
}

/** The firmware has panicked, or power was lost. */
export class Stopped extends Error {}

/** Lets Node attend to its sockets. */
function immediate() {
  return new Promise((resolve) => setImmediate(resolve));
}
