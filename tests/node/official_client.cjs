// The sandbox in, a verdict out: does the service's official TypeScript client find in it the service that it knows?
//
// It makes each call, follows a group to its end, meets each error, and writes the requests that `tests/cases/requests.json` has
// of the Python client.
//
//     npm ci --prefix target/node      # after copying package.json and package-lock.json there
//     NODE_PATH=target/node/node_modules node tests/node/official_client.cjs target/debug/taskgroup-sandbox
//
// Exit codes: 0 it does, 1 it does not.
//
// Limits: needs Node 20.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const readline = require('node:readline');
const Parallel = require('parallel-web');

const TABLE = path.join(__dirname, '..', 'cases', 'requests.json');
const COUNT = 40;
/** Calls that are named otherwise than in Python, whose names these are. */
const METHODS = { add_runs: 'addRuns', get_runs: 'getRuns', retrieve_run: 'retrieveRun', retrieve_input: 'retrieveInput' };

async function main() {
  const server = process.argv[2];
  await followAGroup(server);
  await resultsAndProgress(server);
  await meetErrors(server);
  await writeTheSameRequests(server);
}

/** Runs `use` with a client of a sandbox with these flags. */
async function withSandbox(server, flags, use) {
  const child = spawn(server, flags, { stdio: ['ignore', 'pipe', 'inherit'] });
  const settings = {};
  try {
    for await (const line of readline.createInterface({ input: child.stdout })) {
      const [name, value] = line.split(/=(.*)/);
      settings[name] = value;
      if (name === 'TASKGROUP_ID') break;
    }
    const client = (more) =>
      new Parallel({ apiKey: settings.PARALLEL_API_KEY, baseURL: settings.PARALLEL_BASE_URL, maxRetries: 0, ...more });
    await use(client(), settings.TASKGROUP_ID, client);
  } finally {
    const exit = once(child, 'exit');
    child.kill();
    assert.deepEqual(await exit, [0, null]);
  }
}

async function collect(stream) {
  const events = [];
  for await (const event of await stream) events.push(event);
  return events;
}

/** Everything that one does with a group: every input is asked once, and every answer comes once. */
async function followAGroup(server) {
  await withSandbox(server, ['--runs', '0', '--cancelled', '0.1'], async (client) => {
    const group = await client.taskGroup.create({ metadata: { team: 'größe', size: COUNT } });
    const id = group.taskgroup_id;
    assert.deepEqual((await client.taskGroup.retrieve(id)).metadata, { team: 'größe', size: COUNT });
    const inputs = Array.from({ length: COUNT }, (_, row) => ({
      processor: 'core',
      input: `Größe von ${row}? 🚀`,
      metadata: { row },
    }));
    const default_task_spec = { output_schema: { type: 'text', description: 'A report.' } };
    const first = await client.taskGroup.addRuns(id, { inputs: inputs.slice(0, 30), default_task_spec });
    const second = await client.taskGroup.addRuns(id, { inputs: inputs.slice(30), default_task_spec });
    assert.deepEqual([first.run_cursor, first.event_cursor], [null, null]);
    const ids = [...first.run_ids, ...second.run_ids];
    assert.equal(second.status.num_task_runs, COUNT);

    const events = await collect(client.taskGroup.events(id));
    const ended = events.filter((event) => event.type === 'task_run.state');
    assert.deepEqual(ended.map((event) => event.run.run_id).sort(), [...ids].sort());
    assert.ok(ended.every((event) => !event.run.is_active && event.output === null));
    assert.equal(events.filter((event) => event.type === 'task_group_status').pop().status.is_active, false);
    const middle = events[events.length >> 1].event_id;
    assert.deepEqual(await collect(client.taskGroup.events(id, { last_event_id: middle })), events.slice((events.length >> 1) + 1));

    const runs = await collect(client.taskGroup.getRuns(id, { include_input: true, include_output: true }));
    assert.deepEqual(runs.map((event) => event.run.run_id), ids);
    assert.deepEqual(runs.map((event) => event.input.input), inputs.map((input) => input.input));
    assert.deepEqual(runs.map((event) => event.run.metadata.row), inputs.map((_, row) => row));
    for (const event of runs.filter((event) => event.run.status === 'completed')) {
      assert.ok(event.output.content.startsWith(`Answer to: ${event.input.input}\n`));
    }
    const after = await collect(client.taskGroup.getRuns(id, { last_event_id: second.run_cursor }));
    assert.deepEqual(after.map((event) => event.run.run_id), second.run_ids);
    let count = 0;
    for (const status of ['completed', 'failed', 'cancelled', 'queued', 'running', 'cancelling', 'action_required']) {
      count += (await collect(client.taskGroup.getRuns(id, { status }))).length;
    }
    assert.equal(count, COUNT);
    const run = await client.taskGroup.retrieveRun(ids[3], { taskgroup_id: id });
    assert.deepEqual(run, runs[3].run);
    console.log(`the TypeScript client followed ${ended.length} runs of a group to their end`);
  });
}

/** Runs alone: created, waited for, with their progress. */
async function resultsAndProgress(server) {
  await withSandbox(server, ['--failed', '0.3'], async (client) => {
    const properties = { gdp: { type: 'string' }, year: { type: 'integer' } };
    const json_schema = { type: 'object', properties };
    const ends = {};
    for (let row = 0; row < 12; row += 1) {
      const input = { country: 'France', row };
      const run = await client.taskRun.create({ processor: 'base', input, task_spec: { output_schema: { type: 'json', json_schema } } });
      assert.deepEqual((await client.taskRun.retrieveInput(run.run_id)).input, input);
      const [progress, result] = await Promise.all([
        collect(client.taskRun.events(run.run_id)),
        client.taskRun.result(run.run_id, { timeout: 60 }).catch((error) => error),
      ]);
      const { status } = await client.taskRun.retrieve(run.run_id);
      ends[status] = (ends[status] ?? 0) + 1;
      assert.deepEqual([progress[0].type, progress.at(-1).type], ['task_run.state', 'task_run.state']);
      assert.ok(progress.some((event) => event.type === 'task_run.progress_stats'));
      if (status === 'failed') {
        assert.ok(result instanceof Parallel.NotFoundError && progress.at(-1).run.error.message);
      } else {
        assert.deepEqual(Object.keys(result.output.content), Object.keys(properties));
        assert.equal(result.output.content.gdp, `Answer to: ${JSON.stringify(input)}`);
        assert.deepEqual(progress.at(-1).output, result.output);
      }
    }
    assert.deepEqual(Object.keys(ends).sort(), ['completed', 'failed']);
    console.log(`the TypeScript client waited for results: ${JSON.stringify(ends)}`);
  });
}

/** The client knows each error for what it is, and gets over those that pass. */
async function meetErrors(server) {
  await withSandbox(server, ['--runs', '1'], async (client, group, another) => {
    for (const [Class, call] of [
      [Parallel.NotFoundError, () => client.taskGroup.retrieve('tgrp_none')],
      [Parallel.NotFoundError, () => client.taskRun.result('trun_none')],
      [Parallel.UnprocessableEntityError, () => client.taskGroup.addRuns(group, { inputs: [] })],
      [Parallel.UnprocessableEntityError, () => client.taskRun.create({ processor: 'mega', input: 'x' })],
      [Parallel.UnprocessableEntityError, () => client.taskGroup.getRuns(group, { status: 'done' })],
      [Parallel.AuthenticationError, () => another({ apiKey: 'wrong' }).taskGroup.create({})],
    ]) {
      await assert.rejects(async () => call(), Class);
    }
  });
  for (const [status, Class] of [
    [402, Parallel.APIError],
    [403, Parallel.PermissionDeniedError],
    [429, Parallel.RateLimitError],
    [503, Parallel.InternalServerError],
  ]) {
    const flags = ['--answer', String(status), '--answer-times', '2', '--retry-after-ms', '10', '--answer-to', 'POST'];
    await withSandbox(server, flags, async (client, _group, another) => {
      await assert.rejects(async () => client.taskGroup.create({}), (error) => error instanceof Class && error.status === status);
      if (status >= 429) assert.ok((await another({ maxRetries: 2 }).taskGroup.create({})).taskgroup_id);
    });
  }
  console.log('the TypeScript client knows the errors for what they are');
}

/** What this client writes for the arguments of the table is what the Python client writes. */
async function writeTheSameRequests(server) {
  const rows = JSON.parse(fs.readFileSync(TABLE, 'utf8'));
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'taskgroup-node-'));
  const file = path.join(folder, 'requests.jsonl');
  try {
    await withSandbox(server, ['--runs', '1', '--failed', '0', '--awkward-ids', '--record', file], async (client, group) => {
      const [{ run }] = await collect(client.taskGroup.getRuns(group));
      const renamed = (text) => text.replaceAll(group, 'tgrp_1').replaceAll(run.run_id, 'trun_1');
      for (const row of rows) {
        const text = JSON.stringify(row.arguments).replaceAll('tgrp_1', group).replaceAll('trun_1', run.run_id);
        const stream = await call(client, row.call, JSON.parse(text));
        stream?.controller?.abort();
        const line = fs.readFileSync(file, 'utf8').trimEnd().split('\n').pop();
        const { method, path: target, query, headers, body } = JSON.parse(renamed(line));
        // JSON has no 0.0, and a parameter that is null has an empty value here and is left out there.
        const value = (text) => (Number.isNaN(Number(text)) ? text : String(Number(text)));
        const pairs = (all) => all.filter(([, text]) => text !== '').map(([name, text]) => [name, value(text)]);
        const have = { method, path: target, query: pairs(query), beta: headers['parallel-beta'], accept: headers.accept, body };
        const { headers: known, ...want } = row.request;
        assert.deepEqual(
          have,
          { ...want, query: pairs(want.query), beta: known['parallel-beta'], accept: known.accept },
          row.id,
        );
      }
    });
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
  console.log(`the TypeScript client writes the same ${rows.length} requests as the Python client`);
}

/** Makes a call of the Python client with this one. */
async function call(client, name, { task_group_id: group, run_id: run, api_timeout: timeout, ...rest }) {
  const [resource, method] = name.split('.');
  const target = client[resource === 'task_group' ? 'taskGroup' : 'taskRun'];
  const params = timeout === undefined ? rest : { ...rest, timeout };
  const of = METHODS[method] ?? method;
  if (method === 'create') return target.create(params);
  if (method === 'retrieve_run') return target.retrieveRun(run, { taskgroup_id: group });
  const id = run ?? group;
  return Object.keys(params).length === 0 && method !== 'add_runs' ? target[of](id) : target[of](id, params);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
