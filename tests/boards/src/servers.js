/**
 * What a board talks to, on ports of 127.0.0.1: `taskgroup sandbox`, and TLS before it with chains of our own.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import readline from 'node:readline';
import tls from 'node:tls';

/** A sandbox with these arguments. */
export class Sandbox {
  /** @param {string} program @param {string[]} settings */
  constructor(program, settings) {
    this.process = spawn(program, ['sandbox', '--seed', '1', ...settings], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.port = 0;
    this.key = '';
  }

  /** @param {string} program @param {string[]} [settings] */
  static async start(program, settings = []) {
    const sandbox = new Sandbox(program, settings);
    for await (const line of readline.createInterface({ input: sandbox.process.stdout })) {
      const [, name, value] = /^(\w+)=(.*)$/.exec(line) ?? [];
      if (name === 'PARALLEL_BASE_URL') sandbox.port = Number(new URL(value).port);
      if (name === 'PARALLEL_API_KEY') sandbox.key = value;
      if (sandbox.port && sandbox.key) return sandbox;
    }
    throw new Error(`${program} sandbox ${settings.join(' ')} has not started`);
  }

  /**
   * The numbers of all runs of these groups, in the order that their events come in.
   * @param {string[]} groups
   * @returns {Promise<string[]>}
   */
  async runs(...groups) {
    const runs = [];
    for (const group of groups) {
      const url = `http://127.0.0.1:${this.port}/v1beta/tasks/groups/${group}/runs`;
      const answer = await fetch(url, { headers: { 'x-api-key': this.key } });
      const events = await answer.text();
      runs.push(...[...events.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data).run.run_id));
    }
    return runs;
  }

  stop() {
    // It has nothing to lose, and may be waiting for a client.
    this.process.kill('SIGKILL');
  }
}

/** TLS 1.3 on a port of its own, whatever is said within goes to another port. */
export class TlsProxy {
  /** @param {{ key: string, chain: string }} files in PEM @param {number} to */
  constructor({ key, chain }, to) {
    /** Bytes that came from clients, TLS's own included. */
    this.received = 0;
    this.handshakes = 0;
    /** @type {Set<net.Socket>} */
    this.sockets = new Set();
    /** @param {net.Socket} socket */
    const keep = (socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    };
    this.server = tls.createServer(
      { key: fs.readFileSync(key), cert: fs.readFileSync(chain), minVersion: 'TLSv1.3' },
      (socket) => {
        this.handshakes++;
        const inner = net.connect(to, '127.0.0.1');
        keep(inner);
        inner.on('error', () => socket.destroy());
        socket.on('error', () => inner.destroy());
        socket.pipe(inner).pipe(socket);
      },
    );
    this.server.on('connection', keep);
    this.server.on('tlsClientError', () => {});
  }

  /** @param {{ key: string, chain: string }} files @param {number} to */
  static async start(files, to) {
    const proxy = new TlsProxy(files, to);
    proxy.server.listen(0, '127.0.0.1');
    await once(proxy.server, 'listening');
    return proxy;
  }

  get port() {
    return /** @type {net.AddressInfo} */ (this.server.address()).port;
  }

  stop() {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }
}
