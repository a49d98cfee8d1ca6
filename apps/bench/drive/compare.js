// One table of all servers as Markdown, to be pasted into a page: a row for each kind of work, with medians, and how
// far the best of the other servers is from this one.
"use strict";
const { median, readable } = require("./numbers");

const megabyte = 1_048_576;

/** name: of a row's member. scale: what the figure is divided by */
function figuresOf(work, unit) {
  if (!work.memory) return [{ says: `µs CPU per ${unit}`, name: "server_cpu_us_per_unit", scale: 1 }];
  return [
    { says: "bytes per connection", name: "server_rss_bytes_per_connection", scale: 1 },
    { says: "MiB before the first one", name: "server_rss_before_bytes", scale: megabyte },
  ];
}

/** rows: of run.js; plan: servers, scenarios and which of them were asked for */
function comparison(rows, { who, works, serverNames, workNames }) {
  const good = rows.filter((row) => !row.failure && !row.calls);
  const others = serverNames.filter((server) => who[server].other);
  const columns = [...["floor", "cosio"].filter((server) => serverNames.includes(server)), ...others];

  const line = (work, { says, name, scale }) => {
    const of = (server) => good.filter((row) => row.work === work && row.server === server && row[name] !== undefined);
    const middle = (server) => median(of(server).map((row) => row[name] / scale));
    const gathers = of("floor-gather").length > 0;
    const source = (server) => (server === "floor" && gathers ? "floor-gather" : server);
    const failed = (server) => rows.some((row) => row.work === work && row.server === server && row.failure);
    const shown = (server) => (failed(source(server)) && of(source(server)).length === 0 ? "failed" : readable(middle(source(server))));
    const title = `${works[work].title}${gathers ? "; the floor gathers" : ""}: ${says}`;
    return [title, ...columns.map(shown), best(middle, of, name)];
  };

  // The median of the quotients within each round: what drifts from round to round cancels out.
  const best = (middle, of, name) => {
    const ranked = others.filter((server) => middle(server) !== undefined).sort((a, b) => middle(a) - middle(b));
    const ours = new Map(of("cosio").map((row) => [row.rep, row[name]]));
    if (ranked.length === 0 || ours.size === 0) return "–";
    const quotients = of(ranked[0]).filter((row) => ours.has(row.rep)).map((row) => row[name] / ours.get(row.rep));
    const quotient = median(quotients);
    const text = `${readable(quotient)} (${who[ranked[0]].title})`;
    return quotient < 1 ? `**${text}**` : text;
  };

  const unit = (work) => good.find((row) => row.work === work && row.unit)?.unit || "unit";
  const lines = workNames.flatMap((work) => figuresOf(works[work], unit(work)).map((figure) => line(work, figure)));
  const head = ["work", ...columns.map((server) => who[server].title), "best other ÷ cosio"];
  return [head, head.map((_, at) => (at === 0 ? "---" : "--:")), ...lines].map((cells) => `| ${cells.join(" | ")} |\n`).join("");
}

module.exports = { comparison };
