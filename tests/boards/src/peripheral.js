/** What the chip's address space asks a peripheral for. One that does not say more reads as 0 and forgets. */
export class Peripheral {
  /** @param {number} _offset @returns {number} */
  readUint32(_offset) {
    return 0;
  }

  /** @param {number} _offset @param {number} _value */
  writeUint32(_offset, _value) {}

  /**
   * A write to one of the aliases: the value itself, or bits to flip, to set or to clear.
   * @param {number} offset
   * @param {number} value
   * @param {number} alias
   */
  writeUint32Atomic(offset, value, alias) {
    const now = alias === 0 ? 0 : this.readUint32(offset);
    this.writeUint32(offset, [value, now ^ value, now | value, now & ~value][alias] >>> 0);
  }
}
