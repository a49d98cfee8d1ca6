// Runs `cosio connect`, and reads the JSON objects of its lines.
"use strict";
const { spawn } = require("node:child_process");
const { createInterface } = require("node:readline");

const slowness = Number(process.env.COSIO_TEST_SLOWNESS || 1);

/// Starts the command. `events` has the lines that came; `ended` gives its exit code and what it said on stderr.
function connect(t, url, ...words) {
  const child = spawn(process.env.COSIO_COMMAND, ["connect", url, "--json", ...words]);
  const events = [];
  const waiting = [];
  let said = "";
  child.stderr.on("data", (text) => (said += text));
  createInterface({ input: child.stdout }).on("line", (line) => {
    events.push(JSON.parse(line));
    for (const each of waiting.splice(0)) each();
  });
  const ended = new Promise((resolve) => child.on("close", (code) => resolve({ code, said, events })));
  t.after(() => child.kill("SIGKILL"));
  return { child, events, ended, next: () => new Promise((resolve) => waiting.push(resolve)) };
}

/// The same, to its end: ten seconds at most.
async function run(t, url, ...words) {
  const command = connect(t, url, ...words);
  const limit = setTimeout(() => command.child.kill("SIGKILL"), 10_000 * slowness);
  const result = await command.ended;
  clearTimeout(limit);
  return result;
}

module.exports = { connect, run };
