/**
 * What rp2040js 1.4.1 lacks or gets wrong, and embassy needs; repaired from outside. For each stands what happens
 * without. Registers that it lacks read as 0xffffffff there, so whoever polls one waits for ever.
 */
import { Peripheral } from './peripheral.js';

/**
 * @typedef {import('rp2040js').RP2040} RP2040
 * @typedef {import('rp2040js').RPPIO} Pio
 */

const BASE = { xipCtrl: 0x14000, xipAux: 0x50400, ssi: 0x18000, rosc: 0x40060, vreg: 0x40064 };

/**
 * Puts what is missing into the address space. `warn` is told what rp2040js complains of.
 *
 * @param {RP2040} mcu
 * @param {{ ssi: Peripheral, xip: import('./flash.js').XipStream, seed: number, warn: (text: string) => void }} parts
 */
export function repair(mcu, { ssi, xip, seed, warn }) {
  mcu.peripherals[BASE.ssi] = ssi;
  mcu.peripherals[BASE.xipCtrl] = xip;
  mcu.peripherals[BASE.xipAux] = xip.fifo;
  mcu.peripherals[BASE.rosc] = new RingOscillator(seed);
  mcu.peripherals[BASE.vreg] = new VoltageRegulator();
  mcu.logger = {
    debug() {},
    warn: (component, message) => warn(`${component}: ${message}`),
    error: (component, message) => warn(`${component}: ${message}`),
    // All that rp2040js does for SEV is to say so. Without this embassy's executor sleeps though a task has been woken.
    info(_component, message) {
      if (message === 'SEV') mcu.core.eventRegistered = true;
    },
  };
}

const WAITS_FOR_OUT = 5;
const SM_INSTR = 0x10; // from the first register of the machine

/** @param {Pio} pio */
export function repairPio(pio) {
  // It would run the state machines by a timer of Node, without regard to what time it is on the chip.
  pio.run = () => {};
  for (const machine of pio.machines) {
    // After a reset nothing is left to shift out: the first `out` must pull. It would shift out garbage instead.
    machine.outputShiftCount = 32;
    // An instruction from the processor takes the place of one that waits. It would never be executed.
    const write = machine.writeUint32.bind(machine);
    machine.writeUint32 = (offset, value) => {
      if (offset === SM_INSTR && machine.waiting) {
        machine.waiting = false;
        // Nor has an `out` that waited shifted anything.
        if (machine.waitType === WAITS_FOR_OUT) machine.outputShiftCount = 32;
      }
      write(offset, value);
    };
    // A machine that is off does not continue because something has come into its queue. It would swallow that.
    const check = machine.checkWait.bind(machine);
    machine.checkWait = () => {
      if (machine.enabled) check();
    };
  }
}

const ROSC_STATUS = 0x18;
const ROSC_RANDOMBIT = 0x1c;

/** Its random bit comes from xorshift: the same in each run with the same seed. With the seed 2³² - 1 it stands still. */
class RingOscillator extends Peripheral {
  /** @param {number} seed */
  constructor(seed) {
    super();
    this.state = seed >>> 0 || 1;
    /** @type {Map<number, number>} */
    this.registers = new Map();
  }

  /** @override @param {number} offset */
  readUint32(offset) {
    if (offset === ROSC_STATUS) return 0x80001000; // stable and enabled
    if (offset !== ROSC_RANDOMBIT) return this.registers.get(offset) ?? 0;
    if (this.state === 0xffffffff) return 1;
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x >>> 0;
    return (x >>> 7) & 1;
  }

  /** @override @param {number} offset @param {number} value */
  writeUint32(offset, value) {
    this.registers.set(offset, value);
  }
}

const IS_REGULATED = 0x1000;

class VoltageRegulator extends Peripheral {
  value = 0xb0;

  /** @override @param {number} offset */
  readUint32(offset) {
    return offset === 0 ? this.value | IS_REGULATED : 0;
  }

  /** @override @param {number} offset @param {number} value */
  writeUint32(offset, value) {
    if (offset === 0) this.value = value;
  }
}
