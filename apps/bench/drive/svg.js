// Pieces of SVG pictures that can be read on light and on dark pages.
"use strict";

const escaped = (text) => String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");

// Colours that stay apart for people who see red and green alike; the order is that of the servers.
const style = `
  text { font: 13px system-ui, sans-serif; fill: #24292f; }
  .title { font-weight: 600; font-size: 15px; }
  .quiet { fill: #57606a; }
  .strong { font-weight: 600; }
  .page { fill: #ffffff; }
  .line { stroke: #d0d7de; stroke-width: 1; fill: none; }
  .c0 { fill: #8c959f; stroke: #8c959f; }
  .c1 { fill: #0969da; stroke: #0969da; }
  .c2 { fill: #d4760a; stroke: #d4760a; }
  .c3 { fill: #8250df; stroke: #8250df; }
  .c4 { fill: #1a7f64; stroke: #1a7f64; }
  .c5 { fill: #a63603; stroke: #a63603; }
  .c6 { fill: #bf3989; stroke: #bf3989; }
  .c7 { fill: #0e8a9c; stroke: #0e8a9c; }
  .c8 { fill: #7d6b00; stroke: #7d6b00; }
  .curve { fill: none; stroke-width: 2; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .quiet { fill: #9198a1; }
    .page { fill: #0d1117; }
    .line { stroke: #3d444d; }
    .c0 { fill: #9198a1; stroke: #9198a1; }
    .c1 { fill: #4493f8; stroke: #4493f8; }
    .c2 { fill: #f0883e; stroke: #f0883e; }
    .c3 { fill: #ab7df8; stroke: #ab7df8; }
    .c4 { fill: #3fb990; stroke: #3fb990; }
    .c5 { fill: #f47067; stroke: #f47067; }
    .c6 { fill: #f778ba; stroke: #f778ba; }
    .c7 { fill: #39c5cf; stroke: #39c5cf; }
    .c8 { fill: #d4b106; stroke: #d4b106; }
    .curve { fill: none; }
  }`;

const text = (x, y, says, { kind = "", anchor = "start" } = {}) =>
  `<text x="${x}" y="${y}" class="${kind}" text-anchor="${anchor}">${escaped(says)}</text>`;
const bar = (x, y, width, height, colour) => `<rect x="${x}" y="${y}" width="${width.toFixed(1)}" height="${height}" rx="2" class="c${colour}"/>`;
const line = (x1, y1, x2, y2) => `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" class="line"/>`;
const curve = (points, colour) =>
  `<polyline points="${points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ")}" class="c${colour} curve"/>` +
  points.map(([x, y]) => `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="3" class="c${colour}"/>`).join("");

const picture = (width, height, says, parts) =>
  [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(says)}">`,
    `<style>${style}\n</style>`,
    `<rect width="${width}" height="${height}" class="page"/>`,
    ...parts,
    "</svg>\n",
  ].join("\n");

module.exports = { text, bar, line, curve, picture };
