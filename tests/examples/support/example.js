// The examples as child processes: started in their folder, on free ports, ended by SIGTERM; they must end well.
"use strict";
const assert = require("node:assert/strict");
const { spawn } = require("node:child_process");
const path = require("node:path");
const { after, before } = require("node:test");
const { within } = require("../../interop/support/wait");

const folder = path.join(__dirname, "../../../apps/examples");

function program(name) {
  const programs = process.env.EXAMPLES;
  if (!programs) throw new Error("EXAMPLES must be the folder with the programs of the examples");
  return path.join(programs, `example_${name}`);
}

/** Runs an example: {child, url: promise, exited: promise of {code, signal}, output, says(text)}. */
function launch(name, ...args) {
  const child = spawn(program(name), ["0", ...args], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  const run = { child, output: "" };
  const looks = new Set();
  const read = (text) => {
    run.output += text;
    for (const look of looks) look();
  };
  child.stdout.on("data", read);
  child.stderr.on("data", read);
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  run.exited = new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      process.off("exit", kill);
      resolve({ code, signal });
    });
  });
  run.exited.catch(() => {});
  /** Resolves with the match when the output has it. */
  run.says = (pattern) => {
    const found = new Promise((resolve, reject) => {
      const look = () => {
        const match = run.output.match(pattern);
        if (!match) return;
        looks.delete(look);
        resolve(match);
      };
      looks.add(look);
      look();
      run.exited.then(({ code, signal }) => reject(new Error(`it ended (${signal ?? code}): ${run.output}`)), reject);
    });
    return within(found, `${pattern} in the output of ${name}`);
  };
  run.url = run.says(/listening on (https?):\/\/\S*?:(\d+)\b/).then(([, scheme, port]) => `${scheme}://127.0.0.1:${port}`);
  run.url.catch(() => {}); // whoever awaits it sees the failure
  return run;
}

/** Sends SIGTERM; the example must end with status 0. */
async function end(run) {
  run.child.kill("SIGTERM");
  const { code, signal } = await within(run.exited, "the end of the example");
  assert.deepEqual({ code, signal }, { code: 0, signal: null }, run.output);
}

/** An example that lives as long as the tests of this file: {url, run}. `args` may be a function. */
function example(name, args = []) {
  const app = {};
  before(async () => {
    app.run = launch(name, ...(typeof args === "function" ? await args() : args));
    app.url = await app.run.url;
  });
  after(async () => {
    if (app.run) await end(app.run);
  });
  return app;
}

module.exports = { end, example, folder, launch };
