// A port that outlives its processes: a service manager opens it, or a process hands it on. Clients that connect all
// the time see no refused connection, and no handshake that fails.
"use strict";
const assert = require("node:assert/strict");
const { spawn, spawnSync } = require("node:child_process");
const fs = require("node:fs");
const http = require("node:http");
const os = require("node:os");
const path = require("node:path");
const { test } = require("node:test");
const { calm, program } = require("./support/conformance");
const { connected, prepare, ways } = require("./support/clients");
const { next, within } = require("./support/wait");

const hasPython = spawnSync("python3", ["-V"]).status === 0;
const handshake = "/socket.io/?EIO=4&transport=polling";

/** Opens sessions one after the other, each on a connection of its own, until it is stopped. */
function knock(where, agents = 8) {
  const outcomes = new Map();
  const waiting = [];
  let count = 0;
  let is_over = false;
  const once = () =>
    new Promise((resolve) => {
      const asked = http.get({ ...where, path: handshake, agent: false }, (answer) => {
        answer.resume();
        answer.once("end", () => resolve(answer.statusCode));
        answer.once("error", (error) => resolve(error.code));
      });
      asked.once("error", (error) => resolve(error.code));
    });
  const work = async () => {
    while (!is_over) {
      const outcome = await once();
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      count += 1;
      for (const check of waiting) check();
    }
  };
  const working = Promise.all(Array.from({ length: agents }, work));
  /** Resolves after so many more. */
  const more = (n) => {
    const goal = count + n;
    return within(new Promise((resolve) => waiting.push(() => count >= goal && resolve())), `${n} more handshakes`);
  };
  const stop = async () => {
    is_over = true;
    await working;
    return Object.fromEntries(outcomes);
  };
  return { more, stop };
}

/** Runs support/service_manager.py. */
function manager(t, ...flags) {
  const child = spawn("python3", [path.join(__dirname, "support/service_manager.py"), ...flags], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  t.after(() => child.stdin.end());
  const lines = [];
  const waiting = new Set();
  let rest = "";
  child.stdout.on("data", (text) => {
    rest += text;
    const parts = rest.split("\n");
    rest = parts.pop();
    lines.push(...parts);
    for (const check of waiting) check();
  });
  /** The next line that begins so; it is taken away. */
  const line = (begin) =>
    within(
      new Promise((resolve) => {
        const check = () => {
          const at = lines.findIndex((each) => each.startsWith(begin));
          if (at === -1) return;
          waiting.delete(check);
          resolve(lines.splice(at, 1)[0].slice(begin.length).trim());
        };
        waiting.add(check);
        check();
      }),
      `the line "${begin}…"`,
    );
  const start = async () => {
    child.stdin.write("start\n");
    return line("started ");
  };
  const stop = async (pid) => {
    child.stdin.write(`stop ${pid}\n`);
    assert.equal(await line(`ended ${pid} `), "0");
  };
  return { line, start, stop };
}

function acrossRestarts(kind) {
  return async (t) => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "cosio-activation-"));
    t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
    const socketPath = path.join(folder, "web");
    const unix = kind === "Unix" ? ["--unix", socketPath] : [];
    const manages = manager(t, ...unix, program(), ...calm, "--spread", "100");
    const port = Number(await manages.line("port "));
    const knocking = knock(kind === "Unix" ? { socketPath } : { host: "127.0.0.1", port }); // before anybody serves
    let pid = await manages.start();
    assert.equal(await manages.line("told "), "READY=1");
    for (let i = 0; i < 3; i += 1) {
      await knocking.more(50);
      await manages.stop(pid);
      assert.equal(await manages.line("told "), "STOPPING=1");
      pid = await manages.start();
      assert.equal(await manages.line("told "), "READY=1");
    }
    await knocking.more(50);
    const outcomes = await knocking.stop();
    assert.deepEqual(Object.keys(outcomes), ["200"], JSON.stringify(outcomes));
    await manages.stop(pid);
  };
}

const skip = !hasPython && "no python3";
test("a TCP socket of the service manager is served across restarts", { skip }, acrossRestarts("TCP"));
test("a Unix socket of the service manager is served across restarts", { skip }, acrossRestarts("Unix"));

/** The process that this one has started. */
function childOf(pid) {
  for (const each of fs.readdirSync("/proc")) {
    if (!/^\d+$/.test(each)) continue;
    try {
      const stat = fs.readFileSync(`/proc/${each}/stat`, "utf8");
      if (stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1] === String(pid)) return Number(each);
    } catch {
      // it has ended meanwhile
    }
  }
  return undefined;
}

const chat = process.env.CHAT_APP;
const canHandOn = chat && fs.existsSync("/proc/self/stat");
test("a process hands its port on to the next one, with its clients", { skip: !canHandOn && "no chat, or no /proc" }, async (t) => {
  const first = spawn(chat, ["--port", "0"], { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => first.kill("SIGKILL"));
  const ended = new Promise((resolve) => first.once("exit", (code, signal) => resolve({ code, signal })));
  const url = await within(
    new Promise((resolve) => {
      first.stdout.on("data", (text) => {
        const found = /listening on (http:\/\/\S+:\d+)\n/.exec(String(text));
        if (found) resolve(found[1]);
      });
    }),
    "the chat",
  );
  const { port } = new URL(url);
  const sockets = [];
  for (const way of ways) {
    const again = { reconnection: true, reconnectionDelay: 10, ...way.options };
    const socket = await connected(prepare(t, `http://127.0.0.1:${port}`, again));
    const errors = [];
    socket.on("connect_error", (error) => errors.push(error.message));
    sockets.push({ socket, errors, back: next(socket, "connect") });
  }
  const knocking = knock({ host: "127.0.0.1", port: Number(port) });
  await knocking.more(50);
  first.kill("SIGUSR2");
  const successor = await within(
    (async () => {
      for (let pid = childOf(first.pid); ; pid = childOf(first.pid)) {
        if (pid) return pid;
        await new Promise(setImmediate);
      }
    })(),
    "the successor",
  );
  t.after(() => process.kill(successor, "SIGKILL"));
  assert.deepEqual(await within(ended, "the end of the first"), { code: 0, signal: null });
  await Promise.all(sockets.map(({ back }) => back));
  await knocking.more(50);
  const outcomes = await knocking.stop();
  assert.deepEqual(Object.keys(outcomes), ["200"], JSON.stringify(outcomes));
  for (const { errors } of sockets) assert.deepEqual(errors, []);
});
