// The comparison as bars: for each kind of work, the cost of one unit for each server; for idle connections, their
// memory. Each group has its own scale. Groups stand in two columns, and names and figures beside their bars.
"use strict";
const { median, readable } = require("./numbers");
const { text, bar, line, picture } = require("./svg");

const margin = 16;
const columnWidth = 420;
const width = margin + 2 * (columnWidth + margin);
const names = 118; // for the names before the bars
const longest = 200;
const thick = 14;
const pitch = thick + 4;
const head = 24;
const below = 14;
const above = 80; // for the title and what must be known
const most = 12; // a longer bar than so many times ours is cut, or ours could not be seen beside it

/**
 * The lengths of bars, of which the longest is 1, and which of them are cut.
 *
 * @param values  not negative
 * @param ours    one of them; undefined: nothing is cut
 */
function lengths(values, ours) {
  const limit = ours > 0 ? most * ours : Infinity;
  const scale = Math.min(limit, Math.max(...values)) || 1;
  return values.map((value) => ({ length: Math.min(value, scale) / scale, cut: value > limit }));
}

function drawGroup({ bars, unit, title }, left, top) {
  const parts = [line(left, top, left + columnWidth, top), text(left, top + 17, title, { kind: "strong" })];
  const drawn = lengths(bars.map(({ is }) => Math.max(is, 0)), bars.find(({ name }) => name === "cosio")?.is);
  for (const [at, { name, server, is }] of bars.entries()) {
    const y = top + head + at * pitch;
    const start = left + names;
    const size = Math.max(1, drawn[at].length * longest);
    const kind = name === "cosio" ? "strong" : "quiet";
    parts.push(text(start - 6, y + thick - 3, server.title, { kind, anchor: "end" }));
    if (drawn[at].cut) parts.push(bar(start, y, size - 16, thick, server.colour), bar(start + size - 12, y, 12, thick, server.colour));
    else parts.push(bar(start, y, size, thick, server.colour));
    parts.push(text(start + size + 6, y + thick - 3, `${readable(is)} ${unit}`, { kind }));
  }
  return parts;
}

function chart(rows, { who, works, serverNames, workNames }) {
  const value = (work, server) => {
    const name = works[work].memory ? "server_rss_bytes_per_connection" : "server_cpu_us_per_unit";
    return median(rows.filter((row) => !row.failure && row.work === work && row.server === server && row[name] !== undefined).map((row) => row[name]));
  };
  const groups = workNames.map((work) => ({
    title: works[work].memory ? `memory, ${works[work].title}` : works[work].title,
    unit: works[work].memory ? "KiB" : "µs",
    bars: serverNames
      .filter((name) => who[name].colour !== undefined && !(works[work].memory && name.startsWith("floor")))
      .map((name) => ({ name, server: who[name], is: value(work, name) }))
      .filter(({ is }) => is !== undefined)
      .map((one) => (works[work].memory ? { ...one, is: one.is / 1024 } : one)),
  })).filter(({ bars }) => bars.length > 0);

  const title = "The server's CPU time for one unit of work, and its memory for a connection: shorter is better";
  const parts = [
    text(margin, 24, title, { kind: "title" }),
    text(margin, 46, `Each group has its own scale. A bar with a gap is cut at ${most} times ours.`, { kind: "quiet" }),
    text(margin, 64, "Floor: a plain epoll program that knows the messages of the test by their bytes, and no JSON.", { kind: "quiet" }),
  ];
  let y = above;
  for (let at = 0; at < groups.length; at += 2) {
    const pair = groups.slice(at, at + 2);
    pair.forEach((group, column) => parts.push(...drawGroup(group, margin + column * (columnWidth + margin), y)));
    y += head + Math.max(...pair.map(({ bars }) => bars.length)) * pitch + below;
  }
  const figures = groups.map(({ title: work, unit, bars }) => `${work}, ${unit}: ${bars.map(({ server, is }) => `${server.title} ${readable(is)}`).join(", ")}`);
  return picture(width, y, `${title}. ${figures.join("; ")}`, parts);
}

module.exports = { chart, lengths };
