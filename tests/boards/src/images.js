/**
 * The images of examples/rp2040, built with settings for the tests: the code is what ships. One that is there already,
 * from the same sources and settings, is not built again.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { NAME } from './certificates.js';

export const ROOT = path.resolve(import.meta.dirname, '../../..');
export const TARGET = path.resolve(process.env.CARGO_TARGET_DIR ?? path.join(ROOT, 'target'), 'boards');

/** What the one program asks when the button is pressed. */
export const QUESTION = 'Who founded Acme?';
/** The group whose runs the other program shows: that of `taskgroup sandbox --seed 1`. */
export const GROUP = 'tgrp_5775264a9a7e1b099c0002e01d4a175e';
const TRIPLE = 'thumbv6m-none-eabi';
/** What the image of a Pico W takes for the radio's firmware, by the sizes of the true ones: the simulator never runs it. */
const FIRMWARE = { '43439A0.bin': 231077, '43439A0_clm.bin': 984, 'nvram_rp2040.bin': 742 };

/**
 * @typedef {'question' | 'runs'} Program
 * @typedef {'clear' | 'tls' | 'shipped'} Settings the last is what a user has who sets nothing but what must be set
 * @typedef {`${import('./board.js').Kind}-${Program}-${Settings}`} Name of an image
 */

/** The board that an image is for. @param {Name} name @returns {import('./board.js').Kind} */
export function kindOf(name) {
  return name.startsWith('pico-w') ? 'pico-w' : 'w5500';
}

export class Images {
  /**
   * @param {string} authorities in PEM
   * @param {string} [tree] the repository whose examples are built
   */
  constructor(authorities, tree = ROOT) {
    this.authorities = authorities;
    this.tree = tree;
    this.folder = path.join(TARGET, 'images');
    /** @type {Map<Name, string>} */
    this.built = new Map();
  }

  /** The path of an image. @param {Name} name @returns {string} */
  build(name) {
    const image = this.built.get(name) ?? this.find(name);
    this.built.set(name, image);
    return image;
  }

  /** @param {Name} name */
  find(name) {
    const kind = kindOf(name);
    const environment = this.environment(name.includes('-runs-'), name.slice(name.lastIndexOf('-') + 1));
    const image = path.join(this.folder, `${name}-${this.digest(kind, environment)}.elf`);
    if (fs.existsSync(image)) return image;
    fs.mkdirSync(this.folder, { recursive: true });
    console.error(`building ${name}`);
    const { status } = spawnSync(
      'cargo',
      ['build', '--locked', '--release', '--quiet', '--no-default-features', '--features', kind],
      {
        cwd: path.join(this.tree, 'examples/rp2040'),
        env: { ...surroundings(), ...environment },
        stdio: ['ignore', 'inherit', 'inherit'],
      },
    );
    if (status !== 0) throw new Error(`the image ${name} does not build`);
    fs.copyFileSync(path.join(TARGET, TRIPLE, 'release/rp2040'), image);
    return image;
  }

  /** @param {boolean} isOfRuns @param {string} settings @returns {Record<string, string>} */
  environment(isOfRuns, settings) {
    const firmware = path.join(TARGET, 'placeholder-firmware');
    fs.mkdirSync(firmware, { recursive: true });
    for (const [file, size] of Object.entries(FIRMWARE))
      fs.writeFileSync(path.join(firmware, file), Buffer.alloc(size));
    /** @type {Record<string, string>} */
    const environment = {
      CARGO_TARGET_DIR: TARGET,
      PARALLEL_API_KEY: 'sandbox-key',
      ...(isOfRuns ? { TASKGROUP_ID: GROUP } : { QUESTION }),
      WIFI_SSID: 'sandbox',
      WIFI_PASSWORD: 'password',
      CYW43_FIRMWARE: firmware,
      ...compiler(),
    };
    if (settings === 'shipped') return environment;
    const scheme = settings === 'tls' ? 'https' : 'http';
    Object.assign(environment, { PARALLEL_BASE_URL: `${scheme}://${NAME}`, NTP_SERVER: 'ntp.test' });
    if (!isOfRuns && settings === 'clear') environment.ASK_EVERY_MINUTES = '30';
    if (settings === 'tls') environment.TASKGROUP_CA_FILE = this.authorities;
    return environment;
  }

  /**
   * Of all that an image is made of.
   * @param {import('./board.js').Kind} kind
   * @param {Record<string, string>} environment
   */
  digest(kind, environment) {
    const hash = crypto
      .createHash('sha256')
      .update(JSON.stringify([kind, environment, path.relative(ROOT, this.tree)]));
    const parts = ['Cargo.toml', 'core', 'adapters', 'examples/board', 'examples/rp2040'];
    const files = execFileSync(
      'git',
      ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--', ...parts],
      {
        cwd: this.tree,
        encoding: 'utf8',
      },
    );
    for (const file of [...new Set(files.split('\0'))].sort()) {
      const from = path.join(this.tree, file);
      if (file && !file.endsWith('.md') && fs.existsSync(from))
        hash.update(`${file}\0`).update(fs.readFileSync(from));
    }
    if (environment.TASKGROUP_CA_FILE) hash.update(fs.readFileSync(environment.TASKGROUP_CA_FILE));
    return hash.digest('hex').slice(0, 12);
  }
}

/** Settings of an image that need not be set, or not together. */
const SETTINGS = [
  'QUESTION',
  'TASKGROUP_ID',
  'PARALLEL_BASE_URL',
  'NTP_SERVER',
  'TASKGROUP_CA_FILE',
  'PROCESSOR',
  'ASK_EVERY_MINUTES',
];

/** The environment, without what an image takes from it besides. */
function surroundings() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !SETTINGS.includes(name)));
}

/**
 * Debian's compiler with the sources of the library, if it is there as `.ci/boards` installs it; else rustup's, whose
 * target must have been added.
 * @returns {Record<string, string>}
 */
function compiler() {
  if (!fs.existsSync('/usr/lib/rustlib/src/rust')) return {};
  return {
    RUSTC: '/usr/bin/rustc',
    RUSTC_BOOTSTRAP: '1',
    CARGO_UNSTABLE_BUILD_STD: 'core',
    CARGO_TARGET_THUMBV6M_NONE_EABI_LINKER: 'ld.lld',
  };
}

/** @type {string | undefined} */
let program = process.env.TASKGROUP;

/** The program `taskgroup`, built for this machine; or that of the environment variable TASKGROUP. */
export function taskgroup() {
  program ??= buildProgram();
  return program;
}

function buildProgram() {
  const { status } = spawnSync('cargo', ['build', '--locked', '--quiet', '-p', 'taskgroup-cli'], {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0) throw new Error('taskgroup-cli does not build');
  return path.resolve(process.env.CARGO_TARGET_DIR ?? path.join(ROOT, 'target'), 'debug/taskgroup');
}
