// The gates: counts that hardly vary from run to run are compared with the recorded ones.
// usage: node gates.js [--record] [part of a name…]
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const { systemCalls, instructions, allocations } = require("./counts");
const { fewRows, someRows } = require("./rows");
const { program, startServer, load, descriptorLimit, scratchFolder } = require("./programs");

const recordFile = path.join(__dirname, "../gates.txt");
const tolerance = 1.1;
const server = [program("bench_server"), "{port}"];
const secure = [...server, "--tls"];
const compressing = [...server, "--compress"];

// The server with a file of 1 KB and one of 10 MB.
function withFiles() {
  const folder = scratchFolder();
  fs.writeFileSync(path.join(folder, "small.txt"), "0123456789abcde\n".repeat(64));
  fs.writeFileSync(path.join(folder, "large.bin"), Buffer.alloc(10 * 1_048_576, "x"));
  return [...server, "--files", folder];
}

async function idleBytes(command, ...more) {
  const wanted = 10_000;
  const clients = Math.min(wanted, descriptorLimit() - 100);
  if (clients < wanted) console.log(`(only ${clients} idle connections: \`ulimit -Hn\` allows no more)`);
  const running = await startServer(command);
  try {
    await load(running, ["connect", "--clients", "200", ...more]); // pools and buffers are made once
    const found = await load(running, ["idle", "--clients", String(clients), "--hold", "0", ...more]);
    return found.server_rss_bytes_per_connection;
  } finally {
    await running.stop();
  }
}

const echo = (...more) => (count) => ["echo", "--count", String(count), ...more];
const broadcast = (window) => (count) => ["broadcast", "--window", String(window), "--count", String(count)];
const spread = (...more) => (count) => [...broadcast(8)(count), "--data", fewRows, ...more];
const ack = (event, data, ...more) => (count) => ["ack", "--event", event, "--data", data, "--count", String(count), ...more];
const json = (event, data) => ack(event, data, "--namespace", "/json");
const poll = (count) => ["poll", "--count", String(count)];
const connect = (count) => ["connect", "--clients", String(count)];
const overTls = (words) => (count) => [...words(count), "--tls"];
const file = (name, ...more) => (count) => ["file", "--path", `/files/${name}`, "--clients", "1", ...more, "--count", String(count)];
const binary = (count) => ["binary", "--count", String(count)];

/** name, what it says, the target (none: unset), and how it is measured */
const gates = [
  ["calls-echo-1", "system calls per echo, 1 outstanding", 3.1, () => systemCalls(server, echo(), [5_000, 20_000])],
  ["calls-echo-16", "system calls per echo, 16 outstanding", 0.25, () => systemCalls(server, echo("--outstanding", "16"), [20_000, 100_000])],
  ["calls-delivery-1", "system calls per delivery, 1 broadcast in flight", 1.1, () => systemCalls(server, broadcast(1), [10, 30])],
  ["calls-delivery-8", "system calls per delivery, 8 broadcasts in flight", 0.2, () => systemCalls(server, broadcast(8), [80, 400])],
  ["calls-connection", "system calls per connection, from TCP to CONNECT and its end", 20, () => systemCalls(server, connect, [200, 1_000])],
  ["calls-polling", "system calls per echo over long-polling", 4.2, () => systemCalls(server, poll, [2_000, 8_000])],
  ["instructions-echo", "user instructions per echo, 1 outstanding", 14_000, () => instructions(server, echo(), [1_000, 4_000])],
  ["instructions-polling", "user instructions per echo over long-polling", 30_000, () => instructions(server, poll, [500, 2_000])],
  ["instructions-delivery", "user instructions per delivery, 8 broadcasts in flight", 500, () => instructions(server, broadcast(8), [80, 400])],
  ["instructions-json-arguments", "user instructions per event of 4 KB JSON, taken as cosio::arguments", 150_000, () => instructions(server, ack("take", someRows), [500, 1_500])],
  ["instructions-json-structs", "user instructions per event of 4 KB JSON, read into a vector of structs", 80_000, () => instructions(server, json("rows in", someRows), [500, 1_500])],
  ["instructions-json-back", "user instructions per event of 4 KB JSON, sent back as acknowledgement", 150_000, () => instructions(server, json("back", someRows), [500, 1_500])],
  ["instructions-json-out", "user instructions per acknowledgement of 4 KB JSON, written from a vector of structs", 60_000, () => instructions(server, json("rows out", "0"), [500, 1_500])],
  ["instructions-spread", "user instructions per delivery of 1 KB JSON, 8 broadcasts in flight", 500, () => instructions(server, spread(), [80, 400])],
  ["instructions-compressed", "the same, compressed", 650, () => instructions(compressing, spread("--compress"), [80, 400])],
  ["calls-file-small", "system calls per file of 1 KB", 9, () => systemCalls(withFiles(), file("small.txt"), [1_000, 4_000])],
  ["calls-file-known", "system calls per file that is not sent (304)", 6, () => systemCalls(withFiles(), file("small.txt", "--header", "If-None-Match: *"), [1_000, 4_000])],
  ["calls-file-large", "system calls per file of 10 MB", 320, () => systemCalls(withFiles(), file("large.bin"), [20, 80])],
  ["instructions-file-small", "user instructions per file of 1 KB", 20_000, () => instructions(withFiles(), file("small.txt"), [500, 1_500])],
  ["allocations-echo", "allocations per echo, 1 outstanding", 2, () => allocations(server, echo(), [1_000, 4_000])],
  ["allocations-delivery", "allocations per delivery, 8 broadcasts in flight", 0.01, () => allocations(server, broadcast(8), [80, 400])],
  ["allocations-json-arguments", "allocations per event of 4 KB JSON, taken as cosio::arguments", 8, () => allocations(server, ack("take", someRows), [500, 1_500])],
  ["allocations-json-structs", "allocations per event of 4 KB JSON, read into a vector of structs", 200, () => allocations(server, json("rows in", someRows), [500, 1_500])],
  ["allocations-json-back", "allocations per event of 4 KB JSON, sent back as acknowledgement", 10, () => allocations(server, json("back", someRows), [500, 1_500])],
  ["allocations-json-out", "allocations per acknowledgement of 4 KB JSON, written from a vector of structs", 10, () => allocations(server, json("rows out", "0"), [500, 1_500])],
  ["bytes-idle", "bytes per idle connection", 2_500, () => idleBytes(server)],
  ["tls-calls-echo-1", "TLS: system calls per echo, 1 outstanding", 3.1, () => systemCalls(secure, overTls(echo()), [5_000, 20_000])],
  ["tls-calls-binary", "TLS: system calls per echo of 64 KiB", 10, () => systemCalls(secure, overTls(binary), [200, 800])],
  ["tls-instructions-echo", "TLS: user instructions per echo, 1 outstanding", 20_000, () => instructions(secure, overTls(echo()), [1_000, 4_000])],
  ["tls-bytes-idle", "TLS: bytes per idle connection", 9_000, () => idleBytes(secure, "--tls")],
];

function recorded() {
  if (!fs.existsSync(recordFile)) return new Map();
  const rows = fs.readFileSync(recordFile, "utf8").split("\n").filter((row) => row && !row.startsWith("#"));
  return new Map(rows.map((row) => [row.split(/\s+/)[0], Number(row.split(/\s+/)[1])]));
}

function record(values) {
  const rows = [...values].map(([name, value]) => `${name.padEnd(28)} ${value}`);
  const head = ["# What `sh apps/bench/gates.sh` holds the server against; `--record` writes it. More than a tenth above a figure fails.", ""];
  fs.writeFileSync(recordFile, [...head, ...rows, ""].join("\n"));
}

/** 0.18912 -> 0.189, 18256.4 -> 18256 */
const rounded = (value) => (value < 1000 ? Number(value.toPrecision(3)) : Math.round(value));
const shown = (value) => (value === undefined ? "–" : value.toLocaleString("en-US", { maximumFractionDigits: 3 }));

function verdict(value, before, target) {
  if (before === undefined) return "not recorded";
  if (value > before * tolerance) return "WORSE";
  const reached = value <= target ? "ok" : "ok, target not reached";
  return value * tolerance < before ? `${reached}, better than recorded` : reached;
}

async function main(words) {
  const recording = words.includes("--record");
  const parts = words.filter((word) => word !== "--record");
  const before = recorded();
  const after = new Map(before);
  let failed = false;
  console.log(`${"measured".padStart(10)} ${"recorded".padStart(10)} ${"target".padStart(10)}`);
  for (const [name, says, target, measure] of gates) {
    if (parts.length > 0 && !parts.some((part) => name.includes(part))) continue;
    let value;
    try {
      value = rounded(await measure());
    } catch (failure) {
      if (!/ptrace|not permitted/i.test(failure.message)) throw failure;
      console.log(`${"–".padStart(10)} ${shown(before.get(name)).padStart(10)} ${shown(target).padStart(10)}  ${says}: this system lets no process be traced`);
      continue;
    }
    const judged = recording ? "recorded" : verdict(value, before.get(name), target);
    failed ||= judged === "WORSE" || judged === "not recorded";
    after.set(name, value);
    console.log(`${shown(value).padStart(10)} ${shown(before.get(name)).padStart(10)} ${shown(target).padStart(10)}  ${says}: ${judged}`);
  }
  if (recording) record(after);
  if (failed) {
    console.log("A figure is more than a tenth above the recorded one. If that is the price of something better, run it again with --record.");
    process.exitCode = 1;
  }
}

if (require.main === module) {
  main(process.argv.slice(2)).catch((failure) => {
    console.error(failure.message);
    process.exitCode = 1;
  });
}

module.exports = { rounded, verdict };
