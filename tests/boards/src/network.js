/**
 * A network of one guest, in user mode: DHCP, ARP, DNS and the time are answered here. TCP goes to listed ports of
 * 127.0.0.1 and to nowhere else, whatever address the guest asks for; other ports refuse it. Nothing here needs rights.
 *
 * # Limits
 *
 * The link loses nothing as long as it is there, so nothing is sent again. IPv4 only; no fragments.
 */
import { Flow } from './tcp.js';

/**
 * @typedef {object} Settings
 * @property {string[]} names that lead to the host; no other name is known
 * @property {Map<number, number>} ports of the guest's servers, each with the port of 127.0.0.1 that it leads to
 * @property {() => number} unixSeconds what time it is
 * @property {number} [deadNameServers] how many of those that DHCP tells never answer: they come first
 * @property {boolean} [isTimeSilent] whether the time server never answers
 */

const HOST_MAC = Buffer.from('020000000001', 'hex');
const BROADCAST_MAC = Buffer.alloc(6, 0xff);
const GUEST = [10, 0, 2, 15];
const HOST = [10, 0, 2, 2];
const BROADCAST = [255, 255, 255, 255];
const DEAD = 200; // the last byte of the first name server that is

const TYPE_IP = 0x0800;
const TYPE_ARP = 0x0806;
const PROTOCOL_TCP = 6;
const PROTOCOL_UDP = 17;
const SECONDS_1900_TO_1970 = 2208988800;

export class Network {
  /**
   * @param {Settings} settings
   * @param {(frame: Uint8Array) => void} send to the guest
   */
  constructor(settings, send) {
    this.settings = settings;
    this.send = send;
    this.guestMac = BROADCAST_MAC;
    /** @type {Map<string, Flow>} by the ports of the guest and of its server */
    this.flows = new Map();
    /** Called when the host has done something. */
    this.onActivity = () => {};
    /** What the guest has asked for so far, and how often. */
    this.stats = {
      discovers: 0,
      requests: 0,
      names: 0,
      times: 0,
      connections: 0,
      bytesFromGuest: 0,
      bytesToGuest: 0,
    };
  }

  /** Whether the host may have something for the guest soon. */
  get isBusy() {
    return this.flows.size > 0;
  }

  close() {
    for (const flow of this.flows.values()) flow.destroy();
  }

  /** @param {Uint8Array} bytes of a frame from the guest */
  receive(bytes) {
    const frame = Buffer.from(bytes);
    this.guestMac = frame.subarray(6, 12);
    const type = frame.readUInt16BE(12);
    if (type === TYPE_ARP) this.arp(frame.subarray(14));
    if (type === TYPE_IP) this.ip(frame.subarray(14));
  }

  /** @param {number} type @param {Buffer} payload @param {Buffer} [to] */
  ethernet(type, payload, to = this.guestMac) {
    const frame = Buffer.alloc(Math.max(60, 14 + payload.length));
    to.copy(frame);
    HOST_MAC.copy(frame, 6);
    frame.writeUInt16BE(type, 12);
    payload.copy(frame, 14);
    this.send(frame);
  }

  /** @param {Buffer} packet */
  arp(packet) {
    const wanted = packet.subarray(24, 28);
    if (packet.readUInt16BE(6) !== 1 || wanted.equals(Buffer.from(GUEST))) return;
    const answer = Buffer.from(packet.subarray(0, 28));
    answer.writeUInt16BE(2, 6);
    HOST_MAC.copy(answer, 8);
    wanted.copy(answer, 14);
    packet.copy(answer, 18, 8, 18);
    this.ethernet(TYPE_ARP, answer);
  }

  /** @param {Buffer} packet */
  ip(packet) {
    const payload = packet.subarray((packet[0] & 15) * 4, packet.readUInt16BE(2));
    const [from, to] = [[...packet.subarray(12, 16)], [...packet.subarray(16, 20)]];
    if (packet[9] === PROTOCOL_UDP) this.udp(from, to, payload);
    if (packet[9] === PROTOCOL_TCP) this.tcp(from, to, payload);
  }

  /**
   * Sends a packet, with the checksum of what it carries.
   * @param {number} protocol
   * @param {number[]} from
   * @param {number[]} to
   * @param {Buffer} payload
   * @param {Buffer} [mac]
   */
  packet(protocol, from, to, payload, mac) {
    const head = Buffer.alloc(20);
    head[0] = 0x45;
    head.writeUInt16BE(20 + payload.length, 2);
    head[6] = 0x40; // not to be fragmented
    head[8] = 64;
    head[9] = protocol;
    head.set([...from, ...to], 12);
    head.writeUInt16BE(checksum(head), 10);
    const pseudo = Buffer.from([...from, ...to, 0, protocol, payload.length >> 8, payload.length & 0xff]);
    const sum = checksum(Buffer.concat([pseudo, payload]));
    if (protocol === PROTOCOL_UDP) payload.writeUInt16BE(sum || 0xffff, 6);
    else payload.writeUInt16BE(sum, 16);
    this.ethernet(TYPE_IP, Buffer.concat([head, payload]), mac);
  }

  /** @param {number[]} from @param {number[]} to @param {Buffer} datagram */
  udp(from, to, datagram) {
    const [source, port] = [datagram.readUInt16BE(0), datagram.readUInt16BE(2)];
    const data = datagram.subarray(8, datagram.readUInt16BE(4));
    /** @param {Buffer} payload */
    const wrap = (payload) => {
      const head = Buffer.alloc(8);
      head.writeUInt16BE(port, 0);
      head.writeUInt16BE(source, 2);
      head.writeUInt16BE(8 + payload.length, 4);
      return Buffer.concat([head, payload]);
    };
    if (port === 67) {
      const lease = this.dhcp(data);
      if (lease) this.packet(PROTOCOL_UDP, HOST, BROADCAST, wrap(lease), BROADCAST_MAC);
    } else if (port === 53) {
      const isDead = to[3] >= DEAD;
      if (!isDead) this.packet(PROTOCOL_UDP, to, from, wrap(this.dns(data)));
    } else if (port === 123) {
      const time = this.sntp(data);
      if (!this.settings.isTimeSilent) this.packet(PROTOCOL_UDP, to, from, wrap(time));
    }
  }

  /** @param {Buffer} request of DHCP (RFC 2131) */
  dhcp(request) {
    let type = 0;
    for (
      let at = 240;
      at < request.length && request[at] !== 255;
      at += request[at] ? 2 + request[at + 1] : 1
    ) {
      if (request[at] === 53) type = request[at + 2];
    }
    const [isDiscover, isRequest] = [type === 1, type === 3];
    if (isDiscover) this.stats.discovers++;
    else if (isRequest) this.stats.requests++;
    else return undefined;
    const reply = Buffer.alloc(240);
    reply.set([2, 1, 6, 0]);
    request.copy(reply, 4, 4, 8);
    reply.set(GUEST, 16);
    reply.set(HOST, 20);
    request.copy(reply, 28, 28, 44);
    reply.writeUInt32BE(0x63825363, 236);
    const dead = Array.from({ length: this.settings.deadNameServers ?? 0 }, (_, i) => [10, 0, 2, DEAD + i]);
    const servers = [...dead, HOST].flat();
    const options = [
      ...[53, 1, isDiscover ? 2 : 5],
      ...[54, 4, ...HOST],
      ...[51, 4, 0, 1, 0x51, 0x80], // a day
      ...[1, 4, 255, 255, 255, 0],
      ...[3, 4, ...HOST],
      ...[6, servers.length, ...servers],
      255,
    ];
    return Buffer.concat([reply, Buffer.from(options)]);
  }

  /** @param {Buffer} query */
  dns(query) {
    this.stats.names++;
    const labels = [];
    let at = 12;
    for (; query[at]; at += 1 + query[at]) labels.push(query.toString('latin1', at + 1, at + 1 + query[at]));
    const isKnown = this.settings.names.includes(labels.join('.').toLowerCase());
    const isAddress = query.readUInt16BE(at + 1) === 1;
    const reply = Buffer.from(query.subarray(0, at + 5));
    reply.writeUInt16BE(isKnown ? 0x8180 : 0x8183, 2);
    reply.writeUInt16BE(isKnown && isAddress ? 1 : 0, 6);
    reply.writeUInt32BE(0, 8);
    if (!isKnown || !isAddress) return reply;
    return Buffer.concat([reply, Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...HOST])]);
  }

  /** @param {Buffer} request of SNTP (RFC 4330) */
  sntp(request) {
    this.stats.times++;
    const reply = Buffer.alloc(48);
    reply.set([0x24, 1, 0, 0xec]);
    reply.write('TEST', 12, 'latin1');
    const now = Math.floor(this.settings.unixSeconds()) + SECONDS_1900_TO_1970;
    for (const at of [16, 32, 40]) reply.writeUInt32BE(now >>> 0, at);
    request.copy(reply, 24, 40, 48);
    return reply;
  }

  /** @param {number[]} from @param {number[]} to @param {Buffer} bytes */
  tcp(from, to, bytes) {
    const segment = {
      seq: bytes.readUInt32BE(4),
      ack: bytes.readUInt32BE(8),
      flags: bytes[13],
      window: bytes.readUInt16BE(14),
      data: bytes.subarray((bytes[12] >> 4) * 4),
    };
    const [port, service] = [bytes.readUInt16BE(0), bytes.readUInt16BE(2)];
    const key = `${port}-${service}`;
    if (!Flow.isFirst(segment)) {
      this.flows.get(key)?.receive(segment);
      return;
    }
    this.flows.get(key)?.destroy();
    const flow = new Flow(segment, {
      reply: (head, options, data) => {
        head.writeUInt16BE(service, 0);
        head.writeUInt16BE(port, 2);
        this.stats.bytesToGuest += data.length;
        this.packet(PROTOCOL_TCP, to, from, Buffer.concat([head, options, data]));
      },
      onActivity: () => this.onActivity(),
      onData: (data) => {
        this.stats.bytesFromGuest += data.length;
      },
      onEnd: () => {
        if (this.flows.get(key) === flow) this.flows.delete(key);
      },
    });
    const host = this.settings.ports.get(service);
    if (host === undefined) {
      flow.refuse();
      return;
    }
    this.flows.set(key, flow);
    this.stats.connections++;
    flow.open(host);
  }
}

/** @param {Buffer} bytes */
function checksum(bytes) {
  let sum = 0;
  for (let at = 0; at + 1 < bytes.length; at += 2) sum += (bytes[at] << 8) | bytes[at + 1];
  if (bytes.length & 1) sum += bytes[bytes.length - 1] << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
