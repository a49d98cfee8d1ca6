// Programs of the machine as child processes: started with data in a folder of their own, stopped, and hurt on purpose.
"use strict";
const { spawn } = require("node:child_process");
const fs = require("node:fs");
const net = require("node:net");
const os = require("node:os");
const path = require("node:path");
const { within } = require("../../interop/support/wait");

/** A port that nobody listens on. Others may take it before it is used: whoever starts a program tries again then. */
function freePort() {
  return new Promise((resolve, reject) => {
    const probe = net.createServer().once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

// PostgreSQL of Debian and nginx stand where an ordinary PATH does not look.
function places() {
  const folders = (process.env.PATH ?? "").split(":");
  const versions = "/usr/lib/postgresql";
  const newest = fs.existsSync(versions) ? fs.readdirSync(versions).sort((a, b) => Number(b) - Number(a)) : [];
  return [...folders, "/usr/sbin", "/sbin", ...newest.map((version) => path.join(versions, version, "bin"))];
}

/** The path of a program. Fails with the package to install: a test that lacks its broker must not pass. */
function program(name, debian) {
  const found = places().map((folder) => path.join(folder, name)).find((file) => fs.existsSync(file));
  if (!found) throw new Error(`these tests need ${name}, which is not installed (on Debian: apt-get install ${debian})`);
  return found;
}

/** A new folder below the build folder. `owner`: who has it; then it is where that user may go. */
function folder(name, owner) {
  const base = owner ? os.tmpdir() : (process.env.COSIO_TEST_FOLDER ?? os.tmpdir());
  fs.mkdirSync(base, { recursive: true });
  const made = fs.mkdtempSync(path.join(base, `cosio-${name}-`));
  if (owner) fs.chownSync(made, owner.uid, owner.gid);
  return made;
}

// Programs that run, so that nothing is left when this process ends early.
const alive = new Set();
process.on("exit", () => {
  for (const child of alive) child.kill("SIGKILL");
});

/**
 * Starts a program and waits for its line.
 *
 * @param ready  a part of what it prints when it can be used; without it, it is not waited for
 * @param as     {uid, gid}
 * @param under  words before it: a program that becomes this one
 * @return {pid, said(), stop(signal), kill(), pause(), resume(), ended}
 */
async function run(file, words, { ready, as = {}, under = [], signal = "SIGTERM", cwd } = {}) {
  const [first, ...others] = [...under, file, ...words];
  const child = spawn(first, others, { stdio: ["ignore", "pipe", "pipe"], cwd, ...as });
  alive.add(child);
  const ended = new Promise((resolve) => child.once("close", (code, by) => resolve(by ?? code)));
  ended.then(() => alive.delete(child));
  let said = "";
  await within(
    new Promise((resolve, reject) => {
      child.once("error", (failure) => (alive.delete(child), reject(failure)));
      if (!ready) child.once("spawn", resolve);
      for (const stream of [child.stdout, child.stderr]) {
        stream.on("data", (text) => {
          said = (said + text).slice(-20_000);
          if (ready && said.includes(ready)) resolve();
        });
      }
      ended.then((how) => reject(new Error(`${path.basename(file)} ended (${how}): ${said}`)));
    }),
    `${path.basename(file)} to be ready`,
  );
  for (const one of [child, child.stdout, child.stderr]) one.unref(); // a test that failed ends, and with it all programs
  const send = (what) => child.kill(what);
  return {
    pid: child.pid,
    ended,
    said: () => said,
    pause: () => send("SIGSTOP"),
    resume: () => send("SIGCONT"),
    async stop() {
      send("SIGCONT"); // a stopped program hears nothing
      send(signal);
      return within(ended, `the end of ${path.basename(file)}`);
    },
    async kill() {
      send("SIGKILL");
      return within(ended, `the end of ${path.basename(file)}`);
    },
  };
}

/** Runs a program to its end; fails when it does. What it printed. */
async function once(file, words, { as = {} } = {}) {
  const child = spawn(file, words, { stdio: ["ignore", "pipe", "pipe"], ...as });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (said += text));
  const ended = new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  const code = await within(ended, `the end of ${path.basename(file)}`).catch((failure) => {
    child.kill("SIGKILL");
    throw new Error(`${failure.message}: ${said}`);
  });
  if (code !== 0) throw new Error(`${path.basename(file)} failed (${code}): ${said}`);
  return said;
}

const remove = (made) => fs.rmSync(made, { recursive: true, force: true });

module.exports = { folder, freePort, once, program, remove, run };
