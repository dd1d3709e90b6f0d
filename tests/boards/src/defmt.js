/**
 * The bytes that defmt-rtt writes in, lines of the log out: as much of defmt's wire format 4 as the firmware uses.
 * The texts are not among the bytes; they are the names of symbols in the section `.defmt` of the image.
 *
 * @typedef {{ level: string, time: string, text: string }} Line
 * @typedef {{ index: number, type: string, hint: string }} Parameter
 */

/** A parameter, or one of the two braces that stand for themselves. */
const PARTS = /\{\{|\}\}|\{(\d*)(?:=([^:}]*))?(?::([^}]*))?\}/g;

export class Defmt {
  /**
   * @param {import('./elf.js').Elf} elf
   * @param {(line: Line) => void} onLine
   */
  constructor(elf, onLine) {
    this.onLine = onLine;
    /** @type {Map<number, { tag: string, data: string }>} */
    this.table = new Map();
    this.timestamp = '';
    for (const { name, value, section } of elf.symbols) {
      if (section !== '.defmt' || !name.startsWith('{')) continue;
      const { tag, data } = JSON.parse(name);
      if (tag === 'defmt_timestamp') this.timestamp = data;
      this.table.set(value, { tag, data });
    }
    /** @type {number[]} */
    this.pending = [];
    this.bytes = Buffer.alloc(0);
    this.at = 0;
  }

  /** @param {Iterable<number>} bytes */
  push(bytes) {
    for (const byte of bytes) {
      if (byte !== 0) {
        this.pending.push(byte);
        continue;
      }
      if (this.pending.length) this.frame(unpack(this.pending));
      this.pending = [];
    }
  }

  /** @param {number[]} bytes */
  frame(bytes) {
    // Zeros at the end are not written.
    this.bytes = Buffer.from([...bytes, ...new Array(16).fill(0)]);
    this.at = 0;
    const { tag, data } = this.string(this.unsigned(2));
    const time = this.format(this.timestamp);
    this.onLine({ level: tag.replace('defmt_', '').toUpperCase(), time, text: this.format(data) });
  }

  /** @param {number} size */
  unsigned(size) {
    const at = this.at;
    this.at += size;
    return size === 8 ? Number(this.bytes.readBigUInt64LE(at)) : this.bytes.readUIntLE(at, size);
  }

  /** @param {number} size */
  signed(size) {
    const at = this.at;
    this.at += size;
    return size === 8 ? Number(this.bytes.readBigInt64LE(at)) : this.bytes.readIntLE(at, size);
  }

  /** @param {number} index */
  string(index) {
    const found = this.table.get(index);
    if (!found)
      throw new Error(`the log names text ${index}, and the image has none: it is not from this image`);
    return found;
  }

  /** @param {number} length */
  text(length) {
    const at = this.at;
    this.at += length;
    return this.bytes.toString('utf8', at, at + length);
  }

  /** What a formatter wrote in pieces: it ends with a byte that is none of UTF-8. */
  written() {
    const text = this.text(this.bytes.indexOf(0xff, this.at) - this.at);
    this.at += 1;
    return text;
  }

  /**
   * The values come in the order of their numbers; the text may name them in another.
   * @param {string} template
   */
  format(template) {
    let next = 0;
    /** @type {Parameter[]} */
    const parameters = [];
    for (const [part, index, type, hint] of template.matchAll(PARTS)) {
      if (part === '{{' || part === '}}') continue;
      parameters.push({ index: index ? Number(index) : next++, type: type ?? '?', hint: hint ?? '' });
    }
    /** @type {(string | number | boolean)[]} */
    const values = [];
    for (const { index, type } of [...parameters].sort((a, b) => a.index - b.index)) {
      values[index] ??= this.value(type);
    }
    let at = 0;
    return template.replace(PARTS, (part) => {
      if (part === '{{' || part === '}}') return part[0];
      const { index, hint } = parameters[at++];
      const value = values[index];
      if (hint === 'us') return (Number(value) / 1e6).toFixed(6);
      if (/^#?0?\d*x$/.test(hint)) return Number(value).toString(16);
      return String(value);
    });
  }

  /**
   * @param {string} type
   * @returns {string | number | boolean}
   */
  value(type) {
    switch (type) {
      case 'u8':
        return this.unsigned(1);
      case 'u16':
        return this.unsigned(2);
      case 'u32':
      case 'usize':
        return this.unsigned(4);
      case 'u64':
        return this.unsigned(8);
      case 'i8':
        return this.signed(1);
      case 'i16':
        return this.signed(2);
      case 'i32':
      case 'isize':
        return this.signed(4);
      case 'i64':
        return this.signed(8);
      case 'bool':
        return this.unsigned(1) !== 0;
      case 'str':
        return this.text(this.unsigned(4));
      case 'istr':
        return this.string(this.unsigned(2)).data;
      case '[u8]':
        return `[${Array.from({ length: this.unsigned(4) }, () => this.unsigned(1)).join(', ')}]`;
      case '?':
        return this.nested();
      case '__internal_Debug':
      case '__internal_Display':
        return this.written();
      case '__internal_FormatSequence':
        return this.sequence();
    }
    throw new Error(`the log has a value of type ${type}: src/defmt.js does not know it`);
  }

  sequence() {
    let text = '';
    for (let index = this.unsigned(2); index; index = this.unsigned(2)) {
      text += this.variant(this.string(index).data);
    }
    return text;
  }

  nested() {
    return this.variant(this.string(this.unsigned(2)).data);
  }

  /**
   * Of a derived enum, `A|B {=u8}`, and which of them it is.
   * @param {string} data
   */
  variant(data) {
    if (!data.includes('|')) return this.format(data);
    const variants = data.split('|');
    return this.format(variants[this.unsigned(variants.length <= 256 ? 1 : 2)]);
  }
}

/**
 * rzCOBS, which is read from its end.
 * @param {number[]} frame
 */
function unpack(frame) {
  /** @type {number[]} */
  const out = [];
  let at = frame.length;
  const take = () => (at > 0 ? frame[--at] : 0);
  while (at > 0) {
    const code = take();
    if (code <= 0x7f) {
      for (let bit = 6; bit >= 0; bit--) out.push(code & (1 << bit) ? 0 : take());
    } else if (code <= 0xfe) {
      out.push(0);
      for (let left = (code & 0x7f) + 7; left; left--) out.push(take());
    } else {
      for (let left = 134; left; left--) out.push(take());
    }
  }
  return out.reverse();
}
