// The comparison: every scenario against every server, one after the other, so that a drift of the machine's speed
// affects all of them. Writes the raw figures, tables and a chart. usage: see ../run.sh
"use strict";
const { spawnSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { misbehaviour } = require("./behaviour");
const { chart } = require("./chart");
const { comparison } = require("./compare");
const { more, peers } = require("./contenders");
const { systemCalls } = require("./counts");
const { readWords, plan, steps } = require("./plan");
const { root, startServer, load, hasCommand } = require("./programs");
const { table } = require("./table");

// Installs and builds peers. One that fails is told there, and found missing here.
function prepare(names) {
  spawnSync("sh", [path.join(root, "apps/bench/peers/prepare.sh"), ...names], { stdio: ["ignore", 2, 2] });
}

/** The servers that can be measured. Each that cannot is told in one line, and left out. */
async function usable({ who, serverNames }) {
  const good = [];
  for (const name of serverNames) {
    const { title, needs } = who[name];
    const isPeer = name in peers;
    const why = needs && !fs.existsSync(needs) ? `sh apps/bench/peers/prepare.sh ${name} has not made it` : isPeer && (await misbehaviour(who[name]));
    if (why) console.error(`${title} is left out: ${why}`);
    else good.push(name);
  }
  return good;
}

async function measure(server, work, seconds) {
  const { command, env, pinned, warmup = 0.7 } = server;
  const running = await startServer([...command, ...more(work)], { env, pinned });
  try {
    if (work.before) await load(running, [...work.before, ...more(work)], { pinned });
    return await load(running, [...work.words, ...more(work), "--seconds", String(seconds), "--warmup", String(warmup)], { pinned });
  } finally {
    await running.stop();
  }
}

function count(server, work) {
  const words = (units) => [...work.words, ...more(work), work.countOption || "--count", String(units)];
  return systemCalls([...server.command, ...more(work)], words, work.calls, server.env);
}

const brief = (step, row) => {
  if (row.failure) return `FAILED: ${row.failure}`;
  if (step.calls) return `${row.calls.toFixed(3)} system calls`;
  if (row.server_rss_bytes_per_connection !== undefined) return `${Math.round(row.server_rss_bytes_per_connection)} bytes per connection`;
  return `${row.server_cpu_us_per_unit.toFixed(2)} us CPU per ${row.unit}`;
};

async function main(words) {
  const wanted = readWords(words);
  const planned = plan(wanted);
  const chosen = planned.serverNames.filter((name) => name in peers);
  if (wanted["prepare-peers"] && chosen.length > 0) prepare(chosen);
  planned.serverNames = await usable(planned);
  planned.withCalls &&= hasCommand("strace");
  const reps = Number(wanted.reps || (wanted.full ? 5 : 1));
  const seconds = Number(wanted.seconds || (wanted.full ? 3 : 1.5));
  const todo = steps(planned, reps);
  fs.mkdirSync(wanted.out, { recursive: true });
  const raw = path.join(wanted.out, "results.jsonl");
  fs.writeFileSync(raw, "");
  const rows = [];
  const begun = Date.now();
  for (const [at, step] of todo.entries()) {
    const [server, work] = [planned.who[step.server], planned.works[step.work]];
    const row = { ...step };
    try {
      Object.assign(row, step.calls ? { calls: await count(server, work) } : await measure(server, work, seconds));
    } catch (failure) {
      row.failure = failure.message;
    }
    rows.push(row);
    fs.appendFileSync(raw, `${JSON.stringify(row)}\n`);
    const left = at === 0 ? "" : `, ${Math.ceil(((Date.now() - begun) / (at + 1)) * (todo.length - at - 1) / 1000)} s left`;
    console.error(`[${at + 1}/${todo.length}${left}] ${work.title}: ${server.title}: ${brief(step, row)}`);
  }
  const text = table(rows, planned, { reps, seconds });
  fs.writeFileSync(path.join(wanted.out, "table.md"), text);
  fs.writeFileSync(path.join(wanted.out, "chart.svg"), chart(rows, planned));
  const compared = comparison(rows, planned);
  fs.writeFileSync(path.join(wanted.out, "compared.md"), compared);
  console.log(chosen.length > 0 ? `${text}\n${compared}` : text);
  console.error(`Written to ${wanted.out}: results.jsonl, table.md, compared.md, chart.svg.`);
  if (rows.some((row) => row.failure)) process.exitCode = 1;
}

main(process.argv.slice(2)).catch((failure) => {
  console.error(failure.message);
  process.exitCode = 1;
});
