// Broadcasts to many clients, some of which do not read: the cost in memory, and whether the others notice. usage:
// node stalled.js
"use strict";
const { program, startServer, load, descriptorLimit } = require("./programs");

const MiB = 1_048_576;
const budget = 4 * MiB; // bytes that may wait for one client (max_queued_bytes)
const stalled = 50;
const clients = Math.min(5_000, descriptorLimit() - 100);
const broadcast = ["broadcast", "--clients", String(clients), "--bytes", "30000", "--rate", "8", "--seconds", "30", "--warmup", "2"];

async function measure(more) {
  const server = await startServer([program("bench_server"), "{port}", "--max-queued", String(budget)]);
  try {
    return await load(server, [...broadcast, ...more], { pinned: true });
  } finally {
    await server.stop();
  }
}

const mebibytes = (bytes) => (bytes / MiB).toFixed(1).padStart(8);
const grown = (found) => found.server_rss_peak_bytes - found.server_rss_before_bytes;

function row(says, found) {
  const rate = Math.round(found.units_per_second).toLocaleString("en-US").padStart(9);
  console.log(
    `${says.padEnd(22)} ${rate} ${found.server_cpu_us_per_unit.toFixed(2).padStart(8)} ${(found.latency_p50_us / 1000).toFixed(1).padStart(8)} ` +
      `${(found.latency_p99_us / 1000).toFixed(1).padStart(8)} ${mebibytes(found.server_rss_before_bytes)} ${mebibytes(grown(found))}`,
  );
}

async function main(words) {
  if (words.length > 0) {
    console.error(`'${words[0]}' is no option of stalled.sh: see --help`);
    process.exitCode = 2;
    return;
  }
  console.log(`${clients.toLocaleString("en-US")} clients, 8 broadcasts of 30 KB a second, at most ${budget / MiB} MiB queued for a client`);
  console.log(`${"".padEnd(22)} ${"per s".padStart(9)} ${"µs each".padStart(8)} ${"p50 ms".padStart(8)} ${"p99 ms".padStart(8)} ${"RSS MiB".padStart(8)} ${"+ MiB".padStart(8)}`);
  const healthy = await measure([]);
  row("everybody reads", healthy);
  const mixed = await measure(["--stalled", String(stalled)]);
  row(`${stalled} have stopped`, mixed);
  // Frames are shared: what waits for one of those who stopped waits for all of them, once.
  const more = grown(mixed) - grown(healthy);
  const perClient = healthy.units_per_second / clients;
  const kept = mixed.units_per_second / (clients - stalled) / perClient;
  console.log(`those who read got ${(100 * kept).toFixed(1)} % of their rate; memory grew by ${(more / MiB).toFixed(1)} MiB more`);
  if (kept < 0.97 || more > stalled * budget) process.exitCode = 1;
}

main(process.argv.slice(2)).catch((failure) => {
  console.error(failure.message);
  process.exitCode = 1;
});
