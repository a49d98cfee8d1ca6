// The messages between this page and the server: every event of the chat and of the classic example, in one place.

import * as view from "./view.js";

/** `#/garden` in the address leads to the room "garden". */
function roomOf(hash) {
  try {
    return decodeURIComponent(hash.replace(/^#\/?/, "")) || "lobby";
  } catch {
    return "lobby"; // a broken escape
  }
}

const me = { id: "", name: "", room: roomOf(location.hash) };
let wish = localStorage.getItem("name") ?? ""; // the server may have to call us "Ada 2"
const mine = new Set(); // every id that this page has had: a new connection brings a new one
let people = [];
let revision = -1;
let newest = 0; // number of the last line that is shown
let inside = false;

// The script before this one brings it, and the server may have been built without that.
if (typeof io === "undefined") {
  view.showMissingClient();
  throw new Error("socket.io/socket.io.js could not be loaded");
}
const socket = io({ autoConnect: false, reconnectionDelayMax: 3_000 });

// ---------------------------------------------------------------- the connection

socket.on("connect", () => {
  const { engine } = socket.io;
  mine.add(socket.id);
  view.showState("connected", engine.transport.name);
  engine.on("upgrade", (transport) => view.showTransport(transport.name));
  socket.emit("enter", { name: wish, room: me.room });
});

socket.on("disconnect", () => {
  inside = false;
  revision = -1;
  view.allowWriting(false);
  view.showTyping([]);
  view.showState(socket.active ? "reconnecting" : "offline");
});

socket.io.on("reconnect_attempt", () => view.showState("reconnecting"));
socket.on("connect_error", () => view.showState(socket.active ? "reconnecting" : "offline"));

/** `req` is answered with "hello world": how long does that take? */
async function measure() {
  if (!socket.connected) return;
  const began = performance.now();
  const answer = await socket
    .timeout(5_000)
    .emitWithAck("req", "hello?")
    .catch(() => "");
  if (answer === "hello world") view.showDelay(performance.now() - began);
}
setInterval(measure, 5_000);

// ---------------------------------------------------------------- coming into a room

function arrive({ you, history }) {
  Object.assign(me, you);
  inside = true;
  newest = 0;
  if (roomOf(location.hash) !== me.room) location.hash = `/${encodeURIComponent(me.room)}`;
  stopTyping();
  view.showRoom(me.room);
  view.clearMessages(me.room);
  history.forEach(show);
  showAttendance();
  view.allowWriting(true);
  measure();
}

socket.on("welcome", arrive);

async function go(room) {
  view.menu(false);
  if (!inside || room === me.room) return;
  arrive(await socket.emitWithAck("go", room));
}

view.onNewRoom(go);
addEventListener("hashchange", () => go(roomOf(location.hash)));

// ---------------------------------------------------------------- who is here

socket.on("attendance", (now) => {
  if (now.revision <= revision) return; // one that was overtaken on its way
  const known = revision >= 0;
  const before = people;
  ({ revision, people } = now);
  if (inside && known) tellComingsAndGoings(before, people);
  showAttendance();
});

function tellComingsAndGoings(before, now) {
  const was = new Map(before.map((person) => [person.id, person]));
  const is = new Map(now.map((person) => [person.id, person]));
  for (const { id, name, room } of now) {
    if (!mine.has(id) && room === me.room && was.get(id)?.room !== room) view.addNotice(`${name} came in`);
  }
  for (const { id, name, room } of before) {
    if (mine.has(id) || room !== me.room || is.get(id)?.room === room) continue;
    view.addNotice(is.has(id) ? `${name} went to #${is.get(id).room}` : `${name} left`);
    stopTyping(name);
  }
}

function showAttendance() {
  const counts = new Map([
    ["lobby", 0],
    [me.room, 0],
  ]);
  for (const { room } of people) counts.set(room, (counts.get(room) ?? 0) + 1);
  const rooms = [...counts].map(([room, count]) => ({ room, count }));
  rooms.sort((a, b) => (b.room === "lobby") - (a.room === "lobby") || a.room.localeCompare(b.room));
  view.showRooms(rooms, me.room, go);
  const here = people.filter(({ room }) => room === me.room);
  here.sort((a, b) => mine.has(b.id) - mine.has(a.id) || a.name.localeCompare(b.name));
  if (here.length > 0) view.showPeople(here, me.id);
}

// ---------------------------------------------------------------- talking

function show(line) {
  if (line.room !== me.room || line.number <= newest) return null;
  newest = line.number;
  stopTyping(line.name);
  return view.addMessage(line, mine.has(line.id) || line.name === me.name);
}

let lastOfMine = null;
socket.on("said", (line) => {
  const item = show(line);
  if (mine.has(line.id)) lastOfMine = item;
});

async function say(text) {
  if (text.startsWith("/all ")) return socket.emit("chat", text.slice(5));
  const heard = await socket
    .timeout(10_000)
    .emitWithAck("say", text)
    .catch(() => null);
  if (heard !== null)
    view.showHeard(lastOfMine, heard - 1); // the line itself came before its acknowledgement
  else view.toast("That message may not have arrived");
}

socket.on("chat", (text) => view.addShout(text)); // to everybody, in all rooms
socket.on("hi", () => view.toast("Somebody is at the door"));

// ---------------------------------------------------------------- typing

const typists = new Map(); // name -> timer that forgets them
let told = 0; // when others were last told that we type

function stopTyping(name) {
  for (const [who, timer] of typists) {
    if (name !== undefined && who !== name) continue;
    clearTimeout(timer);
    typists.delete(who);
  }
  view.showTyping([...typists.keys()]);
}

socket.on("typing", (name, isTyping) => {
  stopTyping(name);
  if (isTyping) typists.set(name, setTimeout(stopTyping, 5_000, name));
  view.showTyping([...typists.keys()]);
});

function typing(isTyping) {
  const now = performance.now();
  if (!inside || (isTyping && told !== 0 && now - told < 2_000) || (!isTyping && told === 0)) return;
  told = isTyping ? now : 0;
  socket.emit("typing", isTyping);
}

view.onWriting(say, typing);

// ---------------------------------------------------------------- the door

view.showRoom(me.room);
const answer = await view.askName(wish, me.room);
wish = answer.name;
me.room = answer.room.replace(/^#+/, "") || "lobby";
localStorage.setItem("name", wish);
socket.connect();
