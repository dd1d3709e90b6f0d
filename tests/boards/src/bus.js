/**
 * What the processor reaches: memory, which is read without asking every peripheral; the peripherals of rp2040js; the
 * state machines of the PIO; and the clock, which is told of the time only when somebody may look.
 */
import { ROM_SIZE } from './rom.js';

/** Of a cycle, at 125 MHz. */
const NANOS = 8;
const RAM_SIZE = 0x42000;
/** Cycles between two looks at the clock while a state machine of the PIO runs, and when nothing is due. */
const PIO_BUDGET = 16;
const BUDGET = 1_000_000;

export class Bus {
  /**
   * @param {import('rp2040js').RP2040} mcu
   * @param {import('rp2040js').RPPIO | undefined} pio whose state machines run along
   */
  constructor(mcu, pio) {
    this.mcu = mcu;
    this.pio = pio;
    this.core = mcu.core;
    this.clock = /** @type {import('./board.js').Clock} */ (/** @type {unknown} */ (mcu.clock));
    this.flash8 = mcu.flash;
    this.flash16 = new Uint16Array(mcu.flash.buffer);
    this.flash32 = new Int32Array(mcu.flash.buffer);
    this.ram8 = mcu.sram;
    this.ram16 = new Uint16Array(mcu.sram.buffer);
    this.ram32 = new Int32Array(mcu.sram.buffer);
    this.rom8 = new Uint8Array(mcu.bootrom.buffer);
    this.rom16 = new Uint16Array(mcu.bootrom.buffer);
    this.rom32 = new Int32Array(mcu.bootrom.buffer);
    /** Cycles since the clock was told, and until it must be. */
    this.cycles = this.budget = 0;
  }

  /** Tells the clock what time it is; what is due happens. */
  sync() {
    const cycles = this.cycles;
    this.cycles = 0;
    this.core.cycles += cycles;
    let left = cycles;
    for (; left > 0 && this.stepPio(); left -= 2);
    if (left > 0) this.clock.tick(left * NANOS);
    this.plan();
  }

  /** A state machine with something to do. */
  get machine() {
    const { pio } = this;
    if (!pio || pio.stopped) return undefined;
    for (const machine of pio.machines) if (machine.enabled && !machine.waiting) return machine;
    return undefined;
  }

  /** One step of a state machine, if one has something to do: its clock is half the processor's. */
  stepPio() {
    const { machine } = this;
    if (!machine) return false;
    machine.step();
    this.pio?.checkChangedPins();
    this.clock.tick(2 * NANOS);
    return true;
  }

  /** Runs the state machines while the processor sleeps. Says whether there was anything to do. */
  runPio() {
    let steps = 0;
    while (this.core.waiting && steps < 100_000 && this.stepPio()) steps++;
    return steps > 0;
  }

  plan() {
    if (this.machine) {
      this.budget = PIO_BUDGET;
      return;
    }
    const next = this.clock.nextAlarm;
    this.budget = next ? Math.min(BUDGET, Math.ceil((next.nanos - this.clock.nanos) / NANOS)) : BUDGET;
  }

  /** @param {number} at */
  load32(at) {
    const region = at >>> 24;
    if (region === 0x20 && (at & 0xffffff) < RAM_SIZE) return this.ram32[(at & 0xffffff) >>> 2];
    if (region === 0x10) return this.flash32[(at & 0xffffff) >>> 2];
    if (at >>> 0 < ROM_SIZE) return this.rom32[at >>> 2];
    this.cycles += 2;
    this.sync();
    return this.mcu.readUint32(at >>> 0) | 0;
  }

  /** @param {number} at */
  load16(at) {
    const region = at >>> 24;
    if (region === 0x20 && (at & 0xffffff) < RAM_SIZE) return this.ram16[(at & 0xffffff) >>> 1];
    if (region === 0x10) return this.flash16[(at & 0xffffff) >>> 1];
    if (at >>> 0 < ROM_SIZE) return this.rom16[at >>> 1];
    this.cycles += 2;
    this.sync();
    return this.mcu.readUint16(at >>> 0);
  }

  /** @param {number} at */
  load8(at) {
    const region = at >>> 24;
    if (region === 0x20 && (at & 0xffffff) < RAM_SIZE) return this.ram8[at & 0xffffff];
    if (region === 0x10) return this.flash8[at & 0xffffff];
    if (at >>> 0 < ROM_SIZE) return this.rom8[at];
    this.cycles += 2;
    this.sync();
    return this.mcu.readUint8(at >>> 0);
  }

  /** @param {number} at @param {number} value */
  store32(at, value) {
    if (at >>> 24 === 0x20 && (at & 0xffffff) < RAM_SIZE) {
      this.ram32[(at & 0xffffff) >>> 2] = value;
      return;
    }
    this.cycles += 3;
    this.sync();
    this.mcu.writeUint32(at >>> 0, value >>> 0);
    this.plan();
  }

  /** @param {number} at @param {number} value */
  store16(at, value) {
    if (at >>> 24 === 0x20 && (at & 0xffffff) < RAM_SIZE) {
      this.ram16[(at & 0xffffff) >>> 1] = value;
      return;
    }
    this.cycles += 3;
    this.sync();
    this.mcu.writeUint16(at >>> 0, value & 0xffff);
    this.plan();
  }

  /** @param {number} at @param {number} value */
  store8(at, value) {
    if (at >>> 24 === 0x20 && (at & 0xffffff) < RAM_SIZE) {
      this.ram8[at & 0xffffff] = value;
      return;
    }
    this.cycles += 3;
    this.sync();
    this.mcu.writeUint8(at >>> 0, value & 0xff);
    this.plan();
  }
}
