// The conformance app as a child process: started on a free port, stopped with SIGTERM, its exit status looked at.
"use strict";
const assert = require("node:assert/strict");
const { spawn } = require("node:child_process");
const { after, before } = require("node:test");
const { within } = require("./wait");

// Heartbeats have their own tests; in all others a busy machine must not break a connection.
const calm = ["--ping-interval", "25000", "--ping-timeout", "20000", "--connect-timeout", "45000"];

function program() {
  const path = process.env.CONFORMANCE_APP;
  if (!path) throw new Error("CONFORMANCE_APP must be the path of the conformance app");
  return path;
}

// How many threads the app has, when a test does not say.
const threads = process.env.COSIO_TEST_THREADS ? ["--threads", process.env.COSIO_TEST_THREADS] : [];

/** Runs the conformance app. */
function launch(...flags) {
  return start(program(), [...threads, ...flags]);
}

/** Runs an app. `exited` gives {code, signal}; `listening` gives its URL, and fails when it exits before. */
function start(app, flags) {
  const child = spawn(app, flags, { stdio: ["ignore", "pipe", "pipe"] });
  const run = { child, stdout: "", stderr: "" };
  run.exited = within(
    new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code, signal) => resolve({ code, signal }));
    }),
    "the app's end",
    600_000,
  );
  run.exited.catch(() => {}); // whoever awaits it sees the failure
  const orphan = () => child.kill("SIGKILL");
  process.once("exit", orphan);
  child.once("close", () => process.off("exit", orphan));
  child.stderr.on("data", (text) => (run.stderr += text));
  const line = new Promise((resolve, reject) => {
    child.stdout.on("data", (text) => {
      run.stdout += text;
      const found = /^listening on (https?:\/\/\S+:\d+)\n/m.exec(run.stdout);
      if (found) resolve(found[1]);
    });
    run.exited.then(
      ({ code, signal }) => reject(new Error(`the app ended (${signal ?? code}) before it listened: ${run.stderr}`)),
      reject,
    );
  });
  run.listening = within(line, "the line `listening on …`");
  run.listening.catch(() => {});
  return run;
}

/** Sends `signal` and returns how the app ended, and after how many milliseconds. */
async function end(run, signal = "SIGTERM") {
  const began = process.hrtime.bigint();
  run.child.kill(signal);
  const ended = await run.exited;
  return { ...ended, milliseconds: Number(process.hrtime.bigint() - began) / 1e6 };
}

/** An app that lives as long as the tests of this file or suite; it must end well when they are done. */
function conformance(...flags) {
  const app = {};
  before(async () => {
    app.run = launch("--port", "0", ...calm, ...flags);
    app.url = await app.run.listening;
  });
  after(async () => {
    if (!app.run) return;
    const { code, signal } = await end(app.run);
    assert.deepEqual({ code, signal }, { code: 0, signal: null }, `the app ended badly: ${app.run.stderr}`);
  });
  return app;
}

module.exports = { calm, conformance, launch, program, start, end };
