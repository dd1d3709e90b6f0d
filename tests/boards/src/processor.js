/**
 * The processor of rp2040js, run faster: a table says which instruction it is. Exceptions, interrupts and special registers
 * stay those of rp2040js. It counts how often each instruction in the flash was executed.
 *
 * # Limits
 *
 * A cycle for an instruction, one more for a load or store, one or two more for a branch, three or four more to reach
 * a peripheral; no waits for the flash. So the time is a lower bound, while the instructions are exact. There are no
 * faults: what would be one reads as 0xffffffff, and is among the board's warnings.
 */
import { Bus } from './bus.js';
import { OPCODES } from './opcodes.js';

export class Processor extends Bus {
  /**
   * @param {import('rp2040js').RP2040} mcu
   * @param {import('rp2040js').RPPIO | undefined} pio whose state machines run along
   */
  constructor(mcu, pio) {
    super(mcu, pio);
    this.R = new Int32Array(this.core.registers.buffer);
    /** How often the instruction at each halfword of the flash was executed. */
    this.counts = new Uint32Array(mcu.flash.length / 2);
    this.isStopped = false;
  }

  /**
   * Runs at most so many instructions; fewer if the processor sleeps or `isStopped` is set. Returns how many.
   * @param {number} limit
   */
  run(limit) {
    const { core, R, flash16, ram16, rom16, counts } = this;
    let pc = R[15] & ~1;
    let res = core.N ? -1 : core.Z ? 0 : 1,
      C = core.C ? 1 : 0,
      V = core.V ? 1 : 0;
    let left = limit;
    this.plan();

    const save = () => {
      R[15] = pc;
      core.N = res < 0;
      core.Z = res === 0;
      core.C = C !== 0;
      core.V = V !== 0;
    };
    const restore = () => {
      pc = R[15] & ~1;
      res = core.N ? -1 : core.Z ? 0 : 1;
      C = core.C ? 1 : 0;
      V = core.V ? 1 : 0;
    };
    /** @param {number} to */
    const jump = (to) => {
      if (to >>> 28 === 15 && core.currentMode === 1) {
        save();
        core.exceptionReturn(to & 0x0fffffff);
        restore();
      } else {
        pc = to & ~1;
      }
    };

    while (left > 0) {
      if (this.cycles >= this.budget) this.sync();
      if (core.interruptsUpdated) {
        save();
        core.checkForInterrupts();
        restore();
      }
      let op;
      if (pc >>> 24 === 0x10) {
        const at = (pc & 0xffffff) >>> 1;
        op = flash16[at];
        counts[at]++;
      } else {
        op = pc >>> 24 === 0x20 ? ram16[(pc & 0xffffff) >>> 1] : rom16[(pc & 0x3fff) >>> 1];
      }
      pc += 2;
      left--;
      this.cycles++;
      switch (OPCODES[op]) {
        case 1: {
          // lsli
          const x = R[(op >> 3) & 7],
            s = (op >> 6) & 31;
          if (s) C = (x >>> (32 - s)) & 1;
          R[op & 7] = res = x << s;
          break;
        }
        case 2: {
          // lsri
          const x = R[(op >> 3) & 7],
            s = (op >> 6) & 31;
          C = s ? (x >>> (s - 1)) & 1 : x >>> 31;
          R[op & 7] = res = s ? (x >>> s) | 0 : 0;
          break;
        }
        case 3: {
          // asri
          const x = R[(op >> 3) & 7],
            s = (op >> 6) & 31;
          C = s ? (x >> (s - 1)) & 1 : x >>> 31;
          R[op & 7] = res = s ? x >> s : x >> 31;
          break;
        }
        case 4: {
          // addr
          const a = R[(op >> 3) & 7],
            b = R[(op >> 6) & 7],
            r = (a + b) | 0;
          C = r >>> 0 < a >>> 0 ? 1 : 0;
          V = ((a ^ r) & (b ^ r)) >>> 31;
          R[op & 7] = res = r;
          break;
        }
        case 5: {
          // subr
          const a = R[(op >> 3) & 7],
            b = R[(op >> 6) & 7],
            r = (a - b) | 0;
          C = a >>> 0 >= b >>> 0 ? 1 : 0;
          V = ((a ^ b) & (a ^ r)) >>> 31;
          R[op & 7] = res = r;
          break;
        }
        case 6: {
          // addi3
          const a = R[(op >> 3) & 7],
            b = (op >> 6) & 7,
            r = (a + b) | 0;
          C = r >>> 0 < a >>> 0 ? 1 : 0;
          V = ((a ^ r) & (b ^ r)) >>> 31;
          R[op & 7] = res = r;
          break;
        }
        case 7: {
          // subi3
          const a = R[(op >> 3) & 7],
            b = (op >> 6) & 7,
            r = (a - b) | 0;
          C = a >>> 0 >= b ? 1 : 0;
          V = ((a ^ b) & (a ^ r)) >>> 31;
          R[op & 7] = res = r;
          break;
        }
        case 8:
          R[(op >> 8) & 7] = res = op & 255;
          break; // movi
        case 9: {
          // cmpi
          const a = R[(op >> 8) & 7],
            b = op & 255,
            r = (a - b) | 0;
          C = a >>> 0 >= b ? 1 : 0;
          V = ((a ^ b) & (a ^ r)) >>> 31;
          res = r;
          break;
        }
        case 10: {
          // addi8
          const a = R[(op >> 8) & 7],
            b = op & 255,
            r = (a + b) | 0;
          C = r >>> 0 < a >>> 0 ? 1 : 0;
          V = ((a ^ r) & (b ^ r)) >>> 31;
          R[(op >> 8) & 7] = res = r;
          break;
        }
        case 11: {
          // subi8
          const a = R[(op >> 8) & 7],
            b = op & 255,
            r = (a - b) | 0;
          C = a >>> 0 >= b ? 1 : 0;
          V = ((a ^ b) & (a ^ r)) >>> 31;
          R[(op >> 8) & 7] = res = r;
          break;
        }
        case 12:
          R[op & 7] = res = R[op & 7] & R[(op >> 3) & 7];
          break; // and
        case 13:
          R[op & 7] = res = R[op & 7] ^ R[(op >> 3) & 7];
          break; // eor
        case 14: {
          // lslr
          const x = R[op & 7],
            s = R[(op >> 3) & 7] & 255;
          if (s) C = s < 32 ? (x >>> (32 - s)) & 1 : s === 32 ? x & 1 : 0;
          R[op & 7] = res = s < 32 ? x << s : 0;
          break;
        }
        case 15: {
          // lsrr
          const x = R[op & 7],
            s = R[(op >> 3) & 7] & 255;
          if (s) C = s < 33 ? (x >>> (s - 1)) & 1 : 0;
          R[op & 7] = res = s < 32 ? (x >>> s) | 0 : 0;
          break;
        }
        case 16: {
          // asrr
          const x = R[op & 7],
            s = R[(op >> 3) & 7] & 255;
          if (s) C = s < 32 ? (x >> (s - 1)) & 1 : x >>> 31;
          R[op & 7] = res = s < 32 ? x >> s : x >> 31;
          break;
        }
        case 17: {
          // adc
          const a = R[op & 7],
            b = R[(op >> 3) & 7],
            full = (a >>> 0) + (b >>> 0) + C,
            r = full | 0;
          C = full > 0xffffffff ? 1 : 0;
          V = ((a ^ r) & (b ^ r)) >>> 31;
          R[op & 7] = res = r;
          break;
        }
        case 18: {
          // sbc
          const a = R[op & 7],
            b = ~R[(op >> 3) & 7],
            full = (a >>> 0) + (b >>> 0) + C,
            r = full | 0;
          C = full > 0xffffffff ? 1 : 0;
          V = ((a ^ r) & (b ^ r)) >>> 31;
          R[op & 7] = res = r;
          break;
        }
        case 19: {
          // rorr
          const x = R[op & 7],
            s = R[(op >> 3) & 7] & 255,
            t = s & 31;
          res = t ? (x >>> t) | (x << (32 - t)) : x;
          if (s) C = res >>> 31;
          R[op & 7] = res;
          break;
        }
        case 20:
          res = R[op & 7] & R[(op >> 3) & 7];
          break; // tst
        case 21: {
          // rsb
          const b = R[(op >> 3) & 7],
            r = -b | 0;
          C = b === 0 ? 1 : 0;
          V = (b & r) >>> 31;
          R[op & 7] = res = r;
          break;
        }
        case 22: {
          // cmpr
          const a = R[op & 7],
            b = R[(op >> 3) & 7],
            r = (a - b) | 0;
          C = a >>> 0 >= b >>> 0 ? 1 : 0;
          V = ((a ^ b) & (a ^ r)) >>> 31;
          res = r;
          break;
        }
        case 23: {
          // cmn
          const a = R[op & 7],
            b = R[(op >> 3) & 7],
            r = (a + b) | 0;
          C = r >>> 0 < a >>> 0 ? 1 : 0;
          V = ((a ^ r) & (b ^ r)) >>> 31;
          res = r;
          break;
        }
        case 24:
          R[op & 7] = res = R[op & 7] | R[(op >> 3) & 7];
          break; // orr
        case 25:
          R[op & 7] = res = Math.imul(R[op & 7], R[(op >> 3) & 7]);
          break; // mul
        case 26:
          R[op & 7] = res = R[op & 7] & ~R[(op >> 3) & 7];
          break; // bic
        case 27:
          R[op & 7] = res = ~R[(op >> 3) & 7];
          break; // mvn
        case 28: {
          // addh
          const d = (op & 7) | ((op >> 4) & 8),
            m = (op >> 3) & 15;
          const a = d === 15 ? pc + 2 : R[d],
            b = m === 15 ? pc + 2 : R[m];
          if (d === 15) {
            pc = (a + b) & ~1;
            this.cycles++;
          } else R[d] = d === 13 ? (a + b) & ~3 : a + b;
          break;
        }
        case 29: {
          // cmph
          const n = (op & 7) | ((op >> 4) & 8),
            a = R[n],
            b = R[(op >> 3) & 15],
            r = (a - b) | 0;
          C = a >>> 0 >= b >>> 0 ? 1 : 0;
          V = ((a ^ b) & (a ^ r)) >>> 31;
          res = r;
          break;
        }
        case 30: {
          // movh
          const d = (op & 7) | ((op >> 4) & 8),
            m = (op >> 3) & 15,
            x = m === 15 ? pc + 2 : R[m];
          if (d === 15) {
            pc = x & ~1;
            this.cycles++;
          } else R[d] = d === 13 ? x & ~3 : x;
          break;
        }
        case 31:
          this.cycles++;
          jump(R[(op >> 3) & 15]);
          break; // bx
        case 32: {
          // blx
          const to = R[(op >> 3) & 15];
          R[14] = pc | 1;
          pc = to & ~1;
          this.cycles++;
          break;
        }
        case 33:
          R[(op >> 8) & 7] = this.load32(((pc + 2) & ~3) + ((op & 255) << 2));
          this.cycles++;
          break; // ldrpc
        case 34:
          this.cycles++;
          this.store32(R[(op >> 3) & 7] + R[(op >> 6) & 7], R[op & 7]);
          break;
        case 35:
          this.cycles++;
          this.store16(R[(op >> 3) & 7] + R[(op >> 6) & 7], R[op & 7]);
          break;
        case 36:
          this.cycles++;
          this.store8(R[(op >> 3) & 7] + R[(op >> 6) & 7], R[op & 7]);
          break;
        case 37:
          this.cycles++;
          R[op & 7] = (this.load8(R[(op >> 3) & 7] + R[(op >> 6) & 7]) << 24) >> 24;
          break;
        case 38:
          this.cycles++;
          R[op & 7] = this.load32(R[(op >> 3) & 7] + R[(op >> 6) & 7]);
          break;
        case 39:
          this.cycles++;
          R[op & 7] = this.load16(R[(op >> 3) & 7] + R[(op >> 6) & 7]);
          break;
        case 40:
          this.cycles++;
          R[op & 7] = this.load8(R[(op >> 3) & 7] + R[(op >> 6) & 7]);
          break;
        case 41:
          this.cycles++;
          R[op & 7] = (this.load16(R[(op >> 3) & 7] + R[(op >> 6) & 7]) << 16) >> 16;
          break;
        case 42:
          this.cycles++;
          this.store32(R[(op >> 3) & 7] + ((op >> 4) & 0x7c), R[op & 7]);
          break; // stri
        case 43:
          this.cycles++;
          R[op & 7] = this.load32(R[(op >> 3) & 7] + ((op >> 4) & 0x7c));
          break; // ldri
        case 44:
          this.cycles++;
          this.store8(R[(op >> 3) & 7] + ((op >> 6) & 31), R[op & 7]);
          break; // strbi
        case 45:
          this.cycles++;
          R[op & 7] = this.load8(R[(op >> 3) & 7] + ((op >> 6) & 31));
          break; // ldrbi
        case 46:
          this.cycles++;
          this.store16(R[(op >> 3) & 7] + ((op >> 5) & 0x3e), R[op & 7]);
          break; // strhi
        case 47:
          this.cycles++;
          R[op & 7] = this.load16(R[(op >> 3) & 7] + ((op >> 5) & 0x3e));
          break; // ldrhi
        case 48:
          this.cycles++;
          this.store32(R[13] + ((op & 255) << 2), R[(op >> 8) & 7]);
          break; // strsp
        case 49:
          this.cycles++;
          R[(op >> 8) & 7] = this.load32(R[13] + ((op & 255) << 2));
          break; // ldrsp
        case 50:
          R[(op >> 8) & 7] = ((pc + 2) & ~3) + ((op & 255) << 2);
          break; // adr
        case 51:
          R[(op >> 8) & 7] = R[13] + ((op & 255) << 2);
          break; // addsp
        case 52:
          R[13] += (op & 127) << 2;
          break; // spadd
        case 53:
          R[13] -= (op & 127) << 2;
          break; // spsub
        case 54:
          R[op & 7] = (R[(op >> 3) & 7] << 16) >> 16;
          break; // sxth
        case 55:
          R[op & 7] = (R[(op >> 3) & 7] << 24) >> 24;
          break; // sxtb
        case 56:
          R[op & 7] = R[(op >> 3) & 7] & 0xffff;
          break; // uxth
        case 57:
          R[op & 7] = R[(op >> 3) & 7] & 0xff;
          break; // uxtb
        case 58: {
          // push
          let at = R[13];
          if (op & 0x100) {
            at -= 4;
            this.store32(at, R[14]);
          }
          for (let i = 7; i >= 0; i--) {
            if (op & (1 << i)) {
              at -= 4;
              this.store32(at, R[i]);
              this.cycles++;
            }
          }
          R[13] = at;
          break;
        }
        case 59: {
          // pop
          let at = R[13];
          for (let i = 0; i < 8; i++)
            if (op & (1 << i)) {
              R[i] = this.load32(at);
              at += 4;
              this.cycles++;
            }
          if (op & 0x100) {
            const to = this.load32(at);
            R[13] = at + 4;
            this.cycles += 2;
            jump(to);
          } else {
            R[13] = at;
          }
          break;
        }
        case 60:
          core.PM = (op & 0x10) !== 0;
          core.interruptsUpdated = true;
          break; // cps
        case 61: {
          // rev
          const x = R[(op >> 3) & 7];
          R[op & 7] = (x << 24) | ((x & 0xff00) << 8) | ((x >>> 8) & 0xff00) | (x >>> 24);
          break;
        }
        case 62: {
          // rev16
          const x = R[(op >> 3) & 7];
          R[op & 7] = ((x & 0x00ff00ff) << 8) | ((x >>> 8) & 0x00ff00ff);
          break;
        }
        case 63: {
          // revsh
          const x = R[(op >> 3) & 7];
          R[op & 7] = (((x & 0xff) << 24) >> 16) | ((x >>> 8) & 0xff);
          break;
        }
        case 64:
        case 69: // bkpt, udf
          save();
          this.sync();
          this.mcu.onBreak(op & 255);
          restore();
          if (this.isStopped) left = 0;
          break;
        case 65: // hint
          if (op === 0xbf20) {
            // wfe
            if (core.eventRegistered) core.eventRegistered = false;
            else core.waiting = true;
          } else if (op === 0xbf30) {
            // wfi
            core.waiting = true;
          } else if (op === 0xbf40) {
            // sev
            core.eventRegistered = true;
          }
          if (core.waiting) {
            save();
            this.sync();
            if (core.waiting && core.checkForInterrupts()) core.waiting = false;
            if (core.waiting) return limit - left;
            restore();
          }
          break;
        case 66: {
          // stm
          const n = (op >> 8) & 7;
          let at = R[n];
          for (let i = 0; i < 8; i++)
            if (op & (1 << i)) {
              this.store32(at, R[i]);
              at += 4;
              this.cycles++;
            }
          R[n] = at;
          break;
        }
        case 67: {
          // ldm
          const n = (op >> 8) & 7;
          let at = R[n];
          for (let i = 0; i < 8; i++)
            if (op & (1 << i)) {
              R[i] = this.load32(at);
              at += 4;
              this.cycles++;
            }
          if (!(op & (1 << n))) R[n] = at;
          break;
        }
        case 68: {
          // bcond
          let is;
          switch ((op >> 9) & 7) {
            case 0:
              is = res === 0;
              break;
            case 1:
              is = C !== 0;
              break;
            case 2:
              is = res < 0;
              break;
            case 3:
              is = V !== 0;
              break;
            case 4:
              is = C !== 0 && res !== 0;
              break;
            case 5:
              is = res < 0 === (V !== 0);
              break;
            default:
              is = res < 0 === (V !== 0) && res !== 0;
          }
          if (is !== ((op & 0x100) !== 0)) {
            pc += 2 + ((op << 24) >> 23);
            this.cycles++;
          }
          break;
        }
        case 70:
          core.pendingSVCall = true;
          core.interruptsUpdated = true;
          break; // svc
        case 71:
          pc += 2 + ((op << 21) >> 20);
          this.cycles++;
          break; // b
        case 72: {
          // wide
          const low =
            pc >>> 24 === 0x10
              ? flash16[(pc & 0xffffff) >>> 1]
              : pc >>> 24 === 0x20
                ? ram16[(pc & 0xffffff) >>> 1]
                : rom16[(pc & 0x3fff) >>> 1];
          pc += 2;
          if (op >> 11 === 0b11110 && (low & 0xd000) === 0xd000) {
            // bl
            const s = (op >> 10) & 1,
              i1 = ~((low >> 13) ^ s) & 1,
              i2 = ~((low >> 11) ^ s) & 1;
            const offset = (-s << 24) | (i1 << 23) | (i2 << 22) | ((op & 0x3ff) << 12) | ((low & 0x7ff) << 1);
            R[14] = pc | 1;
            pc += offset;
            this.cycles += 2;
          } else if (op === 0xf3bf) {
            // dmb, dsb, isb
            this.cycles += 2;
          } else if (op === 0xf3ef) {
            // mrs
            save();
            R[(low >> 8) & 15] = core.readSpecialRegister(low & 255);
            this.cycles += 2;
          } else if (op >> 4 === 0xf38) {
            // msr
            save();
            core.writeSpecialRegister(low & 255, core.registers[op & 15]);
            restore();
            this.cycles += 2;
          } else {
            save();
            this.mcu.onBreak(0x100);
            restore();
            if (this.isStopped) left = 0;
          }
          break;
        }
        default:
          save();
          this.mcu.onBreak(0x101);
          restore();
          if (this.isStopped) left = 0;
      }
    }
    save();
    this.sync();
    return limit - left;
  }
}
