// The growth of costs with receivers, rooms, namespaces, connections that come and go, and large input. usage:
// see ../growth.sh
"use strict";
const { execFile } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { parseArgs, promisify } = require("node:util");
const { instructions } = require("./counts");
const { curves, readableSize } = require("./curves");
const { json } = require("./data");
const { median, readable } = require("./numbers");
const { root, program, startServer, load, descriptorLimit, hasCommand, scratchFolder } = require("./programs");

const ours = [program("bench_server"), "{port}"];
const pinned = { pinned: true };

async function withServer(command, use) {
  const server = await startServer(command, pinned);
  try {
    return await use(server);
  } finally {
    await server.stop();
  }
}

const note = (says) => console.error(says);
const series = (name) => ({ name, points: [] });

async function receivers({ reps, seconds }) {
  const numbers = [100, 1_000, 5_000, 10_000, 15_000].filter((number) => number < descriptorLimit() - 100);
  const floor = [program("bench_floor"), "{port}"];
  const all = [
    { window: 1, command: ours, ...series("1 in flight") },
    { window: 8, command: ours, ...series("8 in flight") },
    { window: 1, command: floor, ...series("floor: 1") },
    { window: 8, command: [...floor, "--gather"], ...series("floor: 8") },
  ];
  for (const number of numbers) {
    for (const one of all) {
      const words = ["broadcast", "--clients", String(number), "--window", String(one.window), "--seconds", String(seconds)];
      const values = [];
      for (let rep = 0; rep < reps; ++rep) {
        const found = await withServer(one.command, (server) => load(server, words, pinned));
        values.push(found.server_cpu_us_per_unit);
      }
      one.points.push([number, median(values)]);
      note(`broadcast to ${number}, ${one.name}: ${readable(median(values))} µs per delivery`);
    }
  }
  return [{ title: "Broadcast", unit: "µs CPU per delivery", over: "receivers", series: all }];
}

async function rooms() {
  const { stdout } = await promisify(execFile)(program("bench_rooms"), []);
  const rows = stdout.trim().split("\n").map((line) => JSON.parse(line));
  const panel = (what, over) => ({
    title: what === "rooms" ? "Rooms, spread over 1,000 sockets" : "Rooms of one socket",
    unit: "ns CPU",
    over,
    series: ["join", "leave", "emit"].map((name) => ({
      name,
      points: rows.filter((row) => row.what === what).map((row) => [row.rooms, row[`${name}_ns`]]),
    })),
  });
  for (const row of rows) {
    note(`${row.rooms} ${row.what}: join ${readable(row.join_ns)} ns, leave ${readable(row.leave_ns)} ns, emit ${readable(row.emit_ns)} ns`);
  }
  return [panel("rooms", "rooms"), panel("rooms of one socket", "its rooms")];
}

// Instructions where they can be counted: they show what time would hide in its noise.
async function namespaces({ seconds }) {
  const counted = hasCommand("valgrind");
  const one = series("echo");
  for (const number of [1, 10, 100, 1_000]) {
    const command = [...ours, "--namespaces", String(number)];
    const words = ["echo", "--namespace", `/n${number - 1}`];
    const value = counted
      ? await instructions(command, (count) => [...words, "--count", String(count)], [500, 2_000])
      : (await withServer(command, (server) => load(server, [...words, "--seconds", String(seconds)], pinned))).server_cpu_us_per_unit;
    one.points.push([number, value]);
    note(`echo in one of ${number} namespaces: ${readable(value)} ${counted ? "instructions" : "µs"}`);
  }
  return [{ title: "Echo in one of many namespaces", unit: counted ? "user instructions" : "µs CPU", over: "namespaces", series: [one] }];
}

async function churn({ rounds }) {
  const clients = Math.min(5_000, descriptorLimit() - 100);
  const [memory, base, cost] = [series("after they left"), series("before the first"), series("connection")];
  let before;
  await withServer(ours, async (server) => {
    for (let round = 1; round <= rounds; ++round) {
      const found = await load(server, ["connect", "--clients", String(clients)], pinned);
      memory.points.push([round, found.server_rss_closed_bytes / 1_048_576]);
      before ??= found.server_rss_before_bytes / 1_048_576;
      base.points.push([round, before]);
      cost.points.push([round, found.server_cpu_us_per_unit]);
      note(`round ${round} of ${clients} connections: ${readable(found.server_cpu_us_per_unit)} µs each; ` +
        `then ${readable(found.server_rss_closed_bytes / 1_048_576)} MiB, before the first ${readable(before)} MiB`);
    }
  });
  return [
    { title: `Memory when ${readableSize(clients)} connections have gone`, unit: "MiB", over: "round", linear: true, series: [memory, base] },
    { title: "Cost of a connection that comes", unit: "µs CPU", over: "round", linear: true, series: [cost] },
  ];
}

async function largeInput({ seconds }) {
  const file = path.join(scratchFolder(), "data.json");
  const [text, binary, memory] = [series("JSON"), series("10 attachments"), series("10 attachments")];
  const command = [...ours, "--max-payload", "12000000"];
  const measure = (words) =>
    withServer(command, (server) => load(server, ["ack", "--event", "take", "--clients", "1", ...words, "--seconds", String(seconds)], pinned));
  for (const bytes of [1_000, 10_000, 100_000, 1_000_000]) {
    fs.writeFileSync(file, json(bytes));
    const found = await measure(["--data", `@${file}`]);
    text.points.push([bytes, (1_000 * found.server_cpu_us_per_unit) / fs.statSync(file).size]);
    note(`JSON of ${readableSize(bytes)}B: ${readable(text.points[text.points.length - 1][1])} ns per byte`);
  }
  for (const bytes of [10_000, 100_000, 1_000_000, 10_000_000]) {
    const found = await measure(["--attachments", "10", "--bytes", String(bytes)]);
    binary.points.push([10 * bytes, (1_000 * found.server_cpu_us_per_unit) / (10 * bytes)]);
    memory.points.push([10 * bytes, found.server_rss_peak_bytes / 1_048_576]);
    note(`10 attachments of ${readableSize(bytes)}B: ${readable(binary.points[binary.points.length - 1][1])} ns per byte, ` +
      `${readable(found.server_rss_peak_bytes / 1_048_576)} MiB at most`);
  }
  return [
    { title: "Large events, taken in", unit: "ns CPU per byte", over: "bytes", series: [text, binary] },
    { title: "Memory at its peak", unit: "MiB", over: "bytes", series: [memory] },
  ];
}

const parts = { receivers, rooms, namespaces, churn, "large-input": largeInput };

function markdown(panels) {
  const section = ({ title, unit, over, series: all }) => {
    const sizes = all[0].points.map(([size]) => size);
    const sameSizes = all.every((one) => one.points.length === sizes.length && one.points.every(([size], at) => size === sizes[at]));
    const rows = sameSizes
      ? [[over, ...sizes.map(readableSize)], ...all.map((one) => [one.name, ...one.points.map(([, value]) => readable(value))])]
      : all.flatMap((one) => [[one.name, ...one.points.map(([size, value]) => `${readableSize(size)}: ${readable(value)}`)]]);
    const [head, ...rest] = sameSizes ? rows : [["", ...sizes.map(() => "")], ...rows];
    const lines = [head, head.map((_, at) => (at === 0 ? "---" : "--:")), ...rest].map((cells) => `| ${cells.join(" | ")} |`);
    return `## ${title}: ${unit}\n\n${lines.join("\n")}\n`;
  };
  return panels.map(section).join("\n");
}

async function main(words) {
  const { values, positionals } = parseArgs({
    args: words,
    allowPositionals: true,
    options: { full: { type: "boolean", default: false }, out: { type: "string", default: path.join(root, "build/bench") } },
  });
  const wanted = positionals.length > 0 ? positionals : Object.keys(parts);
  for (const name of wanted) if (!parts[name]) throw new Error(`there is no part '${name}': ${Object.keys(parts).join(", ")}`);
  const effort = values.full ? { reps: 5, seconds: 3, rounds: 20 } : { reps: 1, seconds: 1.5, rounds: 5 };
  const panels = [];
  for (const name of wanted) panels.push(...(await parts[name](effort)));
  fs.mkdirSync(values.out, { recursive: true });
  const text = markdown(panels);
  fs.writeFileSync(path.join(values.out, "growth.md"), text);
  fs.writeFileSync(path.join(values.out, "growth.svg"), curves("What grows with what", panels));
  console.log(text);
  note(`Written to ${values.out}: growth.md, growth.svg.`);
}

main(process.argv.slice(2)).catch((failure) => {
  console.error(failure.message);
  process.exitCode = 1;
});
