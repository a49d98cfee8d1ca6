// Counts without noise: the counts of a server for one unit of work, as the difference of two runs of different length.
// So its start, its end and the handshakes cancel out.
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const { startServer, load, scratchFolder } = require("./programs");

const scratch = scratchFolder();
let files = 0;
const scratchFile = () => path.join(scratch, `${++files}`);

// A server under a watching program, from start to end. Returns the result of `read` for the watcher's file, and the
// units of the run.
async function watched(command, words, { watcher, read, env }) {
  const file = scratchFile();
  const server = await startServer(command, { under: watcher(file), env });
  let found;
  try {
    found = await load(server, words, { watch: false });
  } finally {
    await server.stop();
  }
  return { count: read(fs.readFileSync(file, "utf8")), units: found.units };
}

const strace = {
  watcher: (file) => ["strace", "-c", "-f", "-qq", "-o", file],
  // Rows of: % time, seconds, usecs/call, calls, errors when there were any, name.
  read: (text) => text.split("\n---")[1].split("\n").slice(1).reduce((sum, row) => sum + Number(row.trim().split(/\s+/)[3]), 0),
};

const callgrind = {
  watcher: (file) => ["valgrind", "--tool=callgrind", "--quiet", `--callgrind-out-file=${file}`],
  read: (text) => Number(/^(?:summary|totals): (\d+)/m.exec(text)[1]),
};

// DHAT writes JSON: "tbk" is how many blocks one place in the program has taken from the heap.
const dhat = {
  watcher: (file) => ["valgrind", "--tool=dhat", "--quiet", `--dhat-out-file=${file}`],
  read: (text) => JSON.parse(text).pps.reduce((sum, place) => sum + place.tbk, 0),
};

/**
 * @param words  (count) => the words of a load of so many events, broadcasts or connections
 * @return per unit
 */
async function perUnit(tool, command, words, [few, many], env = {}) {
  const short = await watched(command, words(few), { ...tool, env });
  const long = await watched(command, words(many), { ...tool, env });
  return (long.count - short.count) / (long.units - short.units);
}

/** System calls for one unit of work. */
const systemCalls = (...args) => perUnit(strace, ...args);
/** Instructions in user space for one unit of work. */
const instructions = (...args) => perUnit(callgrind, ...args);
/** Blocks taken from the heap for one unit of work. */
const allocations = (...args) => perUnit(dhat, ...args);

module.exports = { systemCalls, instructions, allocations };
