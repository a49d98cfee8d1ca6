// A server under load for a long time: whether its memory stays constant, and whether everything is answered. usage:
// see ../soak.sh
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const { parseArgs } = require("node:util");
const { program, root, startServer, load, leaveFirstProcessor, descriptorLimit } = require("./programs");
const { populate } = require("./soak/people");
const { gather } = require("./soak/crowd");
const { watch } = require("./soak/watch");
const { memoryChart } = require("./soak/memory_chart");

const MiB = 1_048_576;
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const whole = (value) => Math.round(value).toLocaleString("en-US");
const mebibytes = (bytes) => (bytes / MiB).toFixed(1);

/** Runs `part` against a server of its own; adds a sample every few seconds. */
async function observed(every, part, { pinned = false } = {}) {
  const server = await startServer([program("bench_server"), "{port}", "--metrics-path", "/metrics"], {
    pinned,
    // Freed memory is kept for a while to find uses after free, but so much of it that the curve still shows the
    // server's memory.
    env: { ASAN_OPTIONS: `quarantine_size_mb=16:${process.env.ASAN_OPTIONS || ""}` },
  });
  const watcher = await watch(server);
  const begun = Date.now();
  const samples = [];
  const take = async () => {
    samples.push({ at: (Date.now() - begun) / 1000, ...(await watcher.sample()) });
    return samples.at(-1);
  };
  const before = await take();
  let running = true;
  const sampling = (async () => {
    while (running) {
      for (let left = every; left > 0 && running; --left) await sleep(1000);
      if (!running) break;
      const now = await take();
      console.error(
        `${whole(now.at)} s: ${whole(now.sessions)} sessions, ${whole(now.handshakes)} handshakes, ${whole(now.events)} events; ` +
          `heap ${mebibytes(now.heap)} MiB, resident ${mebibytes(now.rss)} MiB, ${now.cpu.toFixed(0)} s of processor time`,
      );
    }
  })();
  try {
    const found = await part(server);
    running = false;
    await sampling;
    const after = { at: (Date.now() - begun) / 1000, ...(await watcher.empty()) };
    samples.push(after);
    return { ...found, begun: found.busyFrom ? (found.busyFrom - begun) / 1000 : 0, before, after, samples };
  } finally {
    running = false;
    watcher.close();
    await server.stop();
  }
}

const parts = {
  /** Many connections, and traffic on them. */
  async hold({ connections, rate, minutes, every }) {
    return observed(every, async (server) => {
      const words = ["echo", "--clients", String(connections), "--rate", String(rate), "--seconds", String(minutes * 60)];
      return { load: await load(server, [...words, "--concurrent", "256", "--timeout", "60"]) };
    });
  },

  /** Connections that come and go, on each way through the transports. */
  async churn({ churned, every }) {
    const crowd = Math.min(4_000, descriptorLimit() - 200);
    return observed(every, async (server) => {
      let come = 0;
      for (let round = 0; come < churned; ++round) {
        const clients = Math.min(crowd, churned - come);
        const way = ["websocket", "polling", "upgrade"][round % 3];
        await load(server, ["connect", "--clients", String(clients), "--transport", way]);
        come += clients;
      }
      return { come };
    });
  },

  /** Everything at once, by clients of the reference implementation. */
  async mixed({ people, pause, stay, minutes, every }) {
    const begun = Date.now();
    return observed(every, (server) =>
      populate({ url: `http://127.0.0.1:${server.port}`, people, pause, stay, until: () => begun + minutes * 60_000 }),
    );
  },

  /** As many connections as there may be, with traffic of all kinds, and what a bystander notices of it. */
  async crowd({ connections, rate, seconds, every }) {
    leaveFirstProcessor();
    const told = (says) => console.error(says);
    const part = (server) => gather({ server, connections, rate, idle: Math.min(30, seconds), seconds, told });
    return observed(every, part, { pinned: true });
  },
};

/** What is wrong with what was found, in words. */
function complaints(name, found) {
  const out = [];
  for (const [says, times] of found.errors || []) out.push(`${times} times: ${says}`);
  if (found.load && found.load.errors > 0) out.push(`${found.load.errors} errors of the load`);
  for (const what of ["errors", "refused", "limits", "handlers"]) if (found.after[what] > 0) out.push(`${found.after[what]} ${what} in the server's metrics`);
  // A client that is reset between two polls is noticed only by its heartbeat. The load client ends its polling
  // connections with unread answers, so the kernel resets them.
  const resets = name === "churn" ? found.come : found.resets || 0;
  const expected = { "transport close": Infinity, "client namespace disconnect": Infinity, "transport error": resets, "ping timeout": found.resets || 0 };
  for (const [reason, times] of Object.entries(found.after.closed)) if (times > (expected[reason] || 0)) out.push(`${times} sessions closed for '${reason}'`);
  // Two halves of the time that memory has had to settle.
  const settled = found.begun + (found.after.at - found.begun) / 4;
  const steady = found.samples.slice(1, -1).filter((one) => one.at > settled);
  const half = steady.length >> 1;
  const mean = (some) => some.reduce((sum, one) => sum + one.heap, 0) / some.length;
  if (half >= 2) {
    const [earlier, later] = [mean(steady.slice(0, half)), mean(steady.slice(half))];
    if (later > earlier * 1.1 + MiB) out.push(`the heap grew from ${mebibytes(earlier)} to ${mebibytes(later)} MiB between the halves of the run`);
  }
  if (found.after.heap > found.before.heap + 8 * MiB) out.push(`${mebibytes(found.after.heap - found.before.heap)} MiB stay when all have gone`);
  return out;
}

/** What the bystander of a crowd noticed, and what the crowd did meanwhile. */
function crowdTable({ idle, busy, groups, come }) {
  const row = (says, ...cells) => console.log(`  ${says.padEnd(24)}${cells.map((cell) => cell.padStart(15)).join("")}`);
  const us = (value) => whole(value);
  const times = (of) => `${(busy[of] / idle[of]).toFixed(1)} x`;
  row("bystander's echo, µs", "p50", "p99", "server's core");
  for (const [says, found] of [["nobody else speaks", idle], ["with traffic", busy]]) {
    row(says, us(found.latency_p50_us), us(found.latency_p99_us), `${Math.round(found.server_cpus * 100)} %`);
  }
  row("ratio", times("latency_p50_us"), times("latency_p99_us"));
  for (const [name, found] of Object.entries(groups)) {
    console.log(`  ${name}: ${whole(found.clients)} clients, ${whole(found.units)} ${found.unit === "delivery" ? "deliveries" : "answers"} (${whole(found.units_per_second)} a second), ${whole(found.other_events)} broadcasts heard`);
  }
  console.log(`  ${whole(come)} more clients came and went`);
}

// Those of no single run are among the flags.
const defaults = {
  hold: { connections: 15_000, rate: 500, minutes: 3 },
  mixed: { minutes: 60 },
  crowd: { connections: 19_000, rate: 25_000 },
};

const flags = {
  minutes: { type: "string" },
  seconds: { type: "string", default: "600" },
  connections: { type: "string" },
  rate: { type: "string" },
  churned: { type: "string", default: "200000" },
  people: { type: "string", default: "300" },
  pause: { type: "string", default: "8000" },
  stay: { type: "string", default: "20" },
  out: { type: "string", default: path.join(root, "build/soak") },
};

async function main(words) {
  const { values, positionals } = parseArgs({ args: words, options: flags, allowPositionals: true });
  const names = positionals.length > 0 ? positionals : Object.keys(parts);
  for (const name of names) if (!parts[name]) throw new Error(`'${name}' is neither ${Object.keys(parts).join(" nor ")}`);
  fs.mkdirSync(values.out, { recursive: true });
  for (const name of names) {
    const given = Object.entries(values).filter(([key]) => key !== "out").map(([key, value]) => [key, Number(value)]);
    const wanted = { connections: 0, minutes: 0, ...defaults[name], ...Object.fromEntries(given) };
    wanted.connections = Math.min(wanted.connections, descriptorLimit() - (name === "crowd" ? 600 : 200));
    wanted.every = name === "mixed" ? Math.min(30, wanted.minutes * 2) : 10;
    console.error(`=== ${name}`);
    const found = await parts[name](wanted);
    const wrong = complaints(name, found);
    const { samples, errors, ...brief } = found;
    const written = path.join(values.out, name);
    fs.writeFileSync(`${written}.json`, JSON.stringify({ name, wanted, ...brief, errors: Object.fromEntries(errors || []), wrong, samples }, null, 1));
    fs.writeFileSync(`${written}.svg`, memoryChart(name, samples, /asan/.test(program("bench_server")) && "AddressSanitizer"));
    const peak = samples.reduce((most, one) => (one.sessions > most.sessions ? one : most));
    console.log(
      `${name}: ${whole(found.after.at)} s, ${whole(found.after.handshakes)} handshakes, up to ${whole(peak.sessions)} sessions, ${whole(found.after.events)} events, ` +
        `${found.after.cpu.toFixed(0)} s of processor time; heap ${mebibytes(found.before.heap)} MiB before, ${mebibytes(peak.heap)} with most sessions, ` +
        `${mebibytes(found.after.heap)} when all had gone (resident ${mebibytes(found.before.rss)}, ${mebibytes(peak.rss)}, ${mebibytes(found.after.rss)})`,
    );
    console.log(`  closed: ${Object.entries(found.after.closed).map(([reason, times]) => `${whole(times)} '${reason}'`).join(", ")}`);
    if (found.groups) crowdTable(found);
    if (found.kinds) console.log(`  ${whole(found.acts)} answers checked, ${whole(found.resets)} connections reset; visits: ${Object.entries(found.kinds).map(([kind, times]) => `${whole(times)} ${kind}`).join(", ")}`);
    for (const one of wrong) console.log(`  WRONG: ${one}`);
    if (wrong.length > 0) process.exitCode = 1;
  }
  console.error(`Written to ${values.out}.`);
}

main(process.argv.slice(2)).catch((failure) => {
  console.error(failure.message);
  process.exit(1);
});
