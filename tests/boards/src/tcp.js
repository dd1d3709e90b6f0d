/**
 * A TCP connection of the guest on one side (RFC 9293), a socket to 127.0.0.1 on the other. As the link between
 * guest and host loses nothing, nothing is sent twice here.
 *
 * @typedef {{ seq: number, ack: number, flags: number, window: number, data: Buffer }} Segment
 *
 * @typedef {object} Wires
 * @property {(head: Buffer, options: Buffer, data: Buffer) => void} reply with a segment, whose ports are to be filled in
 * @property {() => void} onActivity of the host
 * @property {(data: Buffer) => void} onData of the guest
 * @property {() => void} onEnd
 */
import net from 'node:net';

const FIN = 1;
const SYN = 2;
const RST = 4;
const PSH = 8;
const ACK = 16;

const MSS = 1460;
const WINDOW = 0xffff;
/** Bytes of the host that wait for the guest: more are left in the host's socket. */
const QUEUE = 65536;

const NOTHING = Buffer.alloc(0);

export class Flow {
  /** @param {Segment} first @param {Wires} wires */
  constructor(first, wires) {
    this.wires = wires;
    this.window = first.window;
    /** What comes next from the guest. */
    this.next = (first.seq + 1) >>> 0;
    /** What the guest has been sent, and has acknowledged. */
    this.sent = this.acknowledged = 0x10000;
    /** @type {Buffer[]} */
    this.queue = [];
    this.queued = 0;
    this.isEstablished = this.isHostDone = this.isGuestDone = this.isFinished = false;
    /** @type {net.Socket | undefined} */
    this.socket = undefined;
  }

  /** @param {Segment} segment */
  static isFirst({ flags }) {
    return (flags & SYN) !== 0;
  }

  /** @param {number} flags @param {Buffer} [data] @param {Buffer} [options] */
  reply(flags, data = NOTHING, options = NOTHING) {
    const head = Buffer.alloc(20);
    head.writeUInt32BE(this.sent, 4);
    head.writeUInt32BE(flags & ACK ? this.next : 0, 8);
    head[12] = ((20 + options.length) / 4) << 4;
    head[13] = flags;
    head.writeUInt16BE(WINDOW, 14);
    this.wires.reply(head, options, data);
    this.sent = (this.sent + data.length + (flags & (SYN | FIN) ? 1 : 0)) >>> 0;
  }

  refuse() {
    this.reply(RST | ACK);
  }

  /** @param {number} port of 127.0.0.1 */
  open(port) {
    const socket = net.connect({ host: '127.0.0.1', port, allowHalfOpen: true, noDelay: true });
    this.socket = socket;
    socket.on('connect', () => {
      this.reply(SYN | ACK, NOTHING, Buffer.from([2, 4, MSS >> 8, MSS & 0xff]));
      this.wires.onActivity();
    });
    socket.on('data', (data) => {
      this.queue.push(data);
      this.queued += data.length;
      if (this.queued > QUEUE) socket.pause();
      this.pump();
      this.wires.onActivity();
    });
    socket.on('end', () => {
      this.isHostDone = true;
      this.pump();
      this.wires.onActivity();
    });
    socket.on('error', () => {
      this.refuse();
      this.wires.onEnd();
      this.wires.onActivity();
    });
  }

  destroy() {
    this.socket?.destroy();
    this.wires.onEnd();
  }

  /** @param {Segment} segment */
  receive({ seq, ack, flags, window, data }) {
    const { socket } = this;
    if (!socket) return;
    if (flags & RST) {
      socket.resetAndDestroy();
      this.wires.onEnd();
      return;
    }
    if (flags & ACK) {
      this.acknowledged = ack;
      this.window = window;
      this.isEstablished = true;
    }
    const isNext = seq === this.next;
    if (isNext && data.length && !this.isGuestDone) {
      this.next = (this.next + data.length) >>> 0;
      socket.write(data);
      this.wires.onData(data);
    }
    if (isNext && flags & FIN) {
      this.next = (this.next + 1) >>> 0;
      this.isGuestDone = true;
      socket.end();
    }
    if (data.length || flags & FIN) this.reply(ACK);
    this.pump();
    if (this.isGuestDone && this.isFinished && this.acknowledged === this.sent) this.wires.onEnd();
  }

  /** Sends as much as the guest's window allows. */
  pump() {
    if (!this.isEstablished) return;
    for (;;) {
      const free = this.window - ((this.sent - this.acknowledged) >>> 0);
      if (!this.queued || free <= 0) break;
      const data = this.take(Math.min(MSS, free, this.queued));
      this.reply(ACK | (this.queued ? 0 : PSH), data);
    }
    if (this.queued < QUEUE / 2) this.socket?.resume();
    if (this.isHostDone && !this.queued && !this.isFinished) {
      this.isFinished = true;
      this.reply(FIN | ACK);
    }
  }

  /** @param {number} length */
  take(length) {
    const parts = [];
    for (let left = length; left > 0; ) {
      const part = this.queue[0].subarray(0, left);
      left -= part.length;
      parts.push(part);
      if (part.length === this.queue[0].length) this.queue.shift();
      else this.queue[0] = this.queue[0].subarray(part.length);
    }
    this.queued -= length;
    return Buffer.concat(parts);
  }
}
