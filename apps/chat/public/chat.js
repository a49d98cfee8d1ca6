// The messages between this page and the server: every event of the chat, in one place.

import * as connection from "./connection.js";
import * as conversation from "./conversation.js";
import { at, timeOfDay, toast } from "./element.js";
import * as outbox from "./outbox.js";
import * as people from "./people.js";
import * as unread from "./unread.js";
import * as writing from "./writing.js";

/** `#/garden` in the address leads to the room "garden". */
function roomOf(hash) {
  try {
    return decodeURIComponent(hash.replace(/^#\/?/, "")) || "lobby";
  } catch {
    return "lobby"; // a broken escape
  }
}
const hashOf = (room) => `#/${encodeURIComponent(room)}`;

// All tabs of this browser are one person. Whoever has the secret is that person, so only the server gets it.
localStorage.secret ??= [...crypto.getRandomValues(new Uint8Array(16))]
  .map((byte) => byte.toString(16).padStart(2, "0"))
  .join("");

const me = { id: "", name: "", room: roomOf(location.hash) };
let pass = ""; // our word for "I have it", which is a secret too
let everybody = { revision: -1, people: [] };
let early = []; // moves that have come before the list to which they belong
let rooms = new Set(); // where something was said
let inside = false; // in a room, and connected
let shown = ""; // the room of the conversation on the screen

// The script before this one brings it, and the server may have been built without that.
if (typeof io === "undefined") {
  connection.showMissingClient();
  throw new Error("socket.io/socket.io.js could not be loaded");
}
const socket = io({ autoConnect: false, reconnectionDelayMax: 3_000 });

// ---------------------------------------------------------------- the connection

let lastAnswer = 0;

socket.on("connect", () => {
  const { engine } = socket.io;
  lastAnswer = performance.now();
  connection.showState("connected", engine.transport.name);
  engine.on("upgrade", (transport) => connection.showTransport(transport.name));
  if (socket.recovered && me.id)
    settle(); // as if nothing had happened: what was said meanwhile has come before
  else enter(me.room);
});

function showAbsence() {
  inside = false;
  stopTyping();
  const state = shown === "" ? "connecting" : "reconnecting";
  connection.showState(navigator.onLine ? state : "offline");
  if (shown !== "") at("room-people").textContent = "Nobody knows who is here now";
}
socket.on("disconnect", () => {
  everybody.revision = -1;
  early = [];
  showAbsence();
});
socket.on("connect_error", showAbsence);
addEventListener("offline", () => socket.connected || showAbsence());

const tryNow = () => socket.connected || socket.disconnect().connect();
connection.onTryNow(tryNow);
addEventListener("online", tryNow);
document.addEventListener("visibilitychange", () => document.hidden || !socket.active || tryNow());

/** `req` is answered with "hello world": how long does that take? */
async function measure() {
  if (!socket.connected) return;
  const began = performance.now();
  const answer = await socket
    .timeout(5_000)
    .emitWithAck("req", "hello?")
    .catch(() => "");
  if (!socket.connected) return;
  if (answer !== "hello world") {
    return connection.showState("silent", `for ${Math.round((performance.now() - lastAnswer) / 1_000)} s`);
  }
  lastAnswer = performance.now();
  if (at("status").dataset.state === "silent") connection.showState("connected", socket.io.engine.transport.name);
  connection.showDelay(lastAnswer - began);
}
setInterval(measure, 5_000);

/** @return the server's answer, or null. What comes too fast for the server is tried again a little later. */
async function ask(event, ...what) {
  for (;;) {
    const answer = await socket
      .timeout(10_000)
      .emitWithAck(event, ...what)
      .catch(() => null);
    if (!answer?.message) return answer;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}

// ---------------------------------------------------------------- coming into a room

async function enter(room) {
  const here = await ask("enter", { secret: localStorage.secret, name: localStorage.name, room });
  if (here) arrive(here);
  else if (socket.connected) enter(room);
}

function arrive({ you, pass: mine, everybody: list, history, rooms: all }) {
  Object.assign(me, you);
  pass = mine;
  takeList(list);
  rooms = new Set(all.map(({ room }) => room));
  people.visit(hashOf(me.room));
  people.showRoom(me.room);
  people.showMe(me.name);
  const again = shown === me.room;
  if (again) tellOfGap(history);
  else openRoom();
  unread.enter(me.room, all);
  for (const line of history) show(line, again);
  for (const entry of outbox.ofRoom(me.room)) conversation.showUnsent(entry);
  settle();
}

function openRoom() {
  shown = me.room;
  stopTyping();
  writing.enter(me.room);
  conversation.clear(`Welcome to #${me.room}`, "Nothing has been said here lately. Say hello!");
}

/** After a connection that is not the one of before: the screen keeps its lines, and says what it cannot know. */
function tellOfGap(history) {
  const last = conversation.newest();
  if (last === 0 || history.some(({ number }) => conversation.has(number))) return;
  const what = history.length < 100 ? "The lines above are only on your screen" : "Lines are missing here";
  conversation.addDivider(`Connected again, ${timeOfDay(Date.now())}. ${what}`);
}

function settle() {
  inside = true;
  showAttendance();
  outbox.ofRoom(me.room).forEach(send);
  measure();
}

/** @return whether it can be tried. */
function go(room) {
  if (!inside) {
    toast("Not connected: the room can be changed when the connection is back");
    history.replaceState(history.state, "", hashOf(me.room));
    return false;
  }
  if (room === me.room) people.visit(hashOf(room));
  else enter(room);
  return true;
}

people.onNewRoom(go);
addEventListener("popstate", () => roomOf(location.hash) === me.room || go(roomOf(location.hash)));
at("leave").addEventListener("click", () => go("lobby"));
at("share").addEventListener("click", () => {
  const address = location.href;
  navigator.clipboard?.writeText(address).then(
    () => toast("The address of this room is copied"),
    () => toast(address),
  );
});

// ---------------------------------------------------------------- who is here

function takeList(list) {
  if (list.revision <= everybody.revision) return; // moves have overtaken it on its way
  everybody = list;
  early.splice(0).forEach(takeMoves);
  showAttendance();
}
socket.on("attendance", takeList);

function takeMoves(moves) {
  if (everybody.revision < 0) return early.push(moves);
  if (moves.revision <= everybody.revision) return;
  const place = ({ id, room }) => `${id} ${room}`;
  const changed = new Set([...moves.came, ...moves.left].map(place));
  const stayed = everybody.people.filter((person) => !changed.has(place(person)));
  const before = everybody;
  everybody = { revision: moves.revision, people: [...stayed, ...moves.came] };
  if (inside) noteMoves(before.people, everybody.people);
  showAttendance();
}
socket.on("moves", takeMoves);
socket.on("disconnect", () => moves.clear());

const inRoom = (all) => new Map(all.filter(({ room }) => room === me.room).map((person) => [person.id, person]));

// Whoever is back after a moment has not been away. So moves are told a little later.
const moves = new Map(); // id -> { name, what }

function noteMoves(before, now) {
  const [was, is] = [inRoom(before), inRoom(now)];
  const note = ({ id, name }, what) => {
    if (moves.size === 0) setTimeout(tellMoves, 1_500);
    if (moves.has(id)) moves.delete(id);
    else if (id !== me.id) moves.set(id, { name, what });
  };
  for (const [id, person] of is) if (!was.has(id)) note(person, "came in");
  for (const [id, person] of was) {
    if (is.has(id)) continue;
    const there = now.find((one) => one.id === id);
    note(person, there ? `went to #${there.room}` : "left");
    stopTyping(id);
  }
}

function tellMoves() {
  const told =
    Map.groupBy?.(moves.values(), ({ what }) => what) ?? new Map([...moves.values()].map((one) => [one.what, [one]]));
  moves.clear();
  for (const [what, who] of told)
    conversation.addNotice(
      who.map(({ name }) => name),
      what,
    );
}

function showAttendance() {
  const counts = new Map([...rooms, "lobby", me.room].map((room) => [room, 0]));
  for (const { room } of everybody.people) counts.set(room, (counts.get(room) ?? 0) + 1);
  const all = [...counts].map(([room, count]) => ({ room, count }));
  const first = ({ room, count }) => (room === "lobby" ? 2 : count > 0 ? 1 : 0);
  all.sort((a, b) => first(b) - first(a) || a.room.localeCompare(b.room, undefined, { numeric: true }));
  people.showRooms(all, me.room, go);
  const here = [...inRoom(everybody.people).values()];
  here.sort(
    (a, b) => (b.id === me.id) - (a.id === me.id) || a.name.localeCompare(b.name, undefined, { numeric: true }),
  );
  const we = here.find(({ id }) => id === me.id);
  if (we && we.name !== me.name) people.showMe((me.name = we.name));
  if (we && inside) people.showPeople(here, me.id);
}

// ---------------------------------------------------------------- talking

function show(line, isNew = true) {
  rooms.add(line.room);
  if (line.room !== shown) return;
  const mine = line.author === me.id;
  if (mine) outbox.drop(line.key);
  else stopTyping(line.author);
  if (conversation.show(line, mine, isNew) && isNew && !mine) unread.notify(line.name, line.text);
}
socket.on("said", (line) => show(line));
socket.on("edited", (line) => conversation.has(line.number) && show(line, false));
socket.on("heard", (number, answer) => answer(pass));
socket.on("receipt", conversation.showReceipt);
socket.on("news", ({ room }) => {
  rooms.add(room);
  unread.addElsewhere(room);
  showAttendance();
});

const under = new Set(); // keys that are under way

async function send(entry) {
  const { key, text } = entry;
  if (!inside) return conversation.setState(key, "waiting");
  if (under.has(key)) return;
  under.add(key);
  conversation.setState(key, "sending");
  const said = await ask("say", { key, text });
  under.delete(key);
  if (said?.number) show(said);
  else if (outbox.ofRoom(entry.room).includes(entry)) conversation.setState(key, inside ? "failed" : "waiting");
}

function say(text) {
  const entry = outbox.put(me.room, text);
  conversation.showUnsent(entry);
  conversation.goToEnd();
  send(entry);
}

async function edit(number, text) {
  const line = inside ? await ask("edit", number, text) : null;
  if (!line?.number) toast("The change did not arrive", "Try again", () => edit(number, text));
  return Boolean(line?.number);
}

conversation.onLine({
  again: (key) =>
    outbox
      .ofRoom(shown)
      .filter((entry) => entry.key === key)
      .forEach(send),
  edit: writing.edit,
  takeBack: async (number, text) => (await edit(number, "")) && toast("Taken back", "Undo", () => edit(number, text)),
});

// ---------------------------------------------------------------- typing

const typists = new Map(); // id -> their name, and the timer that forgets them
let told = 0; // when others were last told that we type

function stopTyping(id) {
  for (const [who, { timer }] of typists) {
    if (id !== undefined && who !== id) continue;
    clearTimeout(timer);
    typists.delete(who);
  }
  writing.showTyping([...typists.values()].map(({ name }) => name));
}

socket.on("typing", ({ id, name }, isTyping) => {
  if (isTyping && id !== me.id) {
    clearTimeout(typists.get(id)?.timer);
    typists.set(id, { name, timer: setTimeout(stopTyping, 5_000, id) });
    writing.showTyping([...typists.values()].map(({ name }) => name));
  } else stopTyping(id);
});

function typing(isTyping) {
  const now = performance.now();
  if (!inside || (isTyping && told !== 0 && now - told < 2_000) || (!isTyping && told === 0)) return;
  told = isTyping ? now : 0;
  socket.emit("typing", isTyping);
}

writing.onWriting({ say, edit, typing, ownLine: conversation.ownLine });

// ---------------------------------------------------------------- the window and the door

// Safari lays the keyboard over the page; other browsers make the page smaller by themselves.
visualViewport?.addEventListener("resize", () => {
  const covered = visualViewport.scale === 1 && visualViewport.height < innerHeight - 1;
  document.documentElement.style.setProperty("--height", covered ? `${visualViewport.height}px` : "100dvh");
  scrollTo(0, 0);
});

at("rename").addEventListener("click", async () => {
  const answer = await writing.askName(localStorage.name ?? "", me.room, true);
  if (!answer) return;
  localStorage.name = answer.name;
  if (inside) enter(me.room);
});

people.showRoom(me.room);
conversation.clear("Connecting…", "");
if (!localStorage.name) {
  const answer = await writing.askName("", me.room);
  localStorage.name = answer.name;
  me.room = answer.room || "lobby";
}
connection.showState("connecting");
people.showMe(localStorage.name);
history.replaceState(null, "", hashOf(me.room));
socket.connect();
