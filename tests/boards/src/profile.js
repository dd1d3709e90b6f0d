/**
 * How often each instruction was executed in, instructions by whose code they are out. Where code of one crate was
 * inlined into that of another, addr2line tells the two apart, so the image needs debug information.
 */
import { spawnSync } from 'node:child_process';

/** @typedef {'ours' | 'TLS' | 'network stack' | 'driver' | 'executor and log' | 'library'} Group */

/** A crate belongs to the first group that matches. @type {[Group, RegExp][]} */
const GROUPS = [
  [
    'TLS',
    /^(taskgroup-tls|rustls-.*|x25519-dalek|curve25519-dalek.*|p256|p384|ecdsa|elliptic-curve|primeorder|primefield|wnaf|sec1)$/,
  ],
  [
    'TLS',
    /^(chacha20.*|poly1305|aead|opaque-debug|cpufeatures|crypto-.*|sha2|hmac|hkdf|aes.*|ghash|polyval|ctr|cipher|universal-hash|digest|block-buffer)$/,
  ],
  [
    'TLS',
    /^(typenum|(hybrid|generic)-array|subtle|signature|der|rfc6979|group|ff|zeroize|inout|rand_core|untrusted)$/,
  ],
  ['ours', /^(taskgroup.*|board|rp2040|heapless|memchr)$/],
  ['network stack', /^(smoltcp|embassy-net|managed|sntpc.*)$/],
  [
    'driver',
    /^(embassy-rp|rp-pac|embassy-net-.*|embassy-embedded-hal|embedded-hal.*|cyw43.*|cortex-m.*|pio.*)$/,
  ],
  [
    'executor and log',
    /^(embassy-.*|defmt.*|critical-section|portable-atomic|static_cell|panic-probe|byteorder)$/,
  ],
  ['library', /./],
];

const FLASH = 0x10000000;
const LIBRARY = 'core';

/**
 * Instructions by group, those of the second count that are not in the first.
 * @param {string} image path
 * @param {Uint32Array} before
 * @param {Uint32Array} after
 */
export function instructions(image, before, after) {
  const crates = byCrate(image, before, after);
  /** @type {Map<Group, number>} */
  const groups = new Map();
  for (const [crate, count] of crates) {
    const group = GROUPS.find(([, pattern]) => pattern.test(crate))?.[0] ?? 'library';
    groups.set(group, (groups.get(group) ?? 0) + count);
  }
  return { groups, crates };
}

/** @param {string} image @param {Uint32Array} before @param {Uint32Array} after */
function byCrate(image, before, after) {
  /** @type {[number, number][]} */
  const executed = [];
  for (let i = 0; i < after.length; i++) if (after[i] > before[i]) executed.push([i, after[i] - before[i]]);
  const { stdout, status, stderr } = spawnSync('addr2line', ['-e', image, '-i', '-a'], {
    input: executed.map(([at]) => `${(FLASH + 2 * at).toString(16)}\n`).join(''),
    encoding: 'utf8',
    maxBuffer: 1 << 30,
  });
  if (status !== 0) throw new Error(`addr2line: ${stderr}`);
  /** @type {Map<string, number>} */
  const crates = new Map();
  // An address, then the files that its code is from: the innermost of what was inlined comes first.
  const answers = stdout.split(/^0x/m).slice(1);
  for (const [i, answer] of answers.entries()) {
    const files = answer.split('\n').slice(1);
    // What belongs to the library is put to the account of who has inlined it.
    const crate = files.map(crateOf).find((name) => name !== LIBRARY) ?? LIBRARY;
    crates.set(crate, (crates.get(crate) ?? 0) + executed[i][1]);
  }
  return crates;
}

/** @param {string} file */
function crateOf(file) {
  const published = /\/registry\/src\/[^/]+\/(.+?)-\d[^/]*\//.exec(file)?.[1];
  if (published) return published;
  if (/\/core\/src\//.test(file) && !/\/rust(lib|c)\//.test(file)) return 'taskgroup';
  const adapter = /\/adapters\/([^/]+)\//.exec(file)?.[1];
  if (adapter) return `taskgroup-${adapter}`;
  return /\/examples\/([^/]+)\//.exec(file)?.[1] ?? LIBRARY;
}
