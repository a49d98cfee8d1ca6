// The comparison measures what the command line asks for, and its table and chart show every server.
"use strict";
const assert = require("node:assert/strict");
const test = require("node:test");
const { chart, lengths } = require("../../apps/bench/drive/chart");
const { comparison } = require("../../apps/bench/drive/compare");
const { peers, compared } = require("../../apps/bench/drive/contenders");
const { plan, readWords, steps } = require("../../apps/bench/drive/plan");

const planOf = (...words) => plan(readWords(words));

test("without --peers no server of another language is measured", () => {
  assert.deepEqual(planOf().serverNames, ["floor", "floor-gather", "cosio", "node"]);
});

test("--peers alone means all of them, also before another option", () => {
  const expected = ["floor", "floor-gather", "cosio", "node", ...Object.keys(peers)];
  assert.deepEqual(planOf("--peers").serverNames, expected);
  assert.deepEqual(planOf("--peers", "--reps", "3").serverNames, expected);
});

test("--peers takes names", () => {
  assert.deepEqual(planOf("--peers", "bun,go").serverNames.slice(4), ["bun", "go"]);
  assert.throws(() => planOf("--peers", "perl"), /there is no 'perl'/);
});

test("--servers chooses among servers and peers", () => {
  assert.deepEqual(planOf("--servers", "cosio,bun").serverNames, ["cosio", "bun"]);
});

test("with peers the scenarios are those that they know, and no system calls are counted, unless all is asked for", () => {
  const few = planOf("--peers");
  assert.deepEqual(few.workNames, compared);
  assert.equal(few.withCalls, false);
  assert.ok(few.workNames.every((work) => !few.works[work].tls));
  const all = planOf("--peers", "--full");
  assert.ok(all.workNames.includes("echo-tls"));
  assert.equal(all.withCalls, true);
});

test("servers take part where they can", () => {
  const todo = steps(planOf("--peers", "bun", "--full", "--scenarios", "echo-1,broadcast-8,json-back,echo-tls"), 1).filter((step) => !step.calls);
  const who = (work) => todo.filter((step) => step.work === work).map((step) => step.server);
  assert.deepEqual(who("echo-tls"), ["floor", "cosio"]);
  assert.deepEqual(who("json-back"), ["cosio", "node", "bun"]);
  assert.ok(who("broadcast-8").includes("floor-gather"));
  assert.ok(!who("echo-1").includes("floor-gather"));
});

const planned = planOf("--peers", "bun", "--scenarios", "echo-1,broadcast-8,idle");
const timed = (work, server, rep, us) => ({ work, server, rep, unit: "event", server_cpu_us_per_unit: us });
const rows = [
  timed("echo-1", "floor", 0, 4),
  timed("echo-1", "cosio", 0, 5),
  timed("echo-1", "cosio", 1, 10),
  timed("echo-1", "cosio", 2, 6),
  timed("echo-1", "node", 0, 100),
  timed("echo-1", "bun", 0, 10),
  timed("echo-1", "bun", 1, 30),
  timed("echo-1", "bun", 2, 9),
  timed("broadcast-8", "floor", 0, 3),
  timed("broadcast-8", "floor-gather", 0, 0.4),
  timed("broadcast-8", "cosio", 0, 2),
  timed("broadcast-8", "bun", 0, 1),
  { work: "broadcast-8", server: "node", rep: 0, failure: "no answer" },
  { work: "idle", server: "cosio", rep: 0, server_rss_bytes_per_connection: 2000, server_rss_before_bytes: 10 * 1_048_576 },
];

test("the table has medians, and the best of the others beside ours", () => {
  const line = comparison(rows, planned).split("\n")[2];
  assert.equal(line, "| echo, 50 clients, 1 outstanding: µs CPU per event | 4.00 | 6.00 | 100 | 10.0 | 2.00 (Bun) |");
});

test("the table shows a loss, a failure, and the floor that gathers", () => {
  const line = comparison(rows, planned).split("\n")[3];
  assert.equal(line, "| broadcast to 1,000, 8 in flight; the floor gathers: µs CPU per event | 0.400 | 2.00 | failed | 1.00 | **0.500 (Bun)** |");
});

test("the table has memory in lines of its own", () => {
  const [bytes, before] = comparison(rows, planned).split("\n").slice(4);
  assert.equal(bytes, "| 2,000 idle connections: bytes per connection | – | 2,000 | – | – | – |");
  assert.equal(before, "| 2,000 idle connections: MiB before the first one | – | 10.0 | – | – | – |");
});

test("a bar that is much longer than ours is cut, and only such a one", () => {
  assert.deepEqual(lengths([1, 2, 24.1], 2), [{ length: 1 / 24, cut: false }, { length: 2 / 24, cut: false }, { length: 1, cut: true }]);
  assert.deepEqual(lengths([1, 100], undefined), [{ length: 0.01, cut: false }, { length: 1, cut: false }]);
  assert.deepEqual(lengths([0, 0], 0), [{ length: 0, cut: false }, { length: 0, cut: false }]);
});

test("the chart names every server that was measured", () => {
  const picture = chart(rows, planned);
  for (const name of ["floor", "floor, gathering", "cosio", "Node.js", "Bun"]) assert.ok(picture.includes(`>${name}<`), name);
});
