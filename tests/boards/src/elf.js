/**
 * An ELF file for a 32-bit little-endian machine in; what is loaded, and its symbols, out.
 *
 * @typedef {{ address: number, bytes: Uint8Array }} Segment
 * @typedef {{ name: string, value: number, section: string | undefined }} Symbol
 */

const PT_LOAD = 1;
const SHT_SYMTAB = 2;

export class Elf {
  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    /** @param {number} at */
    const u16 = (at) => view.getUint16(at, true);
    /** @param {number} at */
    const u32 = (at) => view.getUint32(at, true);
    if (bytes.length < 52 || u32(0) !== 0x464c457f || bytes[4] !== 1 || bytes[5] !== 1) {
      throw new Error('not an ELF file for a 32-bit little-endian machine');
    }
    /** @param {number} at */
    const text = (at) => Buffer.from(bytes.subarray(at, bytes.indexOf(0, at))).toString();

    /** @type {Segment[]} */
    this.segments = [];
    for (let i = 0, at = u32(28); i < u16(44); i++, at += u16(42)) {
      const [type, offset, physical, size] = [u32(at), u32(at + 4), u32(at + 12), u32(at + 16)];
      if (type === PT_LOAD && size) {
        this.segments.push({ address: physical, bytes: bytes.subarray(offset, offset + size) });
      }
    }

    const headers = [];
    for (let i = 0, at = u32(32); i < u16(48); i++, at += u16(46)) {
      headers.push({
        name: u32(at),
        type: u32(at + 4),
        offset: u32(at + 16),
        size: u32(at + 20),
        link: u32(at + 24),
      });
    }
    const names = headers[u16(50)].offset;
    /** @type {Symbol[]} */
    this.symbols = [];
    for (const { type, offset, size, link } of headers) {
      if (type !== SHT_SYMTAB) continue;
      for (let at = offset; at < offset + size; at += 16) {
        const section = headers[u16(at + 14)];
        this.symbols.push({
          name: text(headers[link].offset + u32(at)),
          value: u32(at + 4),
          section: section && text(names + section.name),
        });
      }
    }
  }

  /**
   * The value of the symbol of this name.
   * @param {string} name
   */
  symbol(name) {
    const found = this.symbols.find((symbol) => symbol.name === name);
    if (!found) throw new Error(`the image has no symbol ${name}`);
    return found.value;
  }
}
