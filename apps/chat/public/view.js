// The visible part: rooms, people, messages, the state of the connection. It does not know sockets.

const at = (id) => document.getElementById(id);
const messages = at("messages");
const scroll = at("scroll");
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const onlyEmoji = /^(?:\p{Extended_Pictographic}|\p{Emoji_Component}|\s){1,12}$/u;

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

/** A colour of its own for every name, the same on every screen. */
function hue(name) {
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + letter.codePointAt(0)) % 360;
  return sum;
}

function avatar(name) {
  const letters = name
    .split(/\s+/)
    .map((word) => [...word][0] ?? "")
    .slice(0, 2)
    .join("")
    .toUpperCase();
  const made = element("span", "avatar", letters);
  made.style.setProperty("--hue", hue(name));
  made.setAttribute("aria-hidden", "true");
  return made;
}

// ---------------------------------------------------------------- the conversation

/** Changes the conversation, and stays at its end unless the reader has scrolled up. */
function change(what) {
  const atEnd = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 80;
  what();
  if (atEnd) scroll.scrollTop = scroll.scrollHeight;
}

function append(item) {
  change(() => {
    messages.querySelector(".empty")?.remove();
    messages.append(item);
  });
}

/** What was written, with `code` between back quotes set apart. */
function written(text) {
  const made = element("span", "text");
  text.split(/`([^`\n]+)`/).forEach((part, i) => made.append(i % 2 ? element("code", "", part) : part));
  return made;
}

export function addMessage({ name, text, at: time, number }, mine) {
  const before = messages.lastElementChild;
  const continued =
    before?.classList.contains("message") && before.dataset.name === name && time - before.dataset.time < 120_000;
  const item = element("li", "message last");
  item.dataset.name = name;
  item.dataset.time = time;
  item.dataset.number = number;
  item.style.setProperty("--hue", hue(name));
  item.classList.toggle("mine", mine);
  item.classList.toggle("more", continued);
  item.classList.toggle("emoji", onlyEmoji.test(text));
  if (continued) {
    before.classList.remove("last");
    before.classList.add("followed");
  } else {
    item.append(element("span", "who", mine ? "You" : name));
  }
  const bubble = element("div", "bubble");
  bubble.append(written(text));
  const stamp = element("time", "", clock.format(time));
  stamp.dateTime = new Date(time).toISOString();
  bubble.append(stamp);
  item.append(avatar(name), bubble);
  append(item);
  return item;
}

export function showHeard(item, others) {
  if (!item) return;
  item.querySelector(".heard")?.remove();
  const text = others <= 0 ? "Nobody else is here" : `Delivered to ${others} ${others === 1 ? "other" : "others"}`;
  change(() => item.append(element("span", "heard", text)));
}

export const addNotice = (text) => append(element("li", "notice", text));
export const addShout = (text) => append(element("li", "shout", text));

export function clearMessages(room) {
  const empty = element("li", "empty");
  empty.append(element("strong", "", `Welcome to #${room}`), "Nothing has been said here lately. Say hello!");
  messages.replaceChildren(empty);
}

// ---------------------------------------------------------------- rooms and people

export function showRooms(rooms, current, go) {
  const items = rooms.map(({ room, count }) => {
    const button = element("button");
    button.type = "button";
    button.append(element("span", "name", room));
    const number = element("span", "count", count);
    number.setAttribute("aria-label", count === 1 ? "1 person" : `${count} people`);
    button.append(number);
    button.setAttribute("aria-current", room === current);
    button.addEventListener("click", () => go(room));
    const item = element("li");
    item.append(button);
    return item;
  });
  at("rooms").replaceChildren(...items);
}

export function showPeople(people, me) {
  const items = people.map(({ id, name }) => {
    const item = element("li");
    item.append(avatar(name), element("span", "name", name));
    if (id === me) item.append(element("span", "you", "you"));
    return item;
  });
  at("people").replaceChildren(...items);
  at("room-people").textContent = people.length === 1 ? "Only you are here" : `${people.length} people here`;
}

export function showRoom(room) {
  at("room-name").textContent = room;
  document.title = `#${room} · cosio chat`;
}

export function showTyping(names) {
  const line = at("typing");
  if (names.length === 0) return line.replaceChildren();
  const dots = element("span", "dots");
  dots.setAttribute("aria-hidden", "true");
  dots.append(element("i"), element("i"), element("i"));
  const who =
    names.length > 2 ? "Several people are" : names.length === 2 ? `${names[0]} and ${names[1]} are` : `${names[0]} is`;
  line.replaceChildren(dots, `${who} typing`);
}

// ---------------------------------------------------------------- the connection

export function showState(state, transport = "") {
  at("status").dataset.state = state;
  at("state").textContent = state;
  at("transport").textContent = transport;
  at("transport").hidden = transport === "";
  at("delay").hidden = true;
}

/** In the place of everything: without the client, nothing on this page works. */
export function showMissingClient() {
  showState("offline");
  at("missing-client").hidden = false;
}

export function showTransport(transport) {
  at("transport").textContent = transport;
  at("transport").hidden = false;
}

export function showDelay(milliseconds) {
  at("delay").textContent = `${milliseconds < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds)} ms`;
  at("delay").hidden = false;
}

export function allowWriting(allowed) {
  at("text").disabled = !allowed;
  at("send").disabled = !allowed;
  if (allowed && matchMedia("(hover: hover)").matches) at("text").focus(); // a phone's keyboard would cover the page
}

let toastTimer;
export function toast(text) {
  at("toast").textContent = text;
  at("toast").hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => (at("toast").hidden = true), 3_000);
}

// ---------------------------------------------------------------- the menu, the door and the pen

export function menu(open) {
  document.body.classList.toggle("menu-open", open);
  at("open-menu").setAttribute("aria-expanded", open);
  if (open) at("close-menu").focus();
}

at("open-menu").addEventListener("click", () => menu(true));
at("close-menu").addEventListener("click", () => menu(false));
at("backdrop").addEventListener("click", () => menu(false));
addEventListener("keydown", ({ key }) => key === "Escape" && menu(false));

/** Asks for name and room until there is a name. */
export function askName(name, room) {
  const door = at("entrance");
  at("name").value = name;
  at("first-room").value = room;
  door.addEventListener("cancel", (event) => event.preventDefault());
  door.showModal();
  return new Promise((resolve) => {
    at("entrance-form").addEventListener(
      "submit",
      () => resolve({ name: at("name").value.trim(), room: at("first-room").value.trim() }),
      { once: true },
    );
  });
}

export function onNewRoom(go) {
  at("new-room").addEventListener("submit", (event) => {
    event.preventDefault();
    const name = at("new-room-name").value.trim().replace(/^#+/, "");
    at("new-room-name").value = "";
    if (name) go(name);
  });
}

/** `say(text)` for what is sent, `typing(bool)` while something is being written. */
export function onWriting(say, typing) {
  const text = at("text");
  const grow = () => {
    text.style.height = "auto";
    text.style.height = `${text.scrollHeight}px`;
  };
  const send = () => {
    const what = text.value.trim();
    if (!what) return;
    text.value = "";
    grow();
    typing(false);
    say(what);
  };
  text.addEventListener("input", () => {
    grow();
    typing(text.value.trim() !== "");
  });
  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  });
  at("composer").addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
}
