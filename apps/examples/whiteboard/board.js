// The page of the whiteboard. A line is drawn at once, told point by point while it grows, and sent whole in the end.
"use strict";

const size = { x: 1600, y: 1000 };
const colours = ["#2b2a33", "#d6453d", "#e0902f", "#2f9e63", "#3b6fe0", "#8a4fd0"];
const widths = [4, 9, 20];
const name = new URLSearchParams(location.search).get("name") || `Guest ${Math.floor(Math.random() * 90 + 10)}`;

const canvas = document.querySelector("canvas");
const pen = canvas.getContext("2d");
const socket = io();
const strokes = new Map(); // by id, in their order; those that grow elsewhere among them
const mine = []; // the ids of this page's strokes, for undo
const pointers = new Map(); // the labels of others, by the ids of their sockets
let colour = colours[4];
let width = widths[1];
let current = null;
let count = 0;
let due = false;

function redraw() {
  due = false;
  pen.clearRect(0, 0, size.x, size.y);
  pen.lineCap = pen.lineJoin = "round";
  for (const { colour, width, points } of strokes.values()) {
    pen.strokeStyle = colour;
    pen.lineWidth = width;
    pen.beginPath();
    pen.moveTo(points[0], points[1]);
    if (points.length === 2) pen.lineTo(points[0], points[1]); // a dot
    for (let i = 2; i + 3 < points.length; i += 2) {
      pen.quadraticCurveTo(points[i], points[i + 1], (points[i] + points[i + 2]) / 2, (points[i + 1] + points[i + 3]) / 2);
    }
    if (points.length > 2) pen.lineTo(points.at(-2), points.at(-1));
    pen.stroke();
  }
}

function show() {
  if (!due) due = requestAnimationFrame(redraw);
}

function put(stroke) {
  strokes.set(stroke.id, stroke);
  show();
}

function fit() {
  const { clientWidth, clientHeight } = canvas.parentElement;
  const scale = Math.min((clientWidth - 40) / size.x, (clientHeight - 20) / size.y);
  canvas.style.width = `${size.x * scale}px`;
  canvas.style.height = `${size.y * scale}px`;
  canvas.width = size.x * scale * devicePixelRatio;
  canvas.height = size.y * scale * devicePixelRatio;
  pen.setTransform(scale * devicePixelRatio, 0, 0, scale * devicePixelRatio, 0, 0);
  show();
}

function place(event) {
  const box = canvas.getBoundingClientRect();
  const round = (value) => Math.round(value * 10) / 10;
  return [round(((event.clientX - box.x) / box.width) * size.x), round(((event.clientY - box.y) / box.height) * size.y)];
}

canvas.onpointerdown = (event) => {
  canvas.setPointerCapture(event.pointerId);
  current = { id: `${socket.id ?? Math.random()}:${++count}`, colour, width, points: place(event) };
  put(current);
};
canvas.onpointermove = (event) => {
  const [x, y] = place(event);
  if (!current) return socket.volatile.emit("pointer", name, x, y);
  current.points.push(x, y);
  show();
  socket.volatile.emit("drawing", { ...current, points: [x, y] });
  if (current.points.length >= 3_000) canvas.onpointerup();
};
canvas.onpointerup = canvas.onpointercancel = () => {
  if (!current) return;
  mine.push(current.id);
  socket.emit("stroke", current); // it waits for the connection, if there is none
  current = null;
};

function undo() {
  const id = mine.pop();
  if (id) socket.emit("undo", id);
}
document.getElementById("undo").onclick = undo;
document.getElementById("clear").onclick = () => socket.emit("clear");
onkeydown = (event) => event.key === "z" && (event.ctrlKey || event.metaKey) && undo();

/** A group of buttons, of which one is pressed. */
function choose(group, values, decorate, choice, pick) {
  for (const value of values) {
    const button = document.getElementById(group).appendChild(document.createElement("button"));
    decorate(button, value);
    button.ariaPressed = value === choice;
    button.onclick = () => {
      for (const other of button.parentElement.children) other.ariaPressed = other === button;
      pick(value);
    };
  }
}
const paint = (button, value) => (button.style.setProperty("--colour", value), (button.ariaLabel = value));
const grow = (button, value) => (button.style.setProperty("--size", `${value}px`), (button.ariaLabel = `${value} pixels`));
choose("colours", colours, paint, colour, (value) => (colour = value));
choose("widths", widths, grow, width, (value) => (width = value));

const colourOf = (who) => colours[1 + ([...who].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % (colours.length - 1))];
function showPeople() {
  const badges = [name, ...[...pointers.values()].map((label) => label.textContent)].map((who) => {
    const badge = document.createElement("li");
    badge.textContent = who[0].toUpperCase();
    badge.title = who;
    badge.style.background = colourOf(who);
    return badge;
  });
  document.getElementById("people").replaceChildren(...badges);
}

function movePointer(id, x, y) {
  const box = canvas.getBoundingClientRect();
  const at = [box.x + (x / size.x) * box.width, box.y + (y / size.y) * box.height];
  if (pointers.has(id)) pointers.get(id).style.transform = `translate(${at[0]}px, ${at[1]}px)`;
}

socket.on("drawing", (part) => {
  const known = strokes.get(part.id);
  if (known) known.points.push(...part.points);
  else strokes.set(part.id, part);
  movePointer(part.id.split(":")[0], ...part.points.slice(-2));
  show();
});
socket.on("stroke", put);
socket.on("undo", (id) => (strokes.delete(id), show()));
socket.on("clear", () => (strokes.clear(), show()));
socket.on("pointer", (id, who, x, y) => {
  if (!pointers.has(id)) {
    const label = document.getElementById("pointers").appendChild(document.createElement("span"));
    label.textContent = who;
    label.style.setProperty("--colour", colourOf(who));
    pointers.set(id, label);
    showPeople();
  }
  movePointer(id, x, y);
});
socket.on("gone", (id) => {
  pointers.get(id)?.remove();
  pointers.delete(id);
  showPeople();
});
socket.on("connect", async () => {
  const all = await socket.emitWithAck("board"); // also behind a lost connection: what was missed is in it
  strokes.clear();
  for (const one of all) strokes.set(one.id, one);
  if (current) strokes.set(current.id, current);
  show();
  state.textContent = "everybody sees it";
  state.className = "on";
});
socket.on("disconnect", () => {
  state.textContent = "not connected; what you draw is sent later";
  state.className = "";
});
const state = document.getElementById("state");
new ResizeObserver(fit).observe(canvas.parentElement);
showPeople();
