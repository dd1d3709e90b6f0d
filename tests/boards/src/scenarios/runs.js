/**
 * The program that shows the runs of a group.
 *
 * @typedef {import('../simulation.js').Simulation} Simulation
 * @typedef {import('../servers.js').Sandbox} Sandbox
 * @typedef {import('../trial.js').Trial} Trial
 */
import assert from 'node:assert/strict';
import { KEPT } from '../flash.js';
import { GROUP } from '../images.js';
import { Stopped } from '../simulation.js';
import {
  assertNoComplaints,
  BUTTON,
  complaintsOfLoss,
  lampStaysOn,
  losesNetwork,
  millions,
  RESTS,
  RUN,
  shown,
  TRIES_AGAIN,
} from '../trial.js';

/** What each start and each minute begin with. */
const ASKS = /^runs of tgrp_\w+ at \S+, after event "(.*)"$/;

/**
 * Where power is lost: runs that come before the sandbox cuts a connection, each time; and bytes that are written until
 * then, or erased. A handshake takes the simulator a second, so over TLS there are fewer cuts, and fewer writes.
 */
const POWER = {
  clear: { cut: 10, program: [100, 300, 700], erase: [5, 4000] },
  tls: { cut: 50, program: [20, 70, 130], erase: [5, 4000] },
};
/** Or the runs that were shown by then. */
const SHOWN = [1, 15, 33, 60, 99];

/** @type {import('../scenarios.js').Scenarios} */
export const scenarios = {};

for (const kind of /** @type {const} */ (['w5500', 'pico-w'])) {
  for (const settings of /** @type {const} */ (['clear', 'tls'])) {
    const image = /** @type {const} */ (`${kind}-runs-${settings}`);
    /** @param {Trial} trial @param {string[]} faults */
    const start = async (trial, ...faults) => {
      const sandbox = await trial.sandbox(...faults);
      return { sandbox, server: settings === 'tls' ? await trial.tls('p256', sandbox) : sandbox };
    };

    scenarios[`${image}: 100 runs`] = async (trial) => {
      const { sandbox, server } = await start(trial);
      const board = trial.board(server);
      const figures = await hundredRuns(board);
      await assertEachOnce(sandbox, board);
      assertNoComplaints(board);
      assert.equal(board.network.stats.discovers, 1, 'one lease for a start');
      assert.equal(board.network.stats.connections, 1, 'one connection for all runs');
      await lampStaysOn(board);
      return figures;
    };

    scenarios[`${image}: three connections cut`] = async (trial) => {
      const { sandbox, server } = await start(trial, '--cut-events', '30', '--cut-times', '3');
      const board = trial.board(server);
      await board.until(RESTS);
      await assertEachOnce(sandbox, board);
      assertNoComplaints(board, TRIES_AGAIN);
      assert.deepEqual(continued(board).slice(0, 3), ['30', '60', '90']);
    };

    scenarios[`${image}: the network goes while the server is silent, and comes back`] = async (trial) => {
      const { sandbox, server } = await start(trial, '--stall-events', '50', '--stall-times', '1');
      const board = trial.board(server);
      await board.until(RUN, 50);
      await losesNetwork(board);
      await board.until(RESTS);
      await assertEachOnce(sandbox, board);
      assertNoComplaints(board, ...complaintsOfLoss(kind));
      assert.equal(board.network.stats.connections, 2);
    };

    scenarios[`${image}: power lost at ten moments`] = async (trial) => {
      const { cut, program, erase } = POWER[settings];
      const { server } = await start(trial, '--cut-events', `${cut}`);
      // The same runs, from a sandbox that cuts nothing.
      const all = await (await trial.sandbox()).runs(GROUP);
      for (const runs of SHOWN) await losesPower(trial, server, all, cut, { runs });
      for (const bytes of erase) await losesPower(trial, server, all, cut, { erase: bytes });
      for (const bytes of program) await losesPower(trial, server, all, cut, { program: bytes });
    };
  }

  scenarios[`${kind}-runs-clear: a server falls silent`] = async (trial) => {
    const sandbox = await trial.sandbox('--stall-events', '50', '--stall-times', '1');
    const board = trial.board(sandbox);
    await board.until(RUN, 50);
    const before = board.mark().seconds;
    await board.until(TRIES_AGAIN);
    const waited = board.mark().seconds - before;
    assert(waited > 85 && waited < 95, `tries again after ${waited} s`);
    await board.until(RESTS);
    await assertEachOnce(sandbox, board);
    assertNoComplaints(board, TRIES_AGAIN);
  };

  scenarios[`${kind}-runs-clear: the first of two name servers is dead`] = async (trial) => {
    const sandbox = await trial.sandbox();
    const board = trial.board(sandbox, { network: { deadNameServers: 1 } });
    await board.until(RESTS);
    await assertEachOnce(sandbox, board);
    assertNoComplaints(board);
  };
}

scenarios['w5500-runs-clear: runs that are added later'] = async (trial) => {
  const sandbox = await trial.sandbox();
  const board = trial.board(sandbox);
  await board.until(RESTS);
  await sandbox.add(GROUP, 'What is new?', 'And what else?');
  await sandbox.ended(GROUP, 102);
  const before = board.mark().seconds;
  await board.until(RUN, 2);
  assert(board.mark().seconds - before < 61, 'it asks each minute');
  await board.until(RESTS);
  board.board.press(BUTTON);
  const pressed = board.mark().seconds;
  await board.until(RESTS);
  assert(board.mark().seconds - pressed < 1, 'it asks when the button is pressed');
  await assertEachOnce(sandbox, board);
  assertNoComplaints(board);
};

scenarios['w5500-runs-clear: runs that have not ended are waited for'] = async (trial) => {
  const sandbox = await trial.sandbox('--runs', '10', '--live', '--speed', '1');
  const board = trial.board(sandbox);
  await board.until(/^waits for trun_\w+, which is (queued|running)$/);
  await sandbox.ended(GROUP, 10);
  await board.until(/^done$/);
  await assertEachOnce(sandbox, board);
  for (const { text } of board.lines.filter(({ text }) => RUN.test(text))) {
    assert.match(text, /^trun_\w+ completed /, 'a run is shown with its answer');
  }
  assertNoComplaints(board);
};

/**
 * Runs until all is shown, with what it costs on the way.
 * @param {Simulation} board
 */
async function hundredRuns(board) {
  const asks = await board.until(ASKS);
  const first = await board.until(RUN);
  const last = await board.until(RUN, 99);
  const rests = await board.until(RESTS);
  return {
    'address, s': asks.seconds,
    '100th run, s': last.seconds,
    'to the first run, M instructions': millions(first.instructions - asks.instructions),
    'to the 100th run, M instructions': millions(last.instructions - first.instructions),
    'stack, bytes': rests.stack,
  };
}

/**
 * A board loses its power, and what comes afterwards begins with the run after the one that it has stored.
 * @param {Trial} trial
 * @param {{ port: number }} server
 * @param {string[]} all the runs of the group
 * @param {number} cut runs that come before a connection is cut
 * @param {{ runs?: number, erase?: number, program?: number }} moment
 */
async function losesPower(trial, server, all, cut, { runs, ...power }) {
  const when = JSON.stringify({ runs, ...power });
  // One that held something else before, so that it must be erased first.
  const first = trial.board(server, { kept: new Uint8Array(KEPT.to - KEPT.from) });
  if (runs) {
    await first.until(RUN, runs);
  } else {
    Object.assign(first.board.flash.power, power);
    await assert.rejects(first.until(RESTS), Stopped, `power was to be lost: ${when}`);
  }
  const second = trial.board(server, { kept: first.close() });
  await second.until(RESTS);
  const before = shown(first);
  const stored = Number(ASKS.exec(second.lines.find(({ text }) => ASKS.test(text))?.text ?? '')?.[1]);
  assert.deepEqual(before, all.slice(0, before.length), `each once until then: ${when}`);
  assert.deepEqual(shown(second), all.slice(stored), `each once from the one that was stored: ${when}`);
  // The cursor is stored at each break.
  assert(stored <= before.length && before.length <= stored + cut, `${stored} of ${before.length}: ${when}`);
  second.close();
}

/**
 * A board has shown each run of the group once, in order.
 * @param {Sandbox} sandbox
 * @param {Simulation} board
 */
async function assertEachOnce(sandbox, board) {
  assert.deepEqual(shown(board), await sandbox.runs(GROUP));
}

/** The events after which it was asked to continue. @param {Simulation} board */
function continued({ lines }) {
  return lines.flatMap(({ text }) => /^asked to continue after (.*)/.exec(text)?.[1] ?? []);
}
