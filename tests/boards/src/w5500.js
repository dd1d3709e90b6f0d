/**
 * A W5500 as its SPI pins show it (WIZnet's datasheet, version 1.1.0): socket 0 in MACRAW mode. The frames that it sends
 * come out by `onFrame`; those from the wire go in by `receive`.
 */

const COMMON = 0;
const SOCKET = 1;
const TX = 2;
const RX = 3;

// Of the common block.
const MR = 0x00;
const SHAR = 0x09;
const SIR = 0x17;
const SIMR = 0x18;
const PHYCFGR = 0x2e;
const VERSIONR = 0x39;
// Of the socket's block.
const SN_MR = 0x00;
const SN_CR = 0x01;
const SN_IR = 0x02;
const SN_SR = 0x03;
const SN_RXBUF_SIZE = 0x1e;
const SN_TXBUF_SIZE = 0x1f;
const SN_TX_FSR = 0x20;
const SN_TX_RD = 0x22;
const SN_TX_WR = 0x24;
const SN_RX_RSR = 0x26;
const SN_RX_RD = 0x28;
const SN_RX_WR = 0x2a;
const SN_IMR = 0x2c;

const OPEN = 0x01;
const CLOSE = 0x10;
const SEND = 0x20;
const RECV = 0x40;

const IR_RECV = 0x04;
const IR_SENDOK = 0x10;
const MODE_MACRAW = 4;
const SOCK_MACRAW = 0x42;
const MAC_FILTER = 0x80;
/** 100 Mbit/s, full duplex; its lowest bit is the link. */
const PHY = 0xbe;

export class W5500 {
  common = new Uint8Array();
  socket = new Uint8Array();
  tx = new Uint8Array();
  rx = new Uint8Array();
  txRead = 0;
  txWrite = 0;
  rxRead = 0;
  rxReadNext = 0;
  rxWrite = 0;
  /** @type {Uint8Array[]} frames that found no room, as a switch holds them back */
  waiting = [];
  count = 0;
  address = 0;
  control = 0;
  isPlugged = true;
  stats = { sent: 0, received: 0 };

  /** @param {{ onFrame: (frame: Uint8Array) => void, onInterrupt: (isRaised: boolean) => void }} wires */
  constructor({ onFrame, onInterrupt }) {
    this.onFrame = onFrame;
    this.onInterrupt = onInterrupt;
    this.reset();
  }

  reset() {
    this.common = new Uint8Array(0x40);
    this.common[VERSIONR] = 0x04;
    this.socket = new Uint8Array(0x30);
    this.socket[SN_RXBUF_SIZE] = this.socket[SN_TXBUF_SIZE] = 2;
    this.tx = new Uint8Array(0x4000);
    this.rx = new Uint8Array(0x4000);
    this.txRead = this.txWrite = this.rxRead = this.rxReadNext = this.rxWrite = 0;
    this.waiting = [];
    this.count = this.address = this.control = 0;
    this.plug(this.isPlugged);
    this.update();
  }

  /**
   * Plugs the cable in, or pulls it out.
   * @param {boolean} isPlugged
   */
  plug(isPlugged) {
    this.isPlugged = isPlugged;
    this.common[PHYCFGR] = PHY | Number(isPlugged);
  }

  /** @param {boolean} isSelected */
  select(isSelected) {
    if (isSelected) this.count = 0;
  }

  /**
   * A byte goes in while another comes out: two of address, one of control, then data.
   * @param {number} byte
   */
  exchange(byte) {
    switch (this.count++) {
      case 0:
        this.address = byte << 8;
        return 0x01;
      case 1:
        this.address |= byte;
        return 0x02;
      case 2:
        this.control = byte;
        return 0x03;
    }
    const block = this.control >> 3;
    const isWrite = (this.control & 4) !== 0;
    const address = this.address++ & 0xffff;
    if (!isWrite) return this.read(block, address);
    this.write(block, address, byte);
    return 0;
  }

  /** @param {number} block @param {number} address */
  read(block, address) {
    switch (block) {
      case COMMON:
        return address === SIR ? this.socketInterrupt : (this.common[address] ?? 0);
      case SOCKET:
        return this.readSocket(address);
      case TX:
        return this.tx[address & (this.txSize - 1)];
      case RX:
        return this.rx[address & (this.rxSize - 1)];
    }
    return 0;
  }

  /** @param {number} address */
  readSocket(address) {
    /** @param {number} value */
    const half = (value) => (address & 1 ? value & 0xff : (value >> 8) & 0xff);
    switch (address & ~1) {
      case SN_TX_FSR:
        return half(this.txSize - ((this.txWrite - this.txRead) & 0xffff));
      case SN_TX_RD:
        return half(this.txRead);
      case SN_TX_WR:
        return half(this.txWrite);
      case SN_RX_RSR:
        return half((this.rxWrite - this.rxRead) & 0xffff);
      case SN_RX_RD:
        return half(this.rxReadNext);
      case SN_RX_WR:
        return half(this.rxWrite);
    }
    return this.socket[address] ?? 0;
  }

  /** @param {number} block @param {number} address @param {number} byte */
  write(block, address, byte) {
    if (block === COMMON && address === MR && byte & 0x80) {
      this.reset();
      return;
    }
    if (block === COMMON && address < VERSIONR && address !== PHYCFGR) this.common[address] = byte;
    if (block === SOCKET) this.writeSocket(address, byte);
    if (block === TX) this.tx[address & (this.txSize - 1)] = byte;
    this.update();
  }

  /** @param {number} address @param {number} byte */
  writeSocket(address, byte) {
    switch (address) {
      case SN_CR:
        this.command(byte);
        return;
      case SN_IR:
        this.socket[SN_IR] &= ~byte;
        return;
      case SN_TX_WR:
        this.txWrite = (this.txWrite & 0x00ff) | (byte << 8);
        return;
      case SN_TX_WR + 1:
        this.txWrite = (this.txWrite & 0xff00) | byte;
        return;
      case SN_RX_RD:
        this.rxReadNext = (this.rxReadNext & 0x00ff) | (byte << 8);
        return;
      case SN_RX_RD + 1:
        this.rxReadNext = (this.rxReadNext & 0xff00) | byte;
        return;
    }
    if (address < SN_TX_FSR || address >= SN_IMR) this.socket[address] = byte;
  }

  /** @param {number} command */
  command(command) {
    switch (command) {
      case OPEN:
        if ((this.socket[SN_MR] & 0x0f) === MODE_MACRAW) this.socket[SN_SR] = SOCK_MACRAW;
        break;
      case CLOSE:
        this.socket[SN_SR] = 0;
        break;
      case SEND:
        this.send();
        break;
      case RECV:
        // What has been read is free. The interrupt comes again while there is more.
        this.rxRead = this.rxReadNext;
        this.fill();
        if (this.rxRead !== this.rxWrite) this.socket[SN_IR] |= IR_RECV;
        break;
    }
  }

  send() {
    const length = (this.txWrite - this.txRead) & 0xffff;
    const frame = Uint8Array.from({ length }, (_, i) => this.tx[(this.txRead + i) & (this.txSize - 1)]);
    this.txRead = this.txWrite;
    this.socket[SN_IR] |= IR_SENDOK;
    this.stats.sent++;
    if (this.isPlugged) this.onFrame(frame);
  }

  /** @param {Uint8Array} frame from the wire */
  receive(frame) {
    if (!this.isPlugged) return;
    this.waiting.push(frame);
    this.fill();
    this.update();
  }

  /** Takes frames in as long as there is room. */
  fill() {
    for (let frame = this.waiting[0]; frame; frame = this.waiting[0]) {
      if (this.socket[SN_SR] === SOCK_MACRAW && this.isForMe(frame)) {
        const length = frame.length + 2;
        if (length > this.rxSize - ((this.rxWrite - this.rxRead) & 0xffff)) return;
        this.store(length >> 8);
        this.store(length & 0xff);
        for (const byte of frame) this.store(byte);
        this.socket[SN_IR] |= IR_RECV;
        this.stats.received++;
      }
      this.waiting.shift();
    }
  }

  /** @param {number} byte */
  store(byte) {
    this.rx[this.rxWrite & (this.rxSize - 1)] = byte;
    this.rxWrite = (this.rxWrite + 1) & 0xffff;
  }

  /** @param {Uint8Array} frame */
  isForMe(frame) {
    if (!(this.socket[SN_MR] & MAC_FILTER) || frame[0] & 1) return true;
    return [0, 1, 2, 3, 4, 5].every((i) => frame[i] === this.common[SHAR + i]);
  }

  get txSize() {
    return this.socket[SN_TXBUF_SIZE] * 1024;
  }
  get rxSize() {
    return this.socket[SN_RXBUF_SIZE] * 1024;
  }
  get socketInterrupt() {
    return this.socket[SN_IR] & this.socket[SN_IMR] ? 1 : 0;
  }

  /** The interrupt is a level: there as long as its reason is. */
  update() {
    this.onInterrupt((this.socketInterrupt & this.common[SIMR]) !== 0);
  }
}
