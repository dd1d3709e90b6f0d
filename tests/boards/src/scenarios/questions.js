/**
 * The program that asks a question at its button, and what both programs have in common.
 *
 * @typedef {import('../simulation.js').Simulation} Simulation
 * @typedef {import('../servers.js').Sandbox} Sandbox
 */
import assert from 'node:assert/strict';
import { KEPT } from '../flash.js';
import { Stopped } from '../simulation.js';
import {
  assertNoComplaints,
  BUTTON,
  complaintsOfLoss,
  groups,
  lampStaysOn,
  losesNetwork,
  millions,
  press,
  READY,
  RUN,
  shown,
  TRIES_AGAIN,
} from '../trial.js';

/** A board that was switched on knows of a question. */
const CONTINUES = /^continues with the question/;

/** @type {import('../scenarios.js').Scenarios} */
export const scenarios = {};

for (const kind of /** @type {const} */ (['w5500', 'pico-w'])) {
  scenarios[`${kind}-question-clear: a question`] = async (trial) => {
    const sandbox = await trial.sandbox();
    const board = trial.board(sandbox);
    const figures = await question(board);
    await assertAskedOnce(sandbox, board);
    assertNoComplaints(board);
    assert.equal(board.network.stats.connections, 1, 'one connection for a question');
    assert.equal(board.network.stats.discovers, 1, 'one lease for a start');
    assert.equal(board.network.stats.requests, 1, 'one lease for a start');
    await lampStaysOn(board);
    return figures;
  };

  scenarios[`${kind}-question-clear: three connections cut`] = async (trial) => {
    const sandbox = await trial.sandbox('--cut-events', '1', '--cut-times', '3');
    const board = trial.board(sandbox);
    await question(board);
    await assertAskedOnce(sandbox, board);
    assertNoComplaints(board, TRIES_AGAIN);
  };

  scenarios[`${kind}-question-clear: the network goes while the server is silent, and comes back`] = async (
    trial,
  ) => {
    const sandbox = await trial.sandbox('--stall-events', '1', '--stall-times', '1');
    const board = trial.board(sandbox);
    await press(board);
    await board.until(/^asked/);
    await losesNetwork(board);
    await board.until(READY);
    await assertAskedOnce(sandbox, board);
    assertNoComplaints(board, ...complaintsOfLoss(kind));
    assert.equal(board.network.stats.connections, 2);
  };

  // What keeps the state is the same for both: the radio only makes each start take longer.
  const moments = kind === 'w5500' ? [/^"Who/, /^group/, /^asked/, RUN] : [/^asked/];
  for (const moment of moments) {
    scenarios[`${kind}-question-clear: power lost after ${moment}`] = async (trial) => {
      const sandbox = await trial.sandbox();
      const first = trial.board(sandbox);
      await press(first);
      await first.until(moment);
      const second = trial.board(sandbox, { kept: first.close() });
      await second.until(CONTINUES);
      await second.until(READY);
      await assertAskedOnce(sandbox, first, second);
    };
  }
}

scenarios['w5500-question-clear: the power does not come back before the answer'] = async (trial) => {
  const sandbox = await trial.sandbox('--speed', '1', '--running', '2..2');
  const first = trial.board(sandbox);
  await press(first);
  await first.until(/^asked/);
  const kept = first.close();
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const second = trial.board(sandbox, { kept });
  await second.until(RUN);
  await second.until(READY);
  await assertAskedOnce(sandbox, first, second);
};

/** How much of the flash is still written, and erased, before power is lost. */
const POWER = [
  { erase: 5 },
  { erase: 4000 },
  ...[10, 60, 130, 200, 280, 350, 400].map((program) => ({ program })),
];
for (const power of POWER) {
  scenarios[`w5500-question-clear: power lost amid the flash, ${JSON.stringify(power)}`] = async (trial) => {
    const sandbox = await trial.sandbox();
    // One that held something else before, so that it must be erased first.
    const first = trial.board(sandbox, { kept: new Uint8Array(KEPT.to - KEPT.from) });
    Object.assign(first.board.flash.power, power);
    await assert.rejects(question(first), Stopped, 'power was to be lost');
    const second = trial.board(sandbox, { kept: first.close() });
    // It does not continue if power was lost before it had stored that there is a question.
    await second.until(/^waits for the button|^continues/);
    if (READY.test(second.lines.at(-1)?.text ?? '') && groups(first).length === 0) {
      second.unseen = 0;
      await press(second);
    }
    await second.until(READY);
    await assertAskedOnce(sandbox, first, second);
  };
}

scenarios['w5500-question-clear: the button is pressed again'] = async (trial) => {
  const sandbox = await trial.sandbox();
  const board = trial.board(sandbox);
  await press(board);
  await board.until(/^asked/);
  // That is too early.
  board.board.press(BUTTON);
  await board.until(RUN);
  await press(board);
  await board.until(RUN);
  await board.until(READY);
  assert.equal(new Set(shown(board)).size, 2);
  assert.equal((await sandbox.runs(...groups(board))).length, 2);
  assertNoComplaints(board);
};

scenarios['w5500-question-clear: asks by itself when it is time'] = async (trial) => {
  const sandbox = await trial.sandbox();
  const board = trial.board(sandbox);
  await board.until(/^30 min are over/);
  await board.until(RUN);
  await assertAskedOnce(sandbox, board);
};

scenarios['w5500-question-clear: a run that fails'] = async (trial) => {
  const sandbox = await trial.sandbox('--failed', '1');
  const board = trial.board(sandbox);
  await press(board);
  await board.until(/^trun_\w+ failed \w+/);
  await board.until(READY);
  await assertAskedOnce(sandbox, board);
  assertNoComplaints(board);
};

scenarios['w5500-question-clear: the key is refused'] = async (trial) => {
  const sandbox = await trial.sandbox('--answer', '401', '--answer-times', '1');
  const board = trial.board(sandbox);
  await press(board);
  await board.until(/^the server said: /);
  await question(board);
  await assertAskedOnce(sandbox, board);
  assertNoComplaints(board, /^the server said: /);
};

scenarios['w5500-question-clear: the cable is plugged in after five seconds'] = async (trial) => {
  const board = trial.board(await trial.sandbox());
  board.board.chip.plug(false);
  board.board.at(5, () => board.board.chip.plug(true));
  await press(board);
  const { seconds } = await board.until(/^connecting/);
  assert(seconds < 6, `connects after ${seconds} s`);
  assert.equal(board.network.stats.requests, 1);
  assertNoComplaints(board);
};

scenarios['w5500-question-clear: the first of two name servers is dead'] = async (trial) => {
  const sandbox = await trial.sandbox();
  const board = trial.board(sandbox, { network: { deadNameServers: 1 } });
  await question(board);
  await assertAskedOnce(sandbox, board);
  assertNoComplaints(board);
};

scenarios['w5500-question-clear: a server falls silent'] = async (trial) => {
  const sandbox = await trial.sandbox('--stall-events', '1', '--stall-times', '1');
  const board = trial.board(sandbox);
  await press(board);
  await board.until(/^asked/);
  const before = board.mark().seconds;
  await board.until(TRIES_AGAIN);
  const waited = board.mark().seconds - before;
  assert(waited > 85 && waited < 95, `tries again after ${waited} s`);
  await board.until(READY);
  await assertAskedOnce(sandbox, board);
  assertNoComplaints(board, TRIES_AGAIN);
};

scenarios['w5500-question-clear: nothing listens, and then something does'] = async (trial) => {
  const sandbox = await trial.sandbox();
  const board = trial.board(undefined);
  await press(board);
  await board.until(TRIES_AGAIN, 3);
  board.network.settings.ports.set(80, sandbox.port);
  await board.until(READY);
  await assertAskedOnce(sandbox, board);
  assertNoComplaints(board, TRIES_AGAIN, /^sandbox.test: ConnectionReset$/);
};

scenarios['w5500-question-clear: the ring oscillator stands still'] = async (trial) => {
  const board = trial.board(await trial.sandbox(), { seed: 0xffffffff });
  await assert.rejects(board.until(READY), Stopped);
  assert(board.lines.some(({ text }) => text.includes("panicked at 'the ring oscillator stands still'")));
};

/** @type {[import('../board.js').Kind, string[]][]} */
const CHAINS = [
  ['w5500', ['p256', 'p384', 'rsa']],
  ['pico-w', ['p256', 'p384']],
];
for (const [kind, chains] of CHAINS) {
  for (const chain of chains) {
    scenarios[`${kind}-question-tls: a question, ${chain}`] = async (trial) => {
      const sandbox = await trial.sandbox();
      const proxy = await trial.tls(chain, sandbox);
      const board = trial.board(proxy);
      const figures = await question(board);
      await assertAskedOnce(sandbox, board);
      assertNoComplaints(board);
      assert.equal(proxy.handshakes, 1, 'one handshake for a question');
      return figures;
    };
  }
}

scenarios['w5500-question-tls: a connection cut'] = async (trial) => {
  const sandbox = await trial.sandbox('--cut-events', '1', '--cut-times', '1');
  const board = trial.board(await trial.tls('p256', sandbox));
  await question(board);
  await assertAskedOnce(sandbox, board);
  assertNoComplaints(board, TRIES_AGAIN);
};

/** @type {[string, import('../images.js').Name, string, RegExp][]} */
const REFUSED = [
  ['a stranger', 'w5500-question-tls', 'stranger', /issuer unknown/],
  ['a stranger, with the settings that ship', 'w5500-question-shipped', 'p256', /issuer unknown/],
  ['the name of another', 'pico-w-question-tls', 'other-name', /certificate is for another name/],
];
for (const [what, image, chain, why] of REFUSED) {
  scenarios[`${image}: refuses ${what}`] = async (trial) => {
    const proxy = await trial.tls(chain, await trial.sandbox());
    const network = { names: ['sandbox.test', 'ntp.test', 'api.parallel.ai', 'pool.ntp.org'] };
    const board = trial.board(proxy, { network });
    await refused(board, why);
  };
}

scenarios['w5500-question-tls: refuses a certificate that has expired'] = async (trial) => {
  const proxy = await trial.tls('p256', await trial.sandbox());
  const board = trial.board(proxy, { network: { unixSeconds: () => 2_500_000_000 } });
  await refused(board, /certificate expired on/);
};

scenarios['w5500-question-tls: asks nothing while it does not know the time'] = async (trial) => {
  const sandbox = await trial.sandbox();
  const board = trial.board(await trial.tls('p256', sandbox), {
    network: { isTimeSilent: true },
  });
  await press(board);
  await board.until(/does not know what time it is; asks again in 16 s/);
  assert.equal(board.network.stats.connections, 0);
  board.network.settings.isTimeSilent = false;
  await board.until(READY);
  await assertAskedOnce(sandbox, board);
  assertNoComplaints(board, /does not know what time it is/);
};

scenarios['w5500-question-tls: asks for the time at once when the network is another'] = async (trial) => {
  const proxy = await trial.tls('p256', await trial.sandbox());
  const simulation = trial.board(proxy, { network: { isTimeSilent: true } });
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
 * Presses the button, and runs until the answer is shown and the board waits again, with what it costs on the way.
 * @param {Simulation} board
 */
async function question(board) {
  const pressed = await press(board);
  const connects = await board.until(/^connecting/);
  const group = await board.until(/^group/);
  const answer = await board.until(RUN);
  const ready = await board.until(READY);
  return {
    'ready, s': pressed.seconds,
    'group, s': group.seconds,
    'to the group, M instructions': millions(group.instructions - connects.instructions),
    'to the answer, M instructions': millions(answer.instructions - group.instructions),
    'stack, bytes': ready.stack,
  };
}

/**
 * It is refused, having been sent a hello and an alert.
 * @param {Simulation} board
 * @param {RegExp} why
 */
async function refused(board, why) {
  await press(board);
  await board.until(/^tries again in 60 s/);
  assert(
    board.lines.some(({ text }) => why.test(text)),
    `no line like ${why}`,
  );
  assert(!board.lines.some(({ text }) => /^group/.test(text)));
  const { bytesFromGuest } = board.network.stats;
  assert(bytesFromGuest < 300, `${bytesFromGuest} bytes for a server that is none of ours`);
}

/**
 * There is one run in all of the groups that boards have made, and they have shown its answer: once, or once more after
 * a loss of power.
 * @param {Sandbox} sandbox
 * @param {Simulation[]} boards
 */
async function assertAskedOnce(sandbox, ...boards) {
  const runs = await sandbox.runs(...groups(...boards));
  assert.equal(runs.length, 1, `asked ${runs.length} times`);
  const answers = shown(...boards);
  assert.deepEqual([...new Set(answers)], runs);
  assert(answers.length <= boards.length, 'an answer was shown again');
}
