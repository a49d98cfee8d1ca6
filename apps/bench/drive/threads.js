// Counts of what the threads of one server share: locks, sleeps and system calls for each unit of work, with more and
// more threads; and the same beside as many processes of one thread, which share nothing.
// usage: node threads.js [--threads 1,2,4] [--rounds N] [shared|locks|processes|WORK…]
"use strict";
const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { median, readable } = require("./numbers");
const { program, startServer, load, scratchFolder } = require("./programs");

const scratch = scratchFolder();
let files = 0;

// `words` takes the number of load clients as well, among which a work is divided. Each of several has a namespace of
// its own, where it hears no broadcast of the others.
const echo = (outstanding) => (count, loads) => ["echo", "--clients", String(48 / loads), "--outstanding", String(outstanding), "--count", String(Math.ceil(count / loads))];
const works = {
  "echo-1": { title: "echo, 1 outstanding", words: echo(1), counts: [2_000, 12_000] },
  "echo-16": { title: "echo, 16 outstanding", words: echo(16), counts: [20_000, 120_000] },
  "broadcast-8": { title: "broadcast to 1,000, 8 in flight", words: (count, loads) => ["broadcast", "--window", "8", "--clients", String(Math.floor(1_000 / loads)), "--count", String(count)], counts: [40, 200] },
  connect: { title: "connection", words: (count, loads) => ["connect", "--clients", String(Math.ceil(count / loads))], counts: [200, 1_000] },
};

// ---------------------------------------------------------------- what is counted

// Of the running process: the CPU time in µs, and how often a thread slept.
function account(pid) {
  const sum = { cpu: 0, sleeps: 0, pushed: 0 };
  for (const task of fs.readdirSync(`/proc/${pid}/task`)) {
    const read = (name) => fs.readFileSync(`/proc/${pid}/task/${task}/${name}`, "utf8");
    const status = read("status");
    sum.cpu += Number(read("schedstat").split(" ")[0]) / 1_000;
    sum.sleeps += Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(status)[1]);
    sum.pushed += Number(/^nonvoluntary_ctxt_switches:\s+(\d+)/m.exec(status)[1]);
  }
  return sum;
}

// Only these calls stop for strace, so that the others stay as fast as they are.
const strace = {
  under: (file) => ["strace", "-c", "-f", "-qq", "--seccomp-bpf", "-e", "trace=futex,epoll_wait", "-o", file],
  read(text) {
    const of = (name) => Number(new RegExp(`^\\s*(?:[\\d.]+\\s+){3}(\\d+).*\\s${name}$`, "m").exec(text)?.[1] ?? 0);
    return { futex: of("futex"), epoll_wait: of("epoll_wait") };
  },
};

// Locks, by the function that takes them. Names of functions are the linker's: an inlined one counts for its caller.
const groups = [
  ["Asio's queue", /\bscheduler::/],
  ["strands", /strand_executor_service|strand_impl/],
  ["poller", /async::poller::/],
  ["deadlines", /async::deadlines::/],
  ["rooms", /adapter/],
  ["sessions", /session_table|engine_core|engine::/],
  ["namespaces", /nsp_|server_core|mounting|background/],
  ["connections", /http::|tcp_stream|polled_socket/],
  ["Asio, others", /boost::asio/],
];

const groupOf = new Map(); // of a place in a program

function nameAll(places) {
  const byFile = new Map();
  for (const [file, offset] of places) {
    if (!groupOf.has(`${file} ${offset}`)) byFile.set(file, [...(byFile.get(file) || []), offset]);
  }
  for (const [file, offsets] of byFile) {
    // The address behind the call belongs to the next instruction, and perhaps to the next function.
    const before = offsets.map((offset) => `0x${(Number(offset) - 1).toString(16)}`);
    const lines = execFileSync("addr2line", ["-f", "-C", "-e", file, ...before], { encoding: "utf8" }).split("\n");
    offsets.forEach((offset, at) => {
      const found = groups.find(([, names]) => names.test(lines[2 * at]));
      if (!found && process.env.COSIO_BENCH_DEBUG) console.error(`no group: ${lines[2 * at]}`);
      groupOf.set(`${file} ${offset}`, found ? found[0] : "others");
    });
  }
}

const locks = {
  under: (file) => ["env", `LD_PRELOAD=${program("libbench_locks.so")}`, `COSIO_LOCKS_FILE=${file}`],
  read(text) {
    const rows = text.trim().split("\n").map((row) => row.split(" "));
    const sum = { waits: 0 };
    nameAll(rows.filter((row) => row.length === 6));
    for (const [file, offset, ...figures] of rows) {
      if (file === "sleeps") {
        sum.waits = Number(offset);
        continue;
      }
      const group = groupOf.get(`${file} ${offset}`);
      ["taken", "contended", "holds", "held"].forEach((what, at) => {
        for (const of of [group, "all"]) sum[`${of}: ${what}`] = (sum[`${of}: ${what}`] || 0) + Number(figures[at]);
      });
    }
    return sum;
  },
};

// ---------------------------------------------------------------- how it is counted

async function once(work, count, { threads, processes = 1, loads = 1 }, tool) {
  const outputs = Array.from({ length: processes }, () => path.join(scratch, `${++files}`));
  const command = [program("bench_server"), "{port}", "--threads", String(threads), "--namespaces", String(loads)];
  const servers = await Promise.all(outputs.map((file) => startServer(command, { under: tool ? tool.under(file) : [] })));
  const sum = { units: 0 };
  const add = (counts, sign = 1) => Object.entries(counts).forEach(([key, value]) => (sum[key] = (sum[key] || 0) + sign * value));
  try {
    if (!tool) servers.forEach((server) => add(account(server.pid), -1));
    const words = works[work].words(count, loads);
    const found = await Promise.all(Array.from({ length: loads }, (_, at) => load(servers[at % processes], [...words, "--namespace", loads > 1 ? `/n${at}` : "/"], { watch: false })));
    found.forEach((one) => (sum.units += one.units));
    if (!tool) servers.forEach((server) => add(account(server.pid)));
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
  if (tool) outputs.forEach((file) => add(tool.read(fs.readFileSync(file, "utf8"))));
  return sum;
}

/** Counts of one unit: the difference of two runs, in which the start, the end and the handshakes cancel out. */
async function perUnit(work, shape, tool) {
  const [few, many] = works[work].counts;
  const short = await once(work, few, shape, tool);
  const long = await once(work, many, shape, tool);
  const units = long.units - short.units;
  const keys = Object.keys(long).filter((key) => key !== "units");
  return Object.fromEntries(keys.map((key) => [key, Math.max(0, long[key] - (short[key] || 0)) / units]));
}

// ---------------------------------------------------------------- what is printed

const markdown = (head, rows) => [head, head.map((_, at) => (at === 0 ? "---" : "--:")), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
const thousand = (value) => readable((value || 0) * 1_000);

async function shared(chosen, numbers) {
  const rows = [];
  const places = [];
  for (const work of chosen) {
    for (const threads of numbers) {
      const found = { ...(await perUnit(work, { threads })), ...(await perUnit(work, { threads }, strace)), ...(await perUnit(work, { threads }, locks)) };
      const figures = [found["all: taken"], found["all: contended"], found.waits, found.futex, found.epoll_wait, found.sleeps, found.pushed];
      rows.push([works[work].title, threads, ...figures.map(thousand)]);
      places.push([work, threads, found]);
    }
  }
  console.log("## For a thousand units\n");
  const head = ["work", "threads", "locks taken", "of them contended", "sleeps for small mutexes", "futex", "epoll_wait", "voluntary switches", "involuntary switches"];
  console.log(`${markdown(head, rows)}\n`);
  return places;
}

// Those that are a twentieth of all, by their number or by their time.
function printLocks(places) {
  const names = [...groups.map(([name]) => name), "others"];
  const rows = places.flatMap(([work, threads, found]) =>
    names
      .filter((name) => ["taken", "held"].some((what) => found[`${name}: ${what}`] > 0.05 * found[`all: ${what}`]))
      .map((name) => {
        const of = (what) => found[`${name}: ${what}`] || 0;
        return [works[work].title, threads, name, thousand(of("taken")), thousand(of("contended")), readable(of("held") / of("holds")), readable(of("held"))];
      }),
  );
  console.log("## Locks for a thousand units, and how long they are held\n");
  console.log(`${markdown(["work", "threads", "lock", "taken", "contended", "ns a hold", "ns held for one unit"], rows)}\n`);
}

async function processes(chosen, numbers, rounds) {
  const rows = [];
  for (const work of chosen) {
    for (const n of numbers) {
      const shapes = [{ threads: n, loads: n }, { threads: 1, processes: n, loads: n }];
      const runs = [[], []];
      for (let round = 0; round < rounds; ++round) {
        for (const [at, shape] of shapes.entries()) runs[at].push(await perUnit(work, shape));
      }
      const calls = [await perUnit(work, shapes[0], strace), await perUnit(work, shapes[1], strace)];
      const pair = (of) => of.map(thousand).join(" / ");
      const middle = (key) => runs.map((some) => median(some.map((one) => one[key])));
      const quotients = runs[0].map((one, round) => one.cpu / runs[1][round].cpu);
      const cpu = `${readable(median(quotients))} (${readable(Math.min(...quotients))}–${readable(Math.max(...quotients))})`;
      rows.push([works[work].title, n, pair(calls.map((one) => one.futex)), pair(calls.map((one) => one.epoll_wait)), pair(middle("sleeps")), pair(middle("pushed")), cpu]);
    }
  }
  console.log("## One process of N threads / N processes of one thread, for a thousand units; N load clients\n");
  console.log(`${markdown(["work", "N", "futex", "epoll_wait", "voluntary switches", "involuntary switches", "CPU time, quotient"], rows)}\n`);
}

function wanted(words) {
  const out = { numbers: [1, 2, 4, 8, 16], rounds: 3, parts: [], chosen: [] };
  for (let at = 0; at < words.length; ++at) {
    if (words[at] === "--threads") out.numbers = words[++at].split(",").map(Number);
    else if (words[at] === "--rounds") out.rounds = Number(words[++at]);
    else if (works[words[at]]) out.chosen.push(words[at]);
    else if (["shared", "locks", "processes"].includes(words[at])) out.parts.push(words[at]);
    else throw new Error(`'${words[at]}' is no word of threads.sh: see --help`);
  }
  if (out.parts.length === 0) out.parts = ["shared", "locks", "processes"];
  if (out.chosen.length === 0) out.chosen = Object.keys(works);
  if (![...out.numbers, out.rounds].every((n) => Number.isInteger(n) && n > 0)) throw new Error("--threads and --rounds take numbers above zero: see --help");
  return out;
}

async function main(words) {
  const { parts, chosen, numbers, rounds } = wanted(words);
  if (parts.includes("shared") || parts.includes("locks")) {
    const places = await shared(chosen, numbers);
    if (parts.includes("locks")) printLocks(places);
  }
  if (parts.includes("processes")) await processes(chosen, numbers.filter((n) => n > 1 && 48 % n === 0), rounds);
}

if (require.main === module) {
  main(process.argv.slice(2)).catch((failure) => {
    console.error(failure.message);
    process.exitCode = 1;
  });
}

module.exports = { works, once, perUnit };
