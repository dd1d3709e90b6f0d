/**
 * A CYW43439, the radio of a Pico W, as its wires show it: the half-duplex gSPI bus bit by bit, the registers that its
 * driver looks at, ioctls that all succeed, and an access point that lets everybody in.
 *
 * # Limits
 *
 * No code of the radio's own firmware runs: what is loaded is taken and not looked at, so zeros do. No handshake of
 * WPA, no scan, no Bluetooth.
 */

const WLC_SET_SSID = 26;
const WLC_SET_WSEC = 134;
const WLC_GET_VAR = 262;
const WLC_SET_VAR = 263;

// Events, and how they end.
const SET_SSID = 0;
const JOIN = 1;
const AUTH = 3;
const LINK = 16;
const PSK_SUP = 46;
const SUCCESS = 0;
const NO_NETWORKS = 3;
const KEYED = 6;

// Functions of the bus.
const BUS = 0;
const BACKPLANE = 1;
const WLAN = 2;

// Channels of SDPCM.
const CONTROL = 0;
const EVENT = 1;
const DATA = 2;

const BUS_INTERRUPT = 0x04;
const BUS_STATUS = 0x08;
const BUS_TEST = 0x14;
const WINDOW = 0x1000a;
const CLOCK_CSR = 0x1000e;
const CLOCKS_RUN = 0xc0;

export class Cyw43 {
  mac = [0x02, 0, 0, 0x43, 0x43, 0x90];
  stats = { sent: 0, received: 0 };
  isInReach = true;
  isJoined = false;
  isSecure = false;
  /** Words have 32 bits, and not two times 16. */
  isWide = false;
  isSelected = false;
  bus = new Uint8Array();
  /** @type {Map<number, number>} bytes of the backplane's registers */
  registers = new Map();
  /** @type {Map<number, number>} bytes of what is behind the backplane's window */
  memory = new Map();
  /** @type {Uint8Array[]} for the host */
  packets = [];
  credit = 8;
  sequence = 0;
  /** Of the transfer: the word that comes bit by bit, those that have come, and what is answered. */
  shift = 0;
  count = 0;
  /** @type {number[]} */
  words = [];
  /** @type {{ words: number[], bit: number } | undefined} */
  answer = undefined;

  /**
   * @param {object} wires
   * @param {(frame: Uint8Array) => void} wires.onFrame
   * @param {(isOn: boolean) => void} wires.onLamp
   * @param {(level: boolean) => void} wires.drive the data line
   */
  constructor({ onFrame, onLamp, drive }) {
    this.onFrame = onFrame;
    this.onLamp = onLamp;
    this.drive = drive;
    this.reset();
  }

  reset() {
    this.isWide = this.isJoined = this.isSecure = false;
    this.bus = new Uint8Array(0x20);
    new DataView(this.bus.buffer).setUint32(BUS_TEST, 0xfeedbead, true);
    this.registers.clear();
    this.memory.clear();
    this.packets = [];
    this.credit = 8;
    this.sequence = 0;
    this.select(false);
  }

  /** @param {boolean} isSelected */
  select(isSelected) {
    this.isSelected = isSelected;
    this.shift = this.count = 0;
    this.words = [];
    this.answer = undefined;
    // Between two transfers the line says whether there is something for the host.
    this.drive(!isSelected && this.packets.length > 0);
  }

  /**
   * The clock rises: a bit from the host counts now.
   * @param {boolean} bit
   */
  rise(bit) {
    if (!this.isSelected || this.answer) return;
    this.shift = ((this.shift << 1) | Number(bit)) >>> 0;
    if (++this.count < 32) return;
    this.words.push(this.isWide ? this.shift : swap(this.shift));
    this.count = this.shift = 0;

    const command = this.words[0];
    const [isWrite, length] = [command >>> 31 === 1, command & 0x7ff];
    if (isWrite && this.words.length < 1 + Math.max(1, Math.ceil(length / 4))) return;
    const [which, address] = [(command >>> 28) & 3, (command >>> 11) & 0x1ffff];
    const { isWide } = this;
    /** @type {number[]} */
    let data = [];
    if (isWrite) {
      this.write(which, address, toBytes(this.words.slice(1)).subarray(0, length));
    } else {
      data = toWords(this.read(which, address, length));
      if (which === BACKPLANE) data.unshift(0); // it takes its time
    }
    const words = [...data, this.status].map((word) => (isWide ? word : swap(word)));
    this.answer = { words, bit: 0 };
  }

  /** The clock falls: the next bit for the host is put on the wire. */
  fall() {
    const { answer } = this;
    if (!this.isSelected || !answer) return;
    const word = answer.words[answer.bit >> 5] ?? 0;
    this.drive(((word >>> (31 - (answer.bit & 31))) & 1) === 1);
    answer.bit++;
  }

  /** Ready for packets; whether there is one for the host, and how long it is. */
  get status() {
    return 0x20 | (this.packets.length ? 0x100 | (this.packets[0].length << 9) : 0);
  }

  /** @param {number} which @param {number} address @param {number} length */
  read(which, address, length) {
    const out = new Uint8Array(Math.max(length, 1));
    if (which === WLAN) {
      out.set((this.packets.shift() ?? out).subarray(0, length));
      return out;
    }
    return out.map((_, i) => (which === BUS ? this.readBus(address + i) : this.readBackplane(address + i)));
  }

  /** @param {number} address */
  readBus(address) {
    if (address === BUS_INTERRUPT) return this.packets.length ? 0x20 : 0;
    if (address >= BUS_STATUS && address < BUS_STATUS + 4)
      return (this.status >>> (8 * (address - BUS_STATUS))) & 255;
    return this.bus[address] ?? 0;
  }

  /** @param {number} address */
  readBackplane(address) {
    if (address === CLOCK_CSR) return (this.registers.get(CLOCK_CSR) ?? 0) | CLOCKS_RUN;
    if (address >= 0x10000) return this.registers.get(address) ?? 0;
    return this.memory.get(this.window + (address & 0x7fff)) ?? 0;
  }

  get window() {
    const [low, middle, high] = [0, 1, 2].map((i) => this.registers.get(WINDOW + i) ?? 0);
    return ((high << 24) | (middle << 16) | (low << 8)) >>> 0;
  }

  /** @param {number} which @param {number} address @param {Uint8Array} bytes */
  write(which, address, bytes) {
    if (which === WLAN) {
      this.take(bytes);
      return;
    }
    for (const [i, byte] of bytes.entries()) {
      const at = address + i;
      if (which === BACKPLANE && at >= 0x10000) this.registers.set(at, byte);
      else if (which === BACKPLANE) this.memory.set(this.window + (at & 0x7fff), byte);
      else if (at !== BUS_INTERRUPT && at !== BUS_INTERRUPT + 1) this.bus[at] = byte;
    }
    if (which === BUS && address === 0) this.isWide = (bytes[0] & 1) === 1;
  }

  /**
   * A packet of SDPCM from the host: an ioctl, or a frame.
   * @param {Uint8Array} bytes
   */
  take(bytes) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const length = view.getUint16(0, true);
    if ((length ^ view.getUint16(2, true)) !== 0xffff) return;
    const [sequence, channel, head] = [bytes[4], bytes[5] & 15, bytes[7]];
    this.credit = (sequence + 9) & 255;
    if (channel === DATA) {
      this.stats.sent++;
      this.send(DATA, new Uint8Array()); // nothing but the credit
      if (this.isJoined) this.onFrame(bytes.slice(head + 4 + 4 * bytes[head + 3], length));
    }
    if (channel === CONTROL) this.ioctl(view, head, bytes.slice(head + 16, length));
  }

  /** @param {DataView} view @param {number} head @param {Uint8Array} payload */
  ioctl(view, head, payload) {
    const command = view.getUint32(head, true);
    const size = view.getUint32(head + 4, true);
    const name =
      command === WLC_GET_VAR || command === WLC_SET_VAR
        ? Buffer.from(payload).toString('latin1').split('\0')[0]
        : '';
    const answer = new Uint8Array(16 + size);
    const cdc = new DataView(answer.buffer);
    cdc.setUint32(0, command, true);
    cdc.setUint32(4, size, true);
    cdc.setUint16(10, view.getUint16(head + 10, true), true);
    if (name === 'cur_etheraddr') answer.set(this.mac.slice(0, size), 16);
    this.send(CONTROL, answer);
    if (name === 'gpioout') this.onLamp((payload[12] & 1) === 1);
    if (command === WLC_SET_WSEC) this.isSecure = payload[0] !== 0;
    if (command === WLC_SET_SSID) this.join();
  }

  join() {
    if (!this.isInReach) {
      this.tell(SET_SSID, NO_NETWORKS);
      return;
    }
    this.isJoined = true;
    this.tell(AUTH, SUCCESS);
    this.tell(LINK, SUCCESS, 1);
    this.tell(JOIN, SUCCESS);
    if (this.isSecure) this.tell(PSK_SUP, KEYED);
    this.tell(SET_SSID, SUCCESS);
  }

  /**
   * The access point comes into reach, or goes away.
   * @param {boolean} isInReach
   */
  plug(isInReach) {
    this.isInReach = isInReach;
    if (isInReach || !this.isJoined) return;
    this.isJoined = false;
    this.tell(LINK, SUCCESS, 0);
  }

  /** @param {number} type @param {number} status @param {number} [flags] */
  tell(type, status, flags = 0) {
    const bytes = Buffer.alloc(4 + 14 + 10 + 48);
    bytes[0] = 0x20; // BDC, version 2
    bytes.writeUInt16BE(0x886c, 16);
    bytes.writeUInt16BE(0x8001, 18);
    bytes.writeUInt16BE(58, 20);
    bytes.set([0, 0x10, 0x18], 23);
    bytes.writeUInt16BE(1, 26);
    bytes.writeUInt16BE(2, 28);
    bytes.writeUInt16BE(flags, 30);
    bytes.writeUInt32BE(type, 32);
    bytes.writeUInt32BE(status, 36);
    this.send(EVENT, bytes);
  }

  /** @param {Uint8Array} frame from the air */
  receive(frame) {
    if (!this.isJoined) return;
    this.stats.received++;
    this.send(DATA, Buffer.concat([Buffer.from([0x20, 0, 0, 0]), frame]));
  }

  /** @param {number} channel @param {Uint8Array} payload */
  send(channel, payload) {
    const length = 12 + payload.length;
    const packet = new Uint8Array(length);
    const view = new DataView(packet.buffer);
    view.setUint16(0, length, true);
    view.setUint16(2, ~length & 0xffff, true);
    packet[4] = this.sequence++ & 255;
    packet[5] = channel;
    packet[7] = 12;
    packet[9] = this.credit;
    packet.set(payload, 12);
    this.packets.push(packet);
    if (!this.isSelected) this.drive(true);
  }
}

/**
 * The halves of a word change places.
 * @param {number} word
 */
function swap(word) {
  return ((word << 16) | (word >>> 16)) >>> 0;
}

/** @param {number[]} words */
function toBytes(words) {
  const view = new DataView(new ArrayBuffer(4 * words.length));
  for (const [i, word] of words.entries()) view.setUint32(4 * i, word, true);
  return new Uint8Array(view.buffer);
}

/** @param {Uint8Array} bytes */
function toWords(bytes) {
  const padded = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
  padded.set(bytes);
  const view = new DataView(padded.buffer);
  return Array.from({ length: padded.length / 4 }, (_, i) => view.getUint32(4 * i, true));
}
