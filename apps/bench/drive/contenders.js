// The measured servers, and the work that they do.
"use strict";
const path = require("node:path");
const { json } = require("./data");
const { root, program } = require("./programs");
const { someRows } = require("./rows");

// Without bufferutil, as npm installs it.
const plainNode = { WS_NO_BUFFER_UTIL: "1" };
const ours = [program("bench_server"), "{port}"];
/** The words behind a command, or behind those of a load, for this scenario. */
const more = (work) => (work.tls ? ["--tls"] : []);
const forThreads = ["echo-1", "echo-16", "broadcast-1", "broadcast-8", "connect", "json"];

/**
 * tls     it takes --tls
 * pinned  it has one thread, a processor for itself, and the load client the other one
 * colour  in charts; none: not drawn
 * other   it is compared with ours
 * only    the scenarios that it takes part in
 */
const servers = {
  floor: { title: "floor", colour: 0, command: [program("bench_floor"), "{port}"], pinned: true, tls: true },
  "floor-gather": { title: "floor, gathering", colour: 3, command: [program("bench_floor"), "{port}", "--gather"], pinned: true, tls: true, only: ["broadcast-8", "broadcast-8-tls"] },
  cosio: { title: "cosio", colour: 1, command: ours, pinned: true, tls: true },
  node: { title: "Node.js", colour: 2, command: ["node", path.join(__dirname, "../node/server.js"), "{port}"], env: plainNode, pinned: true, warmup: 2, other: true },
  "cosio-1": { title: "cosio, 1 thread", command: [...ours, "--threads", "1"], only: forThreads },
  "cosio-2": { title: "cosio, 2 threads", command: [...ours, "--threads", "2"], only: forThreads },
};

const peer = (name) => path.join(__dirname, "../peers", name);
const builtPeer = (name) => path.join(process.env.COSIO_BENCH_PEERS || path.join(root, "build/peers"), name);
const bun = builtPeer("bun/node_modules/.bin/bun");
const asPeer = (title, colour, needs, command, more = {}) => ({ title, colour, needs, command: [...command, "{port}"], pinned: true, other: true, ...more });
const python = builtPeer("python/bin/python");
const rust = builtPeer("socketioxide/release/cosio-bench-socketioxide");
const go = builtPeer("go-server");

/** Servers of other languages. needs: the file that ../peers/prepare.sh makes; without it the server is left out. */
const peers = {
  socketioxide: asPeer("socketioxide", 5, rust, [rust]),
  bun: asPeer("Bun", 6, bun, [bun, path.join(peer("bun"), "server.js")], { warmup: 2, env: { NODE_PATH: builtPeer("bun/node_modules") } }),
  go: asPeer("Go port", 7, go, [go], { env: { GOMAXPROCS: "1" } }),
  python: asPeer("python-socketio", 8, python, [python, path.join(peer("python"), "server.py")]),
};

/**
 * words   of the load client
 * before  a load that is not measured: pools and buffers are made once
 * calls   how many units of which the system calls are counted
 * tls     the servers are told --tls, those that know it, and the load client, too
 * without servers that do not know the event
 */
const scenarios = {
  "echo-1": { title: "echo, 50 clients, 1 outstanding", words: ["echo"], calls: [2_000, 10_000] },
  ack: { title: "acknowledgement, the same", words: ["ack"], calls: [2_000, 10_000] },
  "echo-16": { title: "echo, 16 outstanding", words: ["echo", "--outstanding", "16"], calls: [8_000, 40_000] },
  "echo-rate": { title: "echo, 5,000 a second", words: ["echo", "--rate", "5000"], latency: true },
  "broadcast-1": { title: "broadcast to 1,000, 1 in flight", words: ["broadcast", "--window", "1"], calls: [10, 30] },
  "broadcast-8": { title: "broadcast to 1,000, 8 in flight", words: ["broadcast", "--window", "8"], calls: [16, 80] },
  room: { title: "room of 10 among 1,000", words: ["room"], calls: [200, 800] },
  poll: { title: "echo over long-polling", words: ["poll"], calls: [1_000, 4_000] },
  binary: { title: "echo of 64 KiB binary", words: ["binary"], calls: [200, 800] },
  json: {
    title: "4 KB of JSON, acknowledged", // costs the server much and the load client little
    words: ["ack", "--event", "take", "--outstanding", "4", "--data", json(4_000)],
    without: ["floor", "floor-gather"],
  },
  "json-back": {
    title: "4 KB of JSON, sent back as acknowledgement",
    words: ["ack", "--namespace", "/json", "--event", "back", "--outstanding", "4", "--data", someRows],
    without: ["floor", "floor-gather"],
  },
  "echo-tls": { title: "echo over TLS, 50 clients, 1 outstanding", words: ["echo"], tls: true, calls: [2_000, 10_000] },
  "echo-16-tls": { title: "echo over TLS, 16 outstanding", words: ["echo", "--outstanding", "16"], tls: true, calls: [8_000, 40_000] },
  "broadcast-tls": { title: "broadcast over TLS to 1,000, 1 in flight", words: ["broadcast", "--window", "1"], tls: true, calls: [10, 30] },
  "broadcast-8-tls": { title: "broadcast over TLS to 1,000, 8 in flight", words: ["broadcast", "--window", "8"], tls: true, calls: [16, 80] },
  "binary-tls": { title: "echo of 64 KiB binary over TLS", words: ["binary"], tls: true, calls: [200, 800] },
  "connect-tls": { title: "connection with TLS, full handshake", words: ["connect", "--clients", "500"], tls: true, before: ["connect", "--clients", "100"] },
  "connect-tickets": {
    title: "connection with TLS, with a ticket",
    words: ["connect", "--clients", "500", "--resume"],
    tls: true,
    before: ["connect", "--clients", "100"],
  },
  "idle-tls": { title: "2,000 idle connections with TLS", words: ["idle"], tls: true, before: ["connect", "--clients", "200"], memory: true },
  connect: { title: "connection up to CONNECT", words: ["connect"], before: ["connect", "--clients", "1000"], countOption: "--clients", calls: [100, 500] },
  idle: { title: "2,000 idle connections", words: ["idle"], before: ["connect", "--clients", "200"], memory: true },
};
const fullScenarios = {
  "idle-10000": {
    title: "10,000 idle connections",
    words: ["idle", "--clients", "10000", "--concurrent", "128", "--hold", "50"], // two pings each
    before: ["connect", "--clients", "200"],
    memory: true,
    pings: true,
  },
};

/** The scenarios of a comparison with peers, unless others are asked for: peers know no --tls. */
const compared = ["echo-1", "ack", "echo-16", "broadcast-1", "broadcast-8", "room", "poll", "binary", "json", "json-back", "connect", "idle"];

module.exports = { servers, peers, scenarios, compared, fullScenarios, more };
