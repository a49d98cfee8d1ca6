// The field for messages, with a draft for each room, and the dialog that asks for a name.

import { at, called, element } from "./element.js";
import { isVisible, lengthOf, maxName, maxText } from "./text.js";

const field = at("text");
let draft = ""; // the key of the draft that is in the field
let editing = null; // { number, was }: a line that is changed, and the draft that waits meanwhile
let use = {};

function update() {
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight + 2}px`;
  const length = lengthOf(field.value.trim());
  at("count").hidden = length < maxText * 0.9;
  at("count").textContent = `${length.toLocaleString()} of ${maxText.toLocaleString()} characters`;
  at("count").classList.toggle("over", length > maxText);
  at("send").disabled = field.disabled || length > maxText;
}

function setField(text) {
  field.value = text;
  update();
}

function saveDraft() {
  if (!draft || editing) return;
  if (field.value) sessionStorage.setItem(draft, field.value);
  else sessionStorage.removeItem(draft);
}

/** From now on, the field belongs to this room. */
export function enter(room) {
  stopEditing();
  saveDraft();
  draft = `draft ${room}`;
  field.disabled = false;
  field.placeholder = `Write to #${room}`;
  setField(sessionStorage.getItem(draft) ?? "");
  if (matchMedia("(hover: hover)").matches && !at("entrance").open) field.focus(); // a phone's keyboard would cover the page
}

export function edit(number, text) {
  if (!number) return;
  editing = { number, was: editing?.was ?? field.value };
  at("editing").hidden = false;
  setField(text);
  field.focus();
  field.setSelectionRange(text.length, text.length);
}

function stopEditing() {
  if (!editing) return;
  const { was } = editing;
  editing = null;
  at("editing").hidden = true;
  setField(was);
}

function send() {
  const text = field.value.trim();
  if (editing) {
    const { number } = editing;
    stopEditing();
    return use.edit(number, text);
  }
  if (!isVisible(text) || lengthOf(text) > maxText) return;
  setField("");
  saveDraft();
  use.typing(false);
  use.say(text);
}

function onKey(event) {
  if (event.isComposing) return;
  const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  const line = step && (editing || field.value === "") && use.ownLine(editing?.number ?? 0, step);
  if (line) edit(line.number, line.text);
  else if (event.key === "Escape" && editing) stopEditing();
  else if (event.key === "Enter" && !event.shiftKey) send();
  else return;
  event.preventDefault();
}

/** `say(text)`, `edit(number, text)`, `typing(bool)`, and `ownLine(number, step)` for the arrow keys. */
export function onWriting(actions) {
  use = actions;
  field.addEventListener("input", () => {
    update();
    saveDraft();
    if (!editing) use.typing(isVisible(field.value));
  });
  field.addEventListener("keydown", onKey);
  at("stop-editing").addEventListener("click", stopEditing);
  at("composer").addEventListener("submit", (event) => {
    event.preventDefault();
    send();
    field.focus();
  });
}

export function showTyping(names) {
  const line = at("typing");
  if (names.length === 0) return line.replaceChildren();
  const dots = element("span", "dots", element("i"), element("i"), element("i"));
  dots.setAttribute("aria-hidden", "true");
  const who = element("span", "who");
  if (names.length > 2) who.append("Several people are typing");
  else if (names.length === 2) who.append(called(names[0]), " and ", called(names[1]), " are typing");
  else who.append(called(names[0]), " is typing");
  line.replaceChildren(dots, who);
}

// ---------------------------------------------------------------- the door

const door = at("entrance");
let mayLeave = false;
door.addEventListener("cancel", (event) => mayLeave || event.preventDefault());
door.addEventListener("keydown", (event) => event.key === "Escape" && !mayLeave && event.preventDefault());
at("cancel-name").addEventListener("click", () => door.close());
for (const id of ["name", "first-room"]) {
  at(id).addEventListener("input", ({ target }) => {
    const unseen = target.value !== "" && !isVisible(target.value);
    const long = lengthOf(target.value.trim()) > maxName;
    target.setCustomValidity(unseen ? "Nobody could see that" : long ? `At most ${maxName} characters` : "");
  });
}

/** Asks for name and room until there is a name. With `again`, for another name; then it may be left as it is. */
export function askName(name, room, again = false) {
  at("name").value = name;
  at("first-room").value = room;
  mayLeave = again;
  if (!again) door.setAttribute("closedby", "none");
  else door.removeAttribute("closedby");
  door.classList.toggle("again", again);
  at("first-room").disabled = again;
  at("entrance-title").textContent = again ? "Your name" : "Come in";
  at("join").textContent = again ? "Take this name" : "Join the conversation";
  door.returnValue = "";
  door.showModal();
  return new Promise((resolve) => {
    const answer = () =>
      resolve(
        door.returnValue && { name: at("name").value.trim(), room: at("first-room").value.trim().replace(/^#+/, "") },
      );
    door.addEventListener("close", answer, { once: true });
  });
}
