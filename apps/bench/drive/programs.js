// The programs of the benchmark as child processes: servers that are started and stopped, loads that run to their end.
"use strict";
const { execFileSync, spawn } = require("node:child_process");
const fs = require("node:fs");
const net = require("node:net");
const os = require("node:os");
const path = require("node:path");

const root = path.resolve(__dirname, "../../..");
const built = process.env.COSIO_BENCH_PROGRAMS || path.join(root, "build/release/apps/bench");
const program = (name) => path.join(built, { bench: "load", bench_server: "server", bench_floor: "floor", bench_rooms: "growth", "libbench_locks.so": "locks" }[name] || ".", name);

// A single-threaded server has processor 0 for itself. The load client, which then never sleeps, has processor 1: so no
// server pays for waking the client. With fewer processors there is nothing to choose.
const canPin = os.cpus().length >= 2;

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = net.createServer().once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

/** Resolves to the exit code of a child, when all that it has printed was read. */
function ended(child) {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve(code ?? signal));
  });
}

// Child processes that run, by the process that must be told to end. No child is left when this process ends early.
const alive = new Set();
process.on("exit", () => {
  for (const pid of alive) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // gone already
    }
  }
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(130));

/**
 * Starts a server and resolves when it is ready: {pid, port, stop()}. It prints "ready PID …", and ends on SIGTERM.
 *
 * @param command  words; "{port}" in them is replaced
 * @param under    words before them: a program that runs the server and watches it
 */
async function startServer(command, { under = [], pinned = false, env = {} } = {}) {
  const port = await freePort();
  const words = [...(pinned && canPin ? ["taskset", "-c", "0"] : []), ...under, ...command.map((word) => word.replace("{port}", port))];
  const child = spawn(words[0], words.slice(1), { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env } });
  alive.add(child.pid);
  const gone = ended(child).finally(() => alive.delete(child.pid));
  let said = "";
  child.stderr.on("data", (some) => (said = (said + some).slice(-2000)));
  const pid = await Promise.race([
    readyPid(child),
    gone.then((code) => Promise.reject(new Error(`${words.join(" ")} ended (${code}) before it was ready: ${said}`))),
  ]);
  alive.add(pid);
  const stop = async () => {
    process.kill(pid, "SIGTERM");
    await gone;
    alive.delete(pid);
  };
  return { pid, port, stop };
}

function readyPid(child) {
  return new Promise((resolve) => {
    let text = "";
    child.stdout.on("data", (some) => {
      text += some;
      const ready = /^(?:ready|listening)\D*(\d+)?/m.exec(text);
      if (ready && text.includes("\n", ready.index)) resolve(Number(ready[1] || child.pid));
    });
  });
}

/** Words for a message: JSON among them is cut. */
const shown = (words) => words.map((word) => (word.length > 40 ? `${word.slice(0, 40)}...` : word)).join(" ");

/**
 * Starts the load client with these words: {found, said(line), go()}. `found` resolves to what it found, and rejects
 * when the run failed. With `commanded`, for words with --on-command, said() resolves when it has printed this line,
 * rejects when the run failed before, and go() lets it go on.
 *
 * @param under  words before it: a program that runs it
 */
function startLoad(server, words, { pinned = false, watch = true, commanded = false, under = [] } = {}) {
  const flags = ["--port", String(server.port), "--json", "--quiet"];
  if (watch) flags.push("--pid", String(server.pid));
  if (pinned && canPin) flags.push("--cpu", "1", "--spin");
  const all = [...under, program("bench"), ...words, ...flags];
  const child = spawn(all[0], all.slice(1), { stdio: [commanded ? "pipe" : "ignore", "pipe", "pipe"] });
  alive.add(child.pid);
  let out = "";
  let complaints = "";
  child.stdout.on("data", (some) => (out += some));
  child.stderr.on("data", (some) => (complaints += some));
  child.stdin?.on("error", () => {}); // it ended before it was told to go on: `found` says why
  const gone = ended(child).finally(() => alive.delete(child.pid));
  const found = gone.then((code) => {
    if (code !== 0) throw new Error(`bench ${shown(words)}: ${complaints.trim() || out.trim() || `exit code ${code}`}`);
    return JSON.parse(out.slice(out.indexOf("{")));
  });
  found.catch(() => {}); // it may fail long before anybody asks
  const said = (line) =>
    new Promise((resolve, reject) => {
      const look = () => out.split("\n").slice(0, -1).includes(line) && resolve();
      child.stdout.on("data", look);
      found.then(resolve, reject);
      look();
    });
  return { found, said, go: () => child.stdin.write("\n") };
}

/** Runs the load client with these words and resolves to what it found. Fails when the run did. */
async function load(server, words, options = {}) {
  return startLoad(server, words, options).found;
}

/** Leaves processor 0 to a pinned server: this process runs on the others from now on, with all that it starts. */
function leaveFirstProcessor() {
  if (canPin) execFileSync("taskset", ["--all-tasks", "--cpu-list", "--pid", `1-${os.cpus().length - 1}`, String(process.pid)], { stdio: "ignore" });
}

/** How many descriptors a process may have here: each connection takes one. */
function descriptorLimit() {
  const line = /^Max open files\s+\S+\s+(\S+)/m.exec(fs.readFileSync("/proc/self/limits", "utf8"));
  return line && line[1] !== "unlimited" ? Number(line[1]) : Infinity;
}

function hasCommand(name) {
  return (process.env.PATH || "").split(":").some((folder) => fs.existsSync(path.join(folder, name)));
}

/** A folder that goes when this process ends. */
function scratchFolder() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "cosio-bench-"));
  process.on("exit", () => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}

module.exports = { root, program, startServer, load, startLoad, leaveFirstProcessor, descriptorLimit, hasCommand, scratchFolder };
