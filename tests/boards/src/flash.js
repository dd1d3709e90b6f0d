/**
 * The flash chip: its array, which the functions of the boot ROM erase and program; its controller (SSI), by which the
 * firmware asks for its number; and the stream that reads it by DMA. Power can be lost after any byte of a write.
 */
import { Peripheral } from './peripheral.js';

/** Where the firmware keeps the cursor: the last 16 KB of 2 MB. */
export const KEPT = { from: (2048 - 16) * 1024, to: 2048 * 1024 };

export class PowerLost extends Error {}

export class Flash {
  /** @param {Uint8Array} bytes of the chip's memory */
  constructor(bytes) {
    this.bytes = bytes;
    this.erased = this.programmed = 0;
    /** How many bytes may still be erased, and programmed, until power is lost. */
    this.power = { erase: Number.POSITIVE_INFINITY, program: Number.POSITIVE_INFINITY };
  }

  /**
   * @param {number} at
   * @param {number} length
   */
  erase(at, length) {
    this.erased++;
    const done = Math.min(length, this.power.erase);
    this.power.erase -= done;
    this.bytes.fill(0xff, at, at + done);
    if (done === length) return;
    // Cells that were about to be erased read as some of their bits.
    for (let i = done; i < Math.min(length, done + 256); i++) this.bytes[at + i] |= (i * 0x9d) & 0xff;
    throw new PowerLost(`amid an erase, after ${done} bytes`);
  }

  /**
   * Bits can only be cleared.
   * @param {number} at
   * @param {Uint8Array} bytes
   */
  program(at, bytes) {
    this.programmed++;
    const done = Math.min(bytes.length, this.power.program);
    this.power.program -= done;
    for (let i = 0; i < done; i++) this.bytes[at + i] &= bytes[i];
    if (done < bytes.length) throw new PowerLost(`amid a write, after ${done} bytes`);
  }

  /** What outlasts a loss of power, and another image. */
  /** @returns {Uint8Array} */
  get kept() {
    return this.bytes.slice(KEPT.from, KEPT.to);
  }
  set kept(bytes) {
    this.bytes.set(bytes, KEPT.from);
  }
}

const CTRLR0 = 0x00;
const CTRLR1 = 0x04;
const SSIENR = 0x08;
const TXFLR = 0x20;
const RXFLR = 0x24;
const SR = 0x28;
const DR0 = 0x60;

/** The controller: commands that the flash chip answers byte by byte. */
export class Ssi extends Peripheral {
  /** @param {number[]} uniqueId */
  constructor(uniqueId) {
    super();
    this.uniqueId = uniqueId;
    /** @type {Map<number, number>} */
    this.registers = new Map();
    /** @type {number[]} */
    this.sent = [];
    /** @type {number[]} */
    this.received = [];
  }

  /** @override @param {number} offset */
  readUint32(offset) {
    switch (offset) {
      case SR: // the transmit queue is empty and not full
        return 0x06 | (this.received.length ? 0x08 : 0);
      case RXFLR:
        return this.received.length;
      case TXFLR:
        return 0;
      case DR0: {
        const byte = this.received.shift() ?? 0;
        if (!this.received.length) this.sent = [];
        return byte;
      }
    }
    return this.registers.get(offset) ?? 0;
  }

  /** @override @param {number} offset @param {number} value */
  writeUint32(offset, value) {
    if (offset === DR0) {
      this.command(value & 0xff);
      return;
    }
    if (offset === SSIENR && value === 0) this.sent = this.received = [];
    this.registers.set(offset, value);
  }

  /** @param {number} byte */
  command(byte) {
    this.sent = [...this.sent, byte];
    const isReadingAlone = (((this.registers.get(CTRLR0) ?? 0) >> 8) & 3) === 3;
    if (isReadingAlone) {
      const length = (this.registers.get(CTRLR1) ?? 0) + 1;
      this.received = Array.from({ length }, (_, i) => this.answer(this.sent[0], i + 1));
    } else {
      this.received = [...this.received, this.answer(this.sent[0], this.sent.length - 1)];
    }
  }

  /**
   * Byte `i` of what comes back, where byte 0 is the command's own.
   * @param {number} command
   * @param {number} i
   */
  answer(command, i) {
    switch (command) {
      case 0x4b: // read unique number, after four bytes of nothing
        return i >= 5 ? (this.uniqueId[i - 5] ?? 0) : 0;
      case 0x9f: // JEDEC number: a W25Q16
        return [0, 0xef, 0x70, 0x15][i] ?? 0;
      case 0x35: // status 2: quad mode is on
        return i ? 0x02 : 0;
    }
    return 0;
  }
}

const CTRL = 0x00;
const STAT = 0x08;
const STREAM_ADDR = 0x14;
const STREAM_CTR = 0x18;
const STREAM_FIFO = 0x1c;
const DREQ_XIP_STREAM = 37;

/** Reads of the flash in the background (XIP_CTRL), which DMA takes from XIP_AUX. */
export class XipStream extends Peripheral {
  /** @param {import('rp2040js').RP2040} mcu */
  constructor(mcu) {
    super();
    this.mcu = mcu;
    this.address = this.count = 0;
    const take = () => this.take();
    this.fifo = new (class extends Peripheral {
      /** @override */
      readUint32() {
        return take();
      }
    })();
  }

  /** @override @param {number} offset */
  readUint32(offset) {
    switch (offset) {
      case CTRL:
        return 3;
      case STAT: // flushed, queue full
        return 6;
      case STREAM_ADDR:
        return this.address;
      case STREAM_CTR:
        return this.count;
      case STREAM_FIFO:
        return this.take();
    }
    return 0;
  }

  /** @override @param {number} offset @param {number} value */
  writeUint32(offset, value) {
    if (offset === STREAM_ADDR) this.address = value & ~3;
    if (offset !== STREAM_CTR) return;
    this.count = value & 0x3fffff;
    if (this.count) this.mcu.dma.setDREQ(DREQ_XIP_STREAM);
    else this.mcu.dma.clearDREQ(DREQ_XIP_STREAM);
  }

  take() {
    if (!this.count) return 0;
    const word = this.mcu.flashView.getUint32(this.address & 0xffffff, true);
    this.address += 4;
    if (--this.count === 0) this.mcu.dma.clearDREQ(DREQ_XIP_STREAM);
    return word;
  }
}
