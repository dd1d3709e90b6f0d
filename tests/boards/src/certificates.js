/**
 * Authorities that nobody else trusts, and servers that they vouch for: made once by openssl, kept in a folder.
 *
 * @typedef {{ key: string, chain: string }} Server files in PEM
 */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

/** For what a server is called in all of these tests. */
export const NAME = 'sandbox.test';

const P256 = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-sha256'];
const P384 = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384', '-sha384'];
const RSA2048 = ['-newkey', 'rsa:2048', '-sha256'];
const RSA4096 = ['-newkey', 'rsa:4096', '-sha256'];

/** The keys of a chain: root, what lies between, server. */
const CHAINS = {
  p256: [P256, P256, P256],
  p384: [P384, P384, P384],
  rsa: [RSA4096, RSA2048, RSA2048],
};
/** By the authorities of `p256`, and not to be trusted; or by one that no image knows. */
const FALSE = { 'other-name': 'other.test', stranger: NAME };

export class Certificates {
  /** @param {string} folder */
  constructor(folder) {
    this.folder = folder;
    /** All that an image trusts, in PEM. */
    this.authorities = path.join(folder, 'authorities.pem');
  }

  /** Makes what is not there. */
  make() {
    if (fs.existsSync(this.authorities)) return;
    fs.mkdirSync(this.folder, { recursive: true });
    for (const [chain, [root, between, server]] of Object.entries(CHAINS)) {
      this.authority(`${chain}-root`, root);
      this.authority(`${chain}-between`, between, `${chain}-root`);
      this.server(chain, server, `${chain}-between`, NAME);
    }
    this.server('other-name', P256, 'p256-between', FALSE['other-name']);
    this.authority('stranger-root', P256);
    this.authority('stranger-between', P256, 'stranger-root');
    this.server('stranger', P256, 'stranger-between', FALSE.stranger);
    const roots = Object.keys(CHAINS).map((chain) => fs.readFileSync(this.file(`${chain}-root.pem`)));
    fs.writeFileSync(this.authorities, Buffer.concat(roots));
  }

  /** @param {string} name of a chain, `other-name` or `stranger` @returns {Server} */
  of(name) {
    return { key: this.file(`${name}.key`), chain: this.file(`${name}-chain.pem`) };
  }

  /** @param {string} name */
  file(name) {
    return path.join(this.folder, name);
  }

  /** @param {string} name @param {string[]} key @param {string} [by] */
  authority(name, key, by) {
    this.certificate(name, key, by, [
      'basicConstraints=critical,CA:TRUE',
      'keyUsage=critical,keyCertSign,cRLSign',
      `subjectKeyIdentifier=hash`,
    ]);
  }

  /** @param {string} name @param {string[]} key @param {string} by @param {string} host */
  server(name, key, by, host) {
    this.certificate(name, key, by, [
      'basicConstraints=critical,CA:FALSE',
      'keyUsage=critical,digitalSignature',
      'extendedKeyUsage=serverAuth',
      `subjectAltName=DNS:${host}`,
    ]);
    const chain = [name, by].map((part) => fs.readFileSync(this.file(`${part}.pem`)));
    fs.writeFileSync(this.file(`${name}-chain.pem`), Buffer.concat(chain));
  }

  /** @param {string} name @param {string[]} key @param {string | undefined} by @param {string[]} extensions */
  certificate(name, key, by, extensions) {
    const issuer = by ? ['-CA', this.file(`${by}.pem`), '-CAkey', this.file(`${by}.key`)] : [];
    execFileSync(
      'openssl',
      [
        ...['req', '-x509', '-config', '/dev/null', '-noenc', '-days', '3650', '-subj', `/CN=boards ${name}`],
        ...[...key, ...issuer, '-keyout', this.file(`${name}.key`), '-out', this.file(`${name}.pem`)],
        ...extensions.flatMap((extension) => ['-addext', extension]),
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
  }
}
