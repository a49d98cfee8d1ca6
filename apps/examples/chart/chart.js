// One card for each figure: its value now, and a minute of it as a line.
"use strict";

const shown = 120; // samples: a minute
const figures = [
  { key: "events", title: "Events of clients", unit: "in a second", colour: "#5b8def" },
  { key: "deliveries", title: "Deliveries to clients", unit: "in a second", colour: "#3fb68b" },
  { key: "clients", title: "Clients", unit: "connected", colour: "#c58af9" },
  { key: "bytes_in", title: "Received", unit: "in a second", colour: "#f0a44b", bytes: true },
  { key: "bytes_out", title: "Sent", unit: "in a second", colour: "#ef6f6c", bytes: true },
  { key: "kept_bytes", title: "Memory for clients", unit: "kept", colour: "#52c7d8", bytes: true },
];

const socket = io();
const samples = [];

const number = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const text = (value, bytes) => number.format(value) + (bytes ? "B" : "");

for (const figure of figures) {
  const card = document.querySelector("main").appendChild(document.createElement("section"));
  card.style.setProperty("--colour", figure.colour);
  card.innerHTML =
    `<h2>${figure.title}</h2><output>–</output> <small>${figure.unit}</small>` +
    `<svg viewBox="0 0 ${shown - 1} 100" preserveAspectRatio="none" aria-hidden="true">` +
    `<path class="area"/><path class="line"/></svg>`;
  figure.value = card.querySelector("output");
  figure.area = card.querySelector(".area");
  figure.line = card.querySelector(".line");
}

function draw() {
  for (const { key, bytes, value, area, line } of figures) {
    const most = Math.max(...samples.map((one) => one[key]), 1);
    const from = shown - samples.length;
    const points = samples.map((one, i) => `${from + i},${(96 - (one[key] / most) * 92).toFixed(1)}`);
    line.setAttribute("d", `M${points.join("L")}`);
    area.setAttribute("d", `M${from},100L${points.join("L")}L${shown - 1},100Z`);
    value.textContent = text(samples.at(-1)[key], bytes);
  }
}

socket.on("sample", (sample) => {
  samples.push(sample);
  if (samples.length > shown) samples.shift();
  state.textContent = `as of ${new Date(sample.at).toLocaleTimeString()}`;
  draw();
});
socket.on("connect", () => socket.emit("watch"));
socket.on("disconnect", () => (state.textContent = "not connected"));

const state = document.getElementById("state");
const button = document.querySelector("button");
let load;
button.onclick = () => {
  const on = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", on);
  button.textContent = on ? "No more load" : "Make some load";
  clearInterval(load);
  if (!on) return;
  let step = 0;
  load = setInterval(() => {
    const count = 12 + 10 * Math.sin(step++ / 12);
    for (let i = 0; i < count; ++i) socket.emit("shout", "x".repeat(20 + 40 * Math.random()));
  }, 50);
};
