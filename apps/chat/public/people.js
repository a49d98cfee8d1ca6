// Rooms and people, and the menu that holds them on a phone.

import { at, avatar, called, element, fill } from "./element.js";
import * as unread from "./unread.js";

export function showRooms(rooms, current, go) {
  const make = ({ room }) => {
    const row = element(
      "button",
      "",
      element("span", "name", room),
      element("span", "unread"),
      element("span", "count"),
    );
    row.type = "button";
    row.addEventListener("click", () => go(room));
    return element("li", "", row);
  };
  const change = (item, { room, count }) => {
    const [row] = item.children;
    const [, lines, number] = row.children;
    const waiting = unread.of(room);
    row.setAttribute("aria-current", room === current);
    lines.hidden = waiting === undefined;
    lines.replaceChildren(`${waiting || ""}`, element("span", "spoken", " unread"));
    number.hidden = count === 0;
    number.replaceChildren(`${count}`, element("span", "spoken", count === 1 ? " person" : " people"));
  };
  fill(at("rooms"), rooms, ({ room }) => room, make, change);
}

export function showPeople(people, me) {
  const make = ({ name }) => element("li", "", avatar(name), element("span", "name"), element("span", "you"));
  const change = (item, { id, name }) => {
    const [picture, label, you] = item.children;
    if (label.textContent !== name) picture.replaceWith(avatar(name));
    label.replaceChildren(called(name));
    you.textContent = id === me ? "you" : "";
  };
  fill(at("people"), people, ({ id }) => id, make, change);
  at("room-people").textContent = people.length === 1 ? "Just you" : `${people.length} people here`;
}

export function showRoom(room) {
  at("room-name").textContent = room;
  at("leave").hidden = room === "lobby";
}

export function showMe(name) {
  at("me").replaceChildren(avatar(name), element("span", "name", called(name)));
}

// ---------------------------------------------------------------- the menu of a phone

const phone = matchMedia("(max-width: 759px)");
const isOpen = () => document.body.classList.contains("menu-open");

function setMenu(open) {
  const wasOpen = isOpen();
  document.body.classList.toggle("menu-open", open);
  at("open-menu").setAttribute("aria-expanded", open);
  at("sidebar").inert = phone.matches && !open;
  at("room").inert = open;
  if (open) at("close-menu").focus();
  else if (wasOpen) at("open-menu").focus();
}

// The menu is an entry of the history, so that the back button closes it.
function open() {
  history.pushState({ menu: true }, "");
  setMenu(true);
}
const close = () => isOpen() && history.back();

/** Puts an address into the history: in the place of the menu, when that is open. */
export function visit(hash) {
  if (location.hash === hash && !history.state?.menu) return;
  if (isOpen()) history.replaceState(null, "", hash);
  else history.pushState(null, "", hash);
  if (isOpen()) setMenu(false);
}

if (history.state?.menu) history.replaceState(null, "");
addEventListener("popstate", () => setMenu(Boolean(history.state?.menu) && phone.matches));
phone.addEventListener("change", () => setMenu(false));
at("open-menu").addEventListener("click", open);
at("close-menu").addEventListener("click", close);
at("backdrop").addEventListener("click", close);
addEventListener("keydown", ({ key }) => key === "Escape" && !at("entrance").open && close());
setMenu(false);

export function onNewRoom(go) {
  at("new-room").addEventListener("submit", (event) => {
    event.preventDefault();
    const name = at("new-room-name").value.trim().replace(/^#+/, "");
    if (name && go(name)) at("new-room-name").value = "";
  });
}
