// Servers of this library and of Node on one broker, and the clients of a test.
"use strict";
const path = require("node:path");
const { execFileSync } = require("node:child_process");
const { calm, end, launch, start } = require("../../interop/support/conformance");
const { open } = require("../../interop/support/clients");
const { control } = require("../../interop/support/control");
const { within } = require("../../interop/support/wait");

/** A server of this library. `adapter`: classic, sharded, streams, postgres or undefined. */
function startCosio(adapter, broker, flags = []) {
  const named = hasOption("--adapter") ? ["--adapter", adapter, "--broker", broker?.url] : ["--redis", broker?.url];
  const where = adapter ? named : [];
  return server(launch("--port", "0", ...calm, ...where, ...flags), "cosio");
}

/** A server of Node with an adapter of support/adapters.js. */
function startNode(adapter, broker, { recovery = 0 } = {}) {
  const { url, ports } = broker;
  const words = [path.join(__dirname, "node_server.js"), adapter, JSON.stringify({ url, ports }), String(recovery)];
  return server(start(process.execPath, words), "node");
}

async function server(running, kind) {
  const url = await running.listening;
  return { kind, url, running, pid: running.child.pid, stop: () => end(running), log: () => running.stderr };
}

/** Whether the conformance app has this option. */
function hasOption(name) {
  return execFileSync(process.env.CONFORMANCE_APP, ["--help"], { encoding: "utf8" }).includes(name);
}

/** Stops servers; those of this library must end well. */
async function stopServers(servers) {
  const ended = await Promise.all(servers.map((one) => one.stop()));
  ended.forEach(({ code, signal }, at) => {
    if (code !== 0 || signal !== null) throw new Error(`${servers[at].kind} ended badly (${signal ?? code}): ${servers[at].log()}`);
  });
}

/** Waits until each server finds the sockets of all, in /control, and each hears the events of each. */
async function meet(servers) {
  const closing = [];
  const guest = { after: (task) => closing.push(task) };
  const sockets = await Promise.all(servers.map((one) => open(guest, one, "/control")));
  const all = sockets.map(({ id }) => id).sort();
  let searching = true;
  const met = async (socket) => {
    while (searching) {
      const found = await control(socket, "clients", {}).catch(() => []);
      const heard = await control(socket, "server-side-emit", { event: "hello", args: [], ack: true }).catch(() => ({ responses: [] }));
      if (all.every((id) => found.includes(id)) && heard.responses.length === servers.length - 1) return;
    }
  };
  await within(Promise.all(sockets.map(met)), "the servers to find each other").finally(() => (searching = false));
  closing.forEach((task) => task());
}

module.exports = { hasOption, meet, startCosio, startNode, stopServers };
