/**
 * What is checked: each scenario by its name. It throws when something is not as it should be, and may return figures
 * for the table.
 *
 * @typedef {import('./trial.js').Trial} Trial
 * @typedef {(trial: Trial) => Promise<import('./trial.js').Figures | undefined | void>} Scenario
 */
import assert from 'node:assert/strict';
import { KEPT } from './flash.js';
import { Stopped } from './simulation.js';
import { assertEachOnce, assertNoComplaints, DONE, RUN, shown } from './trial.js';

const TRIES_AGAIN = /; tries again$/;
const LOST = /^the network is lost$/;

/** @type {Record<string, Scenario>} */
export const scenarios = {};

for (const kind of ['w5500', 'pico-w']) {
  scenarios[`${kind}: 100 runs in the clear`] = async (trial) => {
    const sandbox = await trial.sandbox();
    const board = trial.board(`${kind}-clear`, sandbox);
    const figures = await hundredRuns(board);
    assertEachOnce(board, await sandbox.runs());
    assertNoComplaints(board);
    assert.equal(board.network.stats.discovers, 1, 'one lease for a start');
    assert.equal(board.network.stats.requests, 1, 'one lease for a start');
    await lampStaysOn(board);
    return figures;
  };

  scenarios[`${kind}: three connections cut`] = async (trial) => {
    const sandbox = await trial.sandbox('--cut-events', '30', '--cut-times', '3');
    const board = trial.board(`${kind}-clear`, sandbox);
    await board.until(DONE);
    assertEachOnce(board, await sandbox.runs());
    assertNoComplaints(board, TRIES_AGAIN);
    assert.deepEqual(continued(board), ['30', '60', '90', '100']);
  };

  scenarios[`${kind}: the network goes while the server is silent, and comes back`] = async (trial) => {
    const sandbox = await trial.sandbox('--stall-events', '50', '--stall-times', '1');
    const board = trial.board(`${kind}-clear`, sandbox);
    await board.until(RUN, 50);
    const start = board.board.seconds;
    board.board.at(start + 2, () => board.board.chip.plug(false));
    board.board.at(start + 9, () => board.board.chip.plug(true));
    await board.until(LOST);
    await board.until(/^link_up = true/);
    const up = board.mark().seconds;
    await board.until(/^connecting to/);
    const again = board.mark().seconds;
    assert(again - up < 0.3, `${again - up} s from the link to the next connection`);
    await board.until(DONE);
    assertEachOnce(board, await sandbox.runs());
    assertNoComplaints(
      board,
      LOST,
      ...(kind === 'pico-w' ? [/^lost sandbox/, /^sandbox: NetworkNotFound/] : []),
    );
    assert.equal(board.network.stats.connections, 2);
  };

  // What keeps the cursor is the same for both: the radio only makes each start take longer.
  const moments = kind === 'w5500' ? [1, 15, 33, 60, 99] : [33];
  scenarios[`${kind}: power lost after ${moments.join(', ')} events`] = async (trial) => {
    const sandbox = await trial.sandbox('--cut-events', '10');
    const runs = await trial.sandbox();
    for (const seen of moments) {
      const first = trial.board(`${kind}-clear`, sandbox);
      await first.until(RUN, seen);
      await nothingLost(trial, kind, sandbox, first, await runs.runs());
    }
  };
}

scenarios['w5500: power lost amid five writes and erases of the flash'] = async (trial) => {
  const sandbox = await trial.sandbox('--cut-events', '10');
  const runs = await (await trial.sandbox()).runs();
  // One that held something else before, so that it must be erased first.
  const used = new Uint8Array(KEPT.to - KEPT.from);
  for (const power of [{ program: 100 }, { program: 300 }, { program: 700 }, { erase: 5 }, { erase: 4000 }]) {
    const first = trial.board('w5500-clear', sandbox, { kept: used });
    Object.assign(first.board.flash.power, power);
    await assert.rejects(first.until(DONE), Stopped, `power was to be lost: ${JSON.stringify(power)}`);
    await nothingLost(trial, 'w5500', sandbox, first, runs);
  }
};

scenarios['w5500: the cable is plugged in after five seconds'] = async (trial) => {
  const board = trial.board('w5500-clear', await trial.sandbox());
  board.board.chip.plug(false);
  board.board.at(5, () => board.board.chip.plug(true));
  const { seconds } = await board.until(/^connected/);
  assert(seconds < 6, `connected after ${seconds} s`);
  assert.equal(board.network.stats.requests, 1);
  assertNoComplaints(board);
};

scenarios['w5500: the first of two name servers is dead'] = async (trial) => {
  const sandbox = await trial.sandbox();
  const board = trial.board('w5500-clear', sandbox, { network: { deadNameServers: 1 } });
  await board.until(DONE);
  assertEachOnce(board, await sandbox.runs());
  assertNoComplaints(board);
};

scenarios['w5500: a server falls silent'] = async (trial) => {
  const sandbox = await trial.sandbox('--stall-events', '50', '--stall-times', '1');
  const board = trial.board('w5500-clear', sandbox);
  await board.until(RUN, 50);
  const before = board.mark().seconds;
  await board.until(TRIES_AGAIN);
  const waited = board.mark().seconds - before;
  assert(waited > 85 && waited < 95, `tries again after ${waited} s`);
  await board.until(DONE);
  assertEachOnce(board, await sandbox.runs());
  assertNoComplaints(board, TRIES_AGAIN);
};

scenarios['w5500: nothing listens, and then something does'] = async (trial) => {
  const sandbox = await trial.sandbox();
  const board = trial.board('w5500-clear', undefined);
  await board.until(TRIES_AGAIN, 3);
  board.network.settings.ports.set(80, sandbox.port);
  await board.until(DONE);
  assertEachOnce(board, await sandbox.runs());
  assertNoComplaints(board, TRIES_AGAIN, /^sandbox.test: ConnectionReset$/);
};

scenarios['w5500: the ring oscillator stands still'] = async (trial) => {
  const board = trial.board('w5500-clear', await trial.sandbox(), { seed: 0xffffffff });
  await assert.rejects(board.until(DONE), Stopped);
  assert(board.lines.some(({ text }) => text.includes("panicked at 'the ring oscillator stands still'")));
};

const CHAINS = { w5500: ['p256', 'p384', 'rsa'], 'pico-w': ['p256', 'p384'] };
for (const [kind, chains] of Object.entries(CHAINS)) {
  for (const chain of chains) {
    scenarios[`${kind}: 100 runs over TLS, ${chain}`] = async (trial) => {
      const sandbox = await trial.sandbox();
      const board = trial.board(`${kind}-tls`, await trial.tls(chain, sandbox));
      const figures = await hundredRuns(board);
      assertEachOnce(board, await sandbox.runs());
      assertNoComplaints(board);
      return figures;
    };
  }
}

scenarios['w5500: cuts over TLS'] = async (trial) => {
  const sandbox = await trial.sandbox('--cut-events', '50', '--cut-times', '1');
  const board = trial.board('w5500-tls', await trial.tls('p256', sandbox));
  await board.until(DONE);
  assertEachOnce(board, await sandbox.runs());
  assertNoComplaints(board, TRIES_AGAIN);
};

/** @type {[string, string, string, RegExp][]} */
const REFUSED = [
  ['a stranger', 'w5500-tls', 'stranger', /issuer unknown/],
  ['a stranger, with the settings that ship', 'w5500-shipped', 'p256', /issuer unknown/],
  ['the name of another', 'pico-w-tls', 'other-name', /certificate is for another name/],
];
for (const [what, image, chain, why] of REFUSED) {
  scenarios[`${image}: refuses ${what}`] = async (trial) => {
    const proxy = await trial.tls(chain, await trial.sandbox());
    const network = { names: ['sandbox.test', 'ntp.test', 'api.parallel.ai', 'pool.ntp.org'] };
    const board = trial.board(image, proxy, { network });
    await refused(board, why);
  };
}

scenarios['w5500-tls: refuses a certificate that has expired'] = async (trial) => {
  const proxy = await trial.tls('p256', await trial.sandbox());
  const board = trial.board('w5500-tls', proxy, { network: { unixSeconds: () => 2_500_000_000 } });
  await refused(board, /certificate expired on/);
};

scenarios['w5500-tls: asks nothing while it does not know the time'] = async (trial) => {
  const proxy = await trial.tls('p256', await trial.sandbox());
  const board = trial.board('w5500-tls', proxy, { network: { isTimeSilent: true } });
  await board.until(/does not know what time it is; asks again in 16 s/);
  assert.equal(board.network.stats.connections, 0);
  board.network.settings.isTimeSilent = false;
  await board.until(DONE);
  assertNoComplaints(board, /does not know what time it is/);
};

scenarios['w5500-tls: asks for the time at once when the network is another'] = async (trial) => {
  const proxy = await trial.tls('p256', await trial.sandbox());
  const simulation = trial.board('w5500-tls', proxy, { network: { isTimeSilent: true } });
  const { board, network } = simulation;
  await simulation.until(/does not know what time it is; asks again in 64 s/);
  network.settings.isTimeSilent = false;
  board.chip.plug(false);
  board.at(board.seconds + 2, () => board.chip.plug(true));
  await simulation.until(/^link_up = true/);
  const up = board.seconds;
  await simulation.until(/^it is \d+ seconds after 1970/);
  assert(board.seconds - up < 1, `${board.seconds - up} s from the link to the time`);
};

/**
 * Runs until all is shown, with what it costs on the way.
 * @param {import('./simulation.js').Simulation} board
 */
async function hundredRuns(board) {
  const address = await board.until(/^runs of /);
  const opened = await board.until(/^connected/);
  const first = await board.until(RUN);
  const last = await board.until(RUN, 99);
  const done = await board.until(DONE);
  const millions = (/** @type {number} */ instructions) => instructions / 1e6;
  return {
    'address, s': address.seconds,
    'answer, s': opened.seconds,
    '100th event, s': last.seconds,
    'first event, M instructions': millions(first.instructions - address.instructions),
    '100th event, M instructions': millions(last.instructions - address.instructions),
    'stack, bytes': done.stack,
  };
}

/**
 * It is refused, having been sent a hello and an alert.
 * @param {import('./simulation.js').Simulation} board
 * @param {RegExp} why
 */
async function refused(board, why) {
  await board.until(/; asks again in 60 s/);
  assert(
    board.lines.some(({ text }) => why.test(text)),
    `no line like ${why}`,
  );
  assert(!board.lines.some(({ text }) => /^connected/.test(text)));
  const { bytesFromGuest } = board.network.stats;
  assert(bytesFromGuest < 300, `${bytesFromGuest} bytes for a server that is none of ours`);
}

/**
 * The board was switched off. Another start with what its flash kept brings all that it has not shown.
 * @param {Trial} trial
 * @param {string} kind
 * @param {import('./servers.js').Sandbox} sandbox
 * @param {import('./simulation.js').Simulation} first
 * @param {string[]} runs
 */
async function nothingLost(trial, kind, sandbox, first, runs) {
  const second = trial.board(`${kind}-clear`, sandbox, { kept: first.close() });
  await second.until(DONE);
  const again = shown(second);
  assert.deepEqual(again, runs.slice(runs.length - again.length), 'the second start continues');
  assert(shown(first).length + again.length >= runs.length, 'an event was lost');
  // The cursor is kept at each break, thus after each ten events.
  assert(
    shown(first).length + again.length <= runs.length + 20,
    'more comes again than since the last break',
  );
}

/** The events after which it was asked to continue. @param {import('./simulation.js').Simulation} board */
function continued({ lines }) {
  return lines.flatMap(({ text }) => /^asked to continue after (.*)/.exec(text)?.[1] ?? []);
}

/** When all is done the lamp is on, and stays so. @param {import('./simulation.js').Simulation} board */
async function lampStaysOn(board) {
  await board.untilSeconds(board.board.seconds + 3);
  const [at, isOn] = board.board.lamp.at(-1) ?? [0, false];
  assert(isOn && at < board.board.seconds - 1.5, `the lamp: ${isOn} since ${at} s`);
}
