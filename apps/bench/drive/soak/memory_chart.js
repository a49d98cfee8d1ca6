// Memory over time, and sessions beside it.
"use strict";
const { readable } = require("../numbers");
const { text, line, picture } = require("../svg");

const [width, height, margin] = [840, 150, 56];

const polyline = (points, colour) => `<polyline points="${points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ")}" class="c${colour} curve"/>`;

function strip(samples, { title, curves }, y0) {
  const last = samples.at(-1).at || 1;
  const top = Math.max(...samples.flatMap((one) => curves.map(([, of]) => of(one))), 1e-9) * 1.1;
  const [w, h] = [width - margin - 24, height - 60];
  const x = (at) => margin + (at / last) * w;
  const y = (value) => y0 + 36 + h - (value / top) * h;
  const parts = [text(16, y0 + 22, title, { kind: "title" })];
  for (const share of [0, 0.5, 1]) {
    parts.push(line(margin, y((share * top) / 1.1), margin + w, y((share * top) / 1.1)));
    parts.push(text(margin - 6, y((share * top) / 1.1) + 4, readable((share * top) / 1.1), { kind: "quiet", anchor: "end" }));
    parts.push(text(x(share * last), y0 + h + 54, `${readable((share * last) / 60)} min`, { kind: "quiet", anchor: share === 1 ? "end" : "middle" }));
  }
  curves.forEach(([name, of], at) => {
    parts.push(polyline(samples.map((one) => [x(one.at), y(of(one))]), at + 1));
    if (curves.length > 1) parts.push(`<circle cx="${width - 220 + at * 110}" cy="${y0 + 18}" r="4" class="c${at + 1}"/>`, text(width - 212 + at * 110, y0 + 22, name, { kind: "quiet" }));
  });
  return parts;
}

/** samples: [{at (s), heap, rss (bytes), sessions}] */
function memoryChart(name, samples) {
  const strips = [
    { title: "Memory, MiB", curves: [["resident", (one) => one.rss / 1_048_576], ["heap in use", (one) => one.heap / 1_048_576]] },
    { title: "Sessions", curves: [["sessions", (one) => Math.max(0, one.sessions)]] },
  ];
  return picture(width, strips.length * height + 8, `Memory and sessions over time: ${name}`, strips.flatMap((one, at) => strip(samples, one, at * height)));
}

module.exports = { memoryChart };
