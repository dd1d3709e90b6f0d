/**
 * The boot ROM, as far as firmware calls it: a table of functions (RP2040 datasheet, section 2.8.3), each a breakpoint
 * and a return. What a function does is done by the simulator when the breakpoint is met.
 *
 * @typedef {(a: number, b: number, c: number, d: number) => number} RomFunction
 */

const FUNCTIONS = 0x100;
const FUNCTION_TABLE = 0x200;
const DATA_TABLE = 0x300;
const BX_LR = 0x4770;
const BKPT = 0xbe00;

export const ROM_SIZE = 0x4000;

export class Rom {
  /**
   * @param {import('rp2040js').RP2040} mcu
   * @param {import('./flash.js').Flash} flash
   */
  constructor(mcu, flash) {
    /** @type {RomFunction[]} by the number of their breakpoint */
    this.functions = [];
    const rom = new DataView(new ArrayBuffer(ROM_SIZE));
    /** @param {RomFunction} call */
    const add = (call) => {
      const at = FUNCTIONS + 4 * this.functions.length;
      rom.setUint16(at, BKPT | this.functions.length, true);
      rom.setUint16(at + 2, BX_LR, true);
      this.functions.push(call);
      return at | 1;
    };
    const lookUp = add((table, code) => {
      for (let at = table; mcu.readUint16(at); at += 4) {
        if (mcu.readUint16(at) === code) return mcu.readUint16(at + 2);
      }
      return 0;
    });
    rom.setUint32(0, 0x20041f00, true); // a stack, and where to begin: nothing starts here
    rom.setUint32(4, FUNCTIONS | 1, true);
    rom.setUint32(0x10, 0x0201754d, true); // "Mu", 1, version 2
    rom.setUint16(0x14, FUNCTION_TABLE, true);
    rom.setUint16(0x16, DATA_TABLE, true);
    rom.setUint16(0x18, lookUp, true);

    /** @type {RomFunction} */
    const copy = (to, from, size) => {
      for (let i = 0; i < size; i++) mcu.writeUint8(to + i, mcu.readUint8(from + i));
      return to;
    };
    /** @type {RomFunction} */
    const fill = (to, byte, size) => {
      for (let i = 0; i < size; i++) mcu.writeUint8(to + i, byte);
      return to;
    };
    /** @type {Record<string, RomFunction>} */
    const table = {
      // Connect the flash, leave XIP, flush its cache, enter XIP again: the flash is always there.
      IF: () => 0,
      EX: () => 0,
      FC: () => 0,
      CX: () => 0,
      RE: (at, length) => {
        flash.erase(at, length);
        return 0;
      },
      RP: (at, from, length) => {
        flash.program(
          at,
          Uint8Array.from({ length }, (_, i) => mcu.readUint8(from + i)),
        );
        return 0;
      },
      MC: copy,
      C4: copy,
      MS: fill,
      S4: fill,
    };
    let at = FUNCTION_TABLE;
    for (const [code, call] of Object.entries(table)) {
      rom.setUint16(at, code.charCodeAt(0) | (code.charCodeAt(1) << 8), true);
      rom.setUint16(at + 2, add(call), true);
      at += 4;
    }
    this.words = new Uint32Array(rom.buffer);
  }
}
