/**
 * A board with an RP2040, as a person has it on the table: an image in its flash, a cable or an access point, a lamp,
 * pins, a log. It runs when `run` is called, and does nothing between two calls.
 */
import { RP2040 } from 'rp2040js';
import { Cyw43 } from './cyw43.js';
import { Defmt } from './defmt.js';
import { Flash, PowerLost, Ssi, XipStream } from './flash.js';
import { Processor } from './processor.js';
import { repair, repairPio } from './repairs.js';
import { Rom } from './rom.js';
import { W5500 } from './w5500.js';

/**
 * @typedef {'w5500' | 'pico-w'} Kind
 * @typedef {{ schedule(nanos: number): void, cancel(): void, nanos: number }} Alarm
 * @typedef {object} Clock of the chip: it moves only when it is told to
 * @property {number} nanos
 * @property {number} nanosToNextAlarm
 * @property {Alarm | null} nextAlarm
 * @property {(callback: () => void) => Alarm} createAlarm
 * @property {(nanos: number) => void} tick
 *
 * @typedef {object} Options
 * @property {Kind} kind
 * @property {(frame: Uint8Array) => void} onFrame that the board sends
 * @property {(line: import('./defmt.js').Line) => void} onLine of the log
 * @property {number} [seed] of the ring oscillator
 * @property {number[]} [buttons] pins with a button to ground, none of which is pressed
 * @property {Uint8Array} [kept] what the flash keeps, from a board that has lost its power
 */

const FLASH = 0x10000000;
const FLASH_END = 0x15000000;
const ROM_END = 0x4000;
/** Behind the second stage of the boot, which is not run. */
const VECTORS = FLASH + 0x100;

/** What is not used of the stack still has it. */
const PAINT = 0xa5a5a5a5;

/** On WIZnet's W5500-EVB-Pico. */
const ETHERNET_PINS = { select: 17, reset: 20, interrupt: 21, lamp: 25 };
/** On a Pico W. */
const RADIO_PINS = { power: 23, data: 24, select: 25, clock: 29 };

/** Of a byte on the bus, at 31.25 MHz: what the chip makes of 40 MHz. */
const SPI_BYTE_NANOS = 8 * 32;

const RTT_ID = 0x47474553; // "SEGG"
const RTT_BLOCK_IF_FULL = 2;

export class Board {
  /**
   * @param {import('./elf.js').Elf} elf
   * @param {Options} options
   */
  constructor(elf, { kind, onFrame, onLine, seed = 1, kept, buttons = [] }) {
    const mcu = new RP2040();
    this.mcu = mcu;
    this.clock = /** @type {Clock} */ (/** @type {unknown} */ (mcu.clock));
    this.instructions = 0;
    /** Why it does not run any more. @type {string | undefined} */
    this.fault = undefined;
    /** What rp2040js has complained of, and how often. @type {Map<string, number>} */
    this.warnings = new Map();
    /** When the lamp was switched, in seconds, and whether on. @type {[number, boolean][]} */
    this.lamp = [];

    this.flash = new Flash(mcu.flash);
    this.rom = new Rom(mcu, this.flash);
    mcu.loadBootrom(this.rom.words); // which erases the flash, too
    for (const { address, bytes } of elf.segments) {
      if (address < FLASH || address >= FLASH_END)
        throw new Error(`not for the flash: 0x${address.toString(16)}`);
      mcu.flash.set(bytes, address - FLASH);
    }
    if (kept) this.flash.kept = kept;
    mcu.onBreak = (number) => this.onBreak(number);
    repair(mcu, {
      ssi: new Ssi([1, 2, 3, 4, 5, 6, 7, 8]),
      xip: new XipStream(mcu),
      seed,
      warn: (text) => this.warnings.set(text, (this.warnings.get(text) ?? 0) + 1),
    });
    this.chip = kind === 'pico-w' ? this.wireRadio(onFrame) : this.wireEthernet(onFrame);

    for (const pin of buttons) mcu.gpio[pin].setInputValue(true);
    this.rtt = elf.symbol('_SEGGER_RTT');
    this.defmt = new Defmt(elf, onLine);
    this.stack = { end: elf.symbol('_stack_end'), start: elf.symbol('_stack_start') };
    for (let at = this.stack.end; at < this.stack.start; at += 4) mcu.writeUint32(at, PAINT);
    mcu.core.VTOR = VECTORS;
    mcu.core.reset();
    this.processor = new Processor(mcu, kind === 'pico-w' ? mcu.pio[0] : undefined);
  }

  /** @param {(frame: Uint8Array) => void} onFrame */
  wireEthernet(onFrame) {
    const { mcu, clock } = this;
    const { select, reset, interrupt, lamp } = ETHERNET_PINS;
    mcu.gpio[interrupt].setInputValue(true);
    let isRaised = false;
    const chip = new W5500({
      onFrame,
      onInterrupt: (isWanted) => {
        if (isWanted === isRaised) return;
        isRaised = isWanted;
        mcu.gpio[interrupt].setInputValue(!isRaised);
      },
    });
    mcu.gpio[select].addListener((state) => chip.select(state === 0));
    mcu.gpio[reset].addListener((state) => {
      if (state === 0) chip.reset();
    });
    mcu.gpio[lamp].addListener((state) => this.shine(state === 1));
    // The time that a byte takes matters: DMA fills the one queue and empties the other meanwhile.
    let answer = 0;
    const spi = mcu.spi[0];
    const done = clock.createAlarm(() => spi.completeTransmit(answer));
    spi.onTransmit = (byte) => {
      answer = chip.exchange(byte);
      done.schedule(SPI_BYTE_NANOS);
    };
    return chip;
  }

  /** @param {(frame: Uint8Array) => void} onFrame */
  wireRadio(onFrame) {
    const { mcu } = this;
    const { power, data, select, clock } = RADIO_PINS;
    repairPio(mcu.pio[0]);
    let level = false;
    mcu.gpio[data].setInputValue(level);
    const chip = new Cyw43({
      onFrame,
      onLamp: (isOn) => this.shine(isOn),
      drive: (wanted) => {
        if (wanted === level) return;
        level = wanted;
        mcu.gpio[data].setInputValue(level);
      },
    });
    mcu.gpio[power].addListener((state) => {
      if (state === 0) chip.reset();
    });
    mcu.gpio[select].addListener((state) => chip.select(state === 0));
    mcu.gpio[clock].addListener((state, before) => {
      if (state === 1 && before !== 1) chip.rise(mcu.gpio[data].outputValue);
      if (state !== 1 && before === 1) chip.fall();
    });
    return chip;
  }

  /** @param {boolean} isOn */
  shine(isOn) {
    if (this.lamp.at(-1)?.[1] !== isOn) this.lamp.push([this.seconds, isOn]);
  }

  /** Since it was switched on, by its own clock. */
  get seconds() {
    return this.clock.nanos / 1e9;
  }

  get isAsleep() {
    return this.mcu.core.waiting;
  }

  /**
   * Does this at that time, in seconds of the board's clock since it was switched on.
   * @param {number} seconds
   * @param {() => void} what
   */
  at(seconds, what) {
    this.clock.createAlarm(what).schedule(Math.max(0, seconds * 1e9 - this.clock.nanos));
  }

  /**
   * Presses one of the buttons.
   * @param {number} pin
   * @param {number} [seconds]
   */
  press(pin, seconds = 0.1) {
    this.mcu.gpio[pin].setInputValue(false);
    this.at(this.seconds + seconds, () => this.mcu.gpio[pin].setInputValue(true));
  }

  /**
   * Runs so many instructions, or until the processor sleeps or has stopped; then reads the log.
   * @param {number} limit
   */
  run(limit) {
    if (!this.isAsleep && !this.fault) this.instructions += this.processor.run(limit);
    this.readLog();
  }

  /** @param {number} number of the breakpoint */
  onBreak(number) {
    const { core } = this.mcu;
    const at = core.PC - 2;
    if (at >= ROM_END) {
      this.stop(`breakpoint or undefined instruction at 0x${at.toString(16)}`);
      return;
    }
    const [a, b, c, d] = core.registers;
    try {
      core.registers[0] = this.rom.functions[number](a, b, c, d);
    } catch (why) {
      if (!(why instanceof PowerLost)) throw why;
      this.stop(`power lost ${why.message}`);
    }
  }

  /** @param {string} why */
  stop(why) {
    this.fault = why;
    this.processor.isStopped = true;
  }

  /** The most bytes of the stack that were in use at once, and how many there are. */
  get stackUse() {
    const { start, end } = this.stack;
    let at = end;
    while (at < start && this.mcu.readUint32(at) === PAINT) at += 4;
    return { used: start - at, size: start - end };
  }

  /** Takes what defmt-rtt has written since. */
  readLog() {
    const { mcu, rtt } = this;
    if (mcu.readUint32(rtt) !== RTT_ID) return;
    const [buffer, size, write, read, flags] = [28, 32, 36, 40, 44].map((offset) =>
      mcu.readUint32(rtt + offset),
    );
    // As a probe does: the firmware then waits for us when there is no room, and nothing is lost.
    if ((flags & 3) !== RTT_BLOCK_IF_FULL) mcu.writeUint32(rtt + 44, (flags & ~3) | RTT_BLOCK_IF_FULL);
    if (read === write) return;
    const bytes = [];
    for (let at = read; at !== write; at = (at + 1) % size) bytes.push(mcu.readUint8(buffer + at));
    mcu.writeUint32(rtt + 40, write);
    this.defmt.push(bytes);
  }
}
