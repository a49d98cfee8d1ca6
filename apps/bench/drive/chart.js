// The comparison as bars: for each kind of work, the cost of one unit for each server; for idle connections, their
// memory. Each group has its own scale.
"use strict";
const { median, readable } = require("./numbers");
const { text, bar, line, picture } = require("./svg");

const width = 860;
const left = 270;
const longest = 430;
const thick = 15;
const gap = 16;

function chart(rows, { who, works, serverNames, workNames }) {
  const drawn = serverNames.filter((server) => who[server].colour !== undefined);
  const value = (work, server) => {
    const name = works[work].memory ? "server_rss_bytes_per_connection" : "server_cpu_us_per_unit";
    return median(rows.filter((row) => !row.failure && row.work === work && row.server === server && row[name] !== undefined).map((row) => row[name]));
  };
  const title = "Server CPU time for one unit of work (shorter is better)";
  const parts = [text(16, 28, title, { kind: "title" })];
  let y = 48;
  for (const work of workNames) {
    const bars = drawn.map((server) => ({ server, is: value(work, server) })).filter(({ is }) => is !== undefined);
    if (bars.length === 0) continue;
    const most = Math.max(...bars.map(({ is }) => is), Number.MIN_VALUE);
    const unit = works[work].memory ? "bytes" : "µs";
    parts.push(line(16, y, width - 16, y));
    y += gap / 2;
    parts.push(text(16, y + thick - 2, works[work].memory ? `memory, ${works[work].title}` : works[work].title));
    for (const { server, is } of bars) {
      const size = Math.max(1, (Math.max(is, 0) / most) * longest);
      parts.push(bar(left, y, size, thick, who[server].colour));
      parts.push(text(left + size + 6, y + thick - 3, `${who[server].title}: ${readable(is)} ${unit}`, { kind: "quiet" }));
      y += thick + 3;
    }
    y += gap / 2;
  }
  return picture(width, y + 12, title, parts);
}

module.exports = { chart };
