// Lines that have not been read: here, and in other rooms. The title tells the sum.

import { at } from "./element.js";

const read = JSON.parse(localStorage.getItem("read") ?? "{}"); // room -> number of the last line that was seen there
const elsewhere = new Map(); // room -> how many lines; 0 for "some"
let here = 0;
let room = "";

export const of = (name) => elsewhere.get(name);

function showTitle() {
  let sum = here;
  for (const lines of elsewhere.values()) sum += Math.max(lines, 1);
  document.title = `${sum > 0 ? `(${sum}) ` : ""}#${room} · cosio chat`;
}

export function enter(name, rooms) {
  room = name;
  here = 0;
  elsewhere.delete(name);
  for (const { room, number } of rooms) {
    if (room !== name && number > (read[room] ?? Infinity) && !elsewhere.has(room)) elsewhere.set(room, 0);
  }
  showTitle();
}

export function addElsewhere(name) {
  elsewhere.set(name, (elsewhere.get(name) ?? 0) + 1);
  showTitle();
}

export function show(lines) {
  here = lines;
  showTitle();
}

export function saw(number) {
  if (!(number > (read[room] ?? 0))) return;
  read[room] = number;
  localStorage.setItem("read", JSON.stringify(read));
}

// ---------------------------------------------------------------- notifications, for who asks for them

const can = "Notification" in window && isSecureContext;
const wanted = () => can && Notification.permission === "granted" && localStorage.getItem("notify") === "yes";

function showWish() {
  at("notify").hidden = !can || Notification.permission === "denied";
  at("notify").setAttribute("aria-pressed", wanted());
}

at("notify").addEventListener("click", async () => {
  const on = !wanted();
  if (on) await Notification.requestPermission();
  localStorage.setItem("notify", on ? "yes" : "no");
  showWish();
});
showWish();

export function notify(name, text) {
  if (wanted() && document.hidden) new Notification(`${name} in #${room}`, { body: text.slice(0, 200), tag: room });
}
