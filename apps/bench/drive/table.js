// The results of a comparison, as Markdown.
"use strict";
const os = require("node:os");
const { median, readable, spread } = require("./numbers");

const markdown = (head, rows) =>
  [head, head.map((_, at) => (at === 0 ? "---" : "--:")), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");

const plural = (unit) => (unit.endsWith("y") ? `${unit.slice(0, -1)}ies` : `${unit}s`);

/** rows: of run.js; plan: servers, scenarios and which of them were asked for */
function table(rows, { who, works, serverNames, workNames }, { reps, seconds }) {
  const good = rows.filter((row) => !row.failure);
  const values = (work, server, name) =>
    good.filter((row) => row.work === work && row.server === server && row[name] !== undefined).map((row) => row[name]);
  const titles = serverNames.map((server) => who[server].title);
  const timed = workNames.filter((work) => !works[work].memory);
  const units = (work) => (good.find((row) => row.work === work && row.unit) || {}).unit || "unit";

  // The median of the quotients within each round: what drifts from round to round cancels out.
  const quotient = (work, above, below) => {
    const of = (server, rep) => good.find((row) => row.work === work && row.server === server && row.rep === rep)?.server_cpu_us_per_unit;
    const all = Array.from({ length: reps }, (_, rep) => of(above, rep) / of(below, rep)).filter((value) => !Number.isNaN(value));
    return readable(median(all));
  };
  const compared = [["cosio", "floor"], ["cosio", "floor-gather"], ["node", "cosio"]].filter((pair) => pair.every((name) => serverNames.includes(name)));

  const cpu = timed.map((work) => [
    `${works[work].title}: per ${units(work)}`,
    ...serverNames.map((server) => spread(values(work, server, "server_cpu_us_per_unit"))),
    ...compared.map(([above, below]) => quotient(work, above, below)),
  ]);
  const latency = timed.map((work) => [
    works[work].title,
    ...serverNames.map((server) => {
      const [half, most] = ["latency_p50_us", "latency_p99_us"].map((name) => median(values(work, server, name)));
      return half === undefined ? "–" : `${readable(half / 1000)} / ${readable(most / 1000)}`;
    }),
  ]);
  const speed = timed.map((work) => [
    `${works[work].title}: ${plural(units(work))} a second`,
    ...serverNames.map((server) => readable(median(values(work, server, "units_per_second")))),
  ]);
  const calls = workNames
    .filter((work) => works[work].calls)
    .map((work) => [`${works[work].title}: per ${units(work)}`, ...serverNames.map((server) => readable(values(work, server, "calls")[0]))]);
  const memory = workNames.filter((work) => works[work].memory).flatMap((work) => {
    const line = (says, name, scale = 1) => [
      `${works[work].title}: ${says}`,
      ...serverNames.map((server) => spread(values(work, server, name).map((value) => value / scale))),
    ];
    return [
      line("bytes per connection", "server_rss_bytes_per_connection"),
      line("MiB before the first one", "server_rss_before_bytes", 1_048_576),
      ...(works[work].pings ? [line("µs CPU per connection and second", "server_cpu_us_per_connection_second")] : []),
    ];
  });

  const parts = [
    `${os.cpus()[0].model}, ${os.cpus().length} processors, Linux ${os.release()}, Node.js ${process.version}; ${reps} round${reps > 1 ? "s" : ""} of ${seconds} s.`,
    `## Server CPU time, µs\n\n${markdown(["work", ...titles, ...compared.map(([above, below]) => `${who[above].title} ÷ ${who[below].title}`)], cpu)}`,
    `## Latency, ms: half of all below / 99 % below\n\n${markdown(["work", ...titles], latency)}`,
    `## Throughput, with one load client on one processor\n\n${markdown(["work", ...titles], speed)}`,
  ];
  if (memory.length > 0) parts.push(`## Memory and idleness\n\n${markdown(["", ...titles], memory)}`);
  if (good.some((row) => row.calls !== undefined)) parts.push(`## System calls\n\n${markdown(["work", ...titles], calls)}`);
  const bad = rows.filter((row) => row.failure).map((row) => `- ${works[row.work].title}: ${who[row.server].title}: ${row.failure}`);
  if (bad.length > 0) parts.push(`## Failed\n\n${bad.join("\n")}`);
  return `${parts.join("\n\n")}\n`;
}

module.exports = { table };
