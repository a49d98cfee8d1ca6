// The conversation: lines in the order of their numbers, behind them those that are not sent yet, and notices between.

import { at, avatar, button, called, dayOf, element, enumerated, hue, timeOfDay, toast } from "./element.js";
import { isEmoji, isLong, written } from "./text.js";
import * as unread from "./unread.js";

const messages = at("messages");
const scroll = at("scroll");
const byNumber = new Map();
const byKey = new Map(); // our own
let use = {}; // what the buttons of a line do
export const onLine = (actions) => (use = actions);

// ---------------------------------------------------------------- the end of the conversation stays in view

let atEnd = true;
let fresh = []; // lines that came while nobody looked

let sizes = ""; // when the place was looked at last
const sizesNow = () => [scroll.clientWidth, scroll.clientHeight, scroll.scrollHeight].join();

function toEnd() {
  scroll.scrollTop = scroll.scrollHeight;
  sizes = sizesNow();
}
const isLooking = () => atEnd && !document.hidden;

function look() {
  at("newest").hidden = atEnd;
  at("newest").textContent =
    fresh.length === 0 ? "Newest lines" : `${fresh.length} new ${fresh.length === 1 ? "line" : "lines"}`;
  if (isLooking()) {
    fresh = [];
    unread.saw(last);
  }
  unread.show(fresh.length);
}

export function goToEnd() {
  atEnd = true;
  toEnd();
  look();
}

scroll.addEventListener("scroll", () => {
  if (atEnd && sizes !== sizesNow()) return toEnd(); // it is the window that has changed: nobody has gone up
  sizes = sizesNow();
  atEnd = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 60;
  look();
});
document.addEventListener("visibilitychange", look);
const keeper = new ResizeObserver(() => atEnd && toEnd()); // of a phone's keyboard, a growing field, a picture that loads
keeper.observe(scroll);
keeper.observe(messages);
at("newest").addEventListener("click", goToEnd);

function change(what) {
  what();
  if (atEnd) toEnd();
}

// ---------------------------------------------------------------- lines

let last = 0; // the highest number
export const newest = () => last;
export const has = (number) => byNumber.has(number);

/** Shows a line that the server has, or its new text. `mine` is whether it is our own. */
export function show(line, mine, isNew) {
  const before = byNumber.get(line.number) ?? (mine && byKey.get(line.key));
  const item = before || make(line, mine);
  if (!before && isNew && !mine && !isLooking()) markAsNew(item);
  change(() => {
    item.dataset.number = line.number;
    item.dataset.time = line.at;
    if (byNumber.get(line.number) !== item) place(item, line.number);
    byNumber.set(line.number, item);
    last = Math.max(last, line.number);
    setText(item, line);
    if (mine && item.dataset.state !== "sent") setState(line.key, "sent");
  });
  look();
  return !before;
}

/** Shows what was just written: it is not sent yet. */
export function showUnsent(entry) {
  if (byKey.has(entry.key)) return;
  const item = make(entry, true);
  change(() => place(item, Infinity));
  setText(item, entry);
}

function make({ key, name, author, at: time }, mine) {
  const item = element("li", "message");
  if (mine) item.classList.add("mine");
  item.dataset.author = mine ? "" : author;
  item.dataset.name = name ?? "";
  item.dataset.time = time;
  if (mine && key) byKey.set(key, item);
  item.style.setProperty("--hue", hue(item.dataset.name));
  const head = element("div", "head", element("span", "who", mine ? "You" : called(name)), element("time"));
  const bubble = element("div", "bubble", element("div", "text"));
  const state = element("div", "state");
  item.append(head, bubble, tools(item, mine), state);
  if (!mine) item.prepend(avatar(name));
  bubble.addEventListener("click", () => choose(item));
  return item;
}

function setText(item, { text, at: time, edited }) {
  const [body, clock] = [item.querySelector(".text"), item.querySelector("time")];
  item.text = text;
  item.classList.toggle("emoji", isEmoji(text));
  item.classList.toggle("gone", text === "");
  body.replaceChildren(...(text === "" ? ["taken back"] : written(text)));
  clock.dateTime = new Date(time).toISOString();
  clock.textContent = timeOfDay(time) + (edited && text !== "" ? " · edited" : "");
  item.querySelector(".all")?.remove();
  item.classList.toggle("long", isLong(text));
  const rows = text.split("\n").length;
  if (isLong(text)) body.after(button("all", rows > 1 ? `Show all ${rows} lines` : "Show all of it", showAll));
}

function showAll({ target }) {
  target.closest(".message").classList.remove("long");
  target.remove();
}

// Behind all lines with a lower number. Lines that are not sent yet have none, and stay at the end.
function place(item, number) {
  const isBehind = (other) => other.matches(".message") && (other === item || !(other.dataset.number < number));
  let before = messages.lastElementChild;
  while (number !== Infinity && before && isBehind(before)) before = before.previousElementSibling;
  messages.querySelector(".empty")?.remove();
  if (before?.isConnected) {
    if (before.nextElementSibling !== item) before.after(item);
  } else messages.prepend(item);
  regroup(item);
  if (item.nextElementSibling) regroup(item.nextElementSibling);
}

/** Whether a line continues the one above it: then it goes without a name; and whether a new day begins with it. */
function regroup(item) {
  if (!item.matches(".message")) return;
  const time = Number(item.dataset.time);
  const before = item.previousElementSibling;
  const near = before?.matches(".message") && time - before.dataset.time < 120_000;
  item.classList.toggle("more", Boolean(near && before.dataset.author === item.dataset.author));
  let line = before;
  while (line && !line.matches(".message, .day")) line = line.previousElementSibling;
  const day = dayOf(Number(line?.dataset.time ?? Date.now()));
  if (dayOf(time) === day) return;
  const divider = element("li", "divider day", dayOf(time));
  divider.dataset.time = time;
  item.before(divider);
}

// ---------------------------------------------------------------- what became of our own

const says = {
  sending: () => ["Sending…"],
  waiting: () => ["Waiting for the connection"],
  sent: () => ["Sent"],
  failed: (key) => ["Not sent ", button("again", "Try again", () => use.again(key))],
};

export function setState(key, state) {
  const item = byKey.get(key);
  if (!item) return;
  item.dataset.state = state;
  change(() => item.querySelector(".state").replaceChildren(...says[state](key)));
}

export function showReceipt({ number, received, others }) {
  const place = byNumber.get(number)?.querySelector(".state");
  if (!place) return;
  const text =
    others === 0
      ? "Sent, nobody else is here"
      : `Received by ${received === others ? others : `${received} of ${others}`}`;
  place.textContent = text;
}

// ---------------------------------------------------------------- what can be done with a line

function choose(item) {
  if (getSelection().toString() !== "") return; // somebody marks a text
  for (const other of messages.querySelectorAll(".chosen")) if (other !== item) other.classList.remove("chosen");
  item.classList.toggle("chosen");
}

// The tabulator key does not stop at them: there would be three for each line. With the keyboard, the arrow up in the
// empty field goes to our lines, and a text is marked and copied as anywhere.
function tools(item, mine) {
  const made = element("div", "tools");
  const add = (label, does) => {
    const one = button("", label, () => (item.classList.remove("chosen"), does()));
    one.tabIndex = -1;
    made.append(one);
  };
  add("Copy", () =>
    navigator.clipboard.writeText(item.text).then(
      () => toast("Copied"),
      () => toast("This browser does not allow it"),
    ),
  );
  if (mine) {
    add("Edit", () => use.edit(Number(item.dataset.number), item.text));
    add("Take back", () => use.takeBack(Number(item.dataset.number), item.text));
  }
  return made;
}

/** Our line before the one of this number, or after it; of 0, the last one. */
export function ownLine(number, step) {
  const own = [...byNumber].filter(([, item]) => item.matches(".mine:not(.gone)")).sort(([a], [b]) => a - b);
  const found = number === 0 ? own.length : own.findIndex(([one]) => one === number);
  const next = own[found + step];
  return next && { number: next[0], text: next[1].text };
}

// ---------------------------------------------------------------- between the lines

function append(item) {
  change(() => messages.append(item));
}

function markAsNew(item) {
  if (fresh.length === 0) {
    messages.querySelector(".new")?.remove();
    append(element("li", "divider new", "New"));
  }
  fresh.push(item);
}

export const addDivider = (text) => append(element("li", "divider", text));

/** "Ada and Grace came in": one notice grows until somebody writes. */
export function addNotice(names, what) {
  const last = messages.lastElementChild;
  const all = last?.dataset.what === what ? [...new Set([...last.names, ...names])] : names;
  const notice = element("li", "notice", ...enumerated(all), ` ${what}`);
  notice.dataset.what = what;
  notice.names = all;
  if (last?.dataset.what === what) last.replaceWith(notice);
  else append(notice);
}

/** An empty conversation, with the words for it. */
export function clear(title, text) {
  last = 0;
  byNumber.clear();
  byKey.clear();
  fresh = [];
  messages.replaceChildren(element("li", "empty", element("strong", "", title), text));
  goToEnd();
}
