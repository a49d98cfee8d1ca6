// The comparison: every scenario against every server, one after the other, so that a drift of the machine's speed
// affects all of them. Writes the raw figures, a table and a chart. usage: see ../run.sh
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const { parseArgs } = require("node:util");
const { chart } = require("./chart");
const { servers, scenarios, fullScenarios, more } = require("./contenders");
const { systemCalls } = require("./counts");
const { root, startServer, load, hasCommand } = require("./programs");
const { table } = require("./table");

const flags = {
  full: { type: "boolean", default: false },
  reps: { type: "string" },
  seconds: { type: "string" },
  servers: { type: "string" },
  scenarios: { type: "string" },
  add: { type: "string", multiple: true, default: [] },
  "no-calls": { type: "boolean", default: false },
  out: { type: "string", default: path.join(root, "build/bench") },
};

function plan(wanted) {
  const works = wanted.full ? { ...scenarios, ...fullScenarios } : scenarios;
  const who = { ...servers };
  for (const added of wanted.add) {
    const at = added.indexOf("=");
    if (at < 1) throw new Error(`--add NAME='command {port}', not '${added}'`);
    who[added.slice(0, at)] = { title: added.slice(0, at), colour: 4, command: added.slice(at + 1).split(" "), pinned: true };
  }
  const usual = Object.keys(who).filter((name) => wanted.full || !/^cosio-\d/.test(name));
  const pick = (all, list, otherwise) => {
    const names = list ? list.split(",") : otherwise;
    for (const name of names) if (!all[name]) throw new Error(`there is no '${name}': ${Object.keys(all).join(", ")}`);
    return names;
  };
  return { who, works, serverNames: pick(who, wanted.servers, usual), workNames: pick(works, wanted.scenarios, Object.keys(works)) };
}

function steps({ who, works, serverNames, workNames }, reps, withCalls) {
  const meets = (server, work) => (!works[work].tls || who[server].tls) && (!who[server].only || who[server].only.includes(work)) && !works[work].without?.includes(server);
  const pairs = workNames.flatMap((work) => serverNames.filter((server) => meets(server, work)).map((server) => ({ server, work })));
  const timed = Array.from({ length: reps }, (_, rep) => pairs.map((pair) => ({ ...pair, rep }))).flat();
  const counted = withCalls ? pairs.map((pair) => ({ ...pair, calls: true })) : [];
  return [...timed, ...counted];
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
  const { values: wanted } = parseArgs({ args: words, options: flags });
  const planned = plan(wanted);
  const reps = Number(wanted.reps || (wanted.full ? 5 : 1));
  const seconds = Number(wanted.seconds || (wanted.full ? 3 : 1.5));
  const todo = steps(planned, reps, !wanted["no-calls"] && hasCommand("strace")).filter((step) => !step.calls || planned.works[step.work].calls);
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
  console.log(text);
  console.error(`Written to ${wanted.out}: results.jsonl, table.md, chart.svg.`);
  if (rows.some((row) => row.failure)) process.exitCode = 1;
}

main(process.argv.slice(2)).catch((failure) => {
  console.error(failure.message);
  process.exitCode = 1;
});
