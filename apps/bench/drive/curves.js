// The growth of figures as curves: one panel for each kind, sizes on a logarithmic scale (rounds on a linear one),
// figures from zero on.
"use strict";
const { readable } = require("./numbers");
const { text, line, curve, picture } = require("./svg");

const [width, height, margin] = [420, 250, 56];

function panel({ title, unit, over, series, linear = false }, x0, y0) {
  const scale = linear ? (size) => size : Math.log;
  const points = series.flatMap((one) => one.points);
  const sizes = [...new Set(points.map(([size]) => size))].sort((a, b) => a - b);
  const [least, most] = [scale(sizes[0]), scale(sizes[sizes.length - 1])];
  const top = 1.15 * Math.max(...points.map(([, value]) => value), Number.MIN_VALUE);
  const [w, h] = [width - margin - 24, height - 96];
  const x = (size) => x0 + margin + (most === least ? w / 2 : ((scale(size) - least) / (most - least)) * w);
  const y = (value) => y0 + 48 + h - (value / top) * h;
  const parts = [text(x0 + 16, y0 + 24, title, { kind: "title" }), text(x0 + 16, y0 + 42, unit, { kind: "quiet" })];
  for (const share of [0, 0.5, 1]) {
    parts.push(line(x0 + margin, y((share * top) / 1.15), x0 + margin + w, y((share * top) / 1.15)));
    parts.push(text(x0 + margin - 6, y((share * top) / 1.15) + 4, readable((share * top) / 1.15), { kind: "quiet", anchor: "end" }));
  }
  for (const size of sizes) parts.push(text(x(size), y0 + h + 66, readableSize(size), { kind: "quiet", anchor: "middle" }));
  parts.push(text(x0 + margin + w, y0 + 42, `→ ${over}`, { kind: "quiet", anchor: "end" }));
  let legend = x0 + margin;
  series.forEach((one, at) => {
    parts.push(curve(one.points.map(([size, value]) => [x(size), y(value)]), at + 1));
    if (series.length < 2) return;
    parts.push(curve([[legend, y0 + h + 80]], at + 1), text(legend + 8, y0 + h + 84, one.name, { kind: "quiet" }));
    legend += 22 + 7.2 * one.name.length;
  });
  return parts;
}

/** 15000 -> 15k */
function readableSize(size) {
  if (size >= 1e6) return `${size / 1e6}M`;
  return size >= 1000 ? `${size / 1000}k` : String(size);
}

/** panels: [{title, unit, over, linear, series: [{name, points: [[size, figure], …]}]}] */
function curves(says, panels) {
  const columns = 2;
  const parts = panels.flatMap((one, at) => panel(one, (at % columns) * width, Math.floor(at / columns) * height));
  return picture(columns * width, Math.ceil(panels.length / columns) * height, says, parts);
}

module.exports = { curves, readableSize };
