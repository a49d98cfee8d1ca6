// Small helpers for the elements of the page, and the colours of names.

export const at = (id) => document.getElementById(id);

export function element(tag, className = "", ...content) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...content);
  return made;
}

export function button(className, label, onClick) {
  const made = element("button", className, label);
  made.type = "button";
  made.addEventListener("click", onClick);
  return made;
}

/** A name whose direction does not leak into the words around it. */
export const called = (name) => element("bdi", "", name);

/** Ada / Ada and Grace / 12 people */
export function enumerated(names) {
  if (names.length > 3) return [`${names.length} people`];
  return names.flatMap((name, i) => {
    if (i === 0) return [called(name)];
    return [i === names.length - 1 ? " and " : ", ", called(name)];
  });
}

/**
 * Makes a list show these items. The row of a key that stays is changed where it is, so it keeps the focus.
 * `make(item)` gives a new row, `change(row, item)` brings it up to date.
 */
export function fill(list, items, key, make, change) {
  const keys = new Set(items.map(key));
  for (const row of [...list.children]) if (!keys.has(row.dataset.key)) row.remove();
  const rows = new Map([...list.children].map((row) => [row.dataset.key, row]));
  let place = list.firstElementChild;
  for (const item of items) {
    const row = rows.get(key(item)) ?? make(item);
    row.dataset.key = key(item);
    change(row, item);
    if (row === place) place = place.nextElementSibling;
    else list.insertBefore(row, place);
  }
}

/** A number for every name, the same on every screen. Names that are nearly equal get numbers that are not. */
function hashed(name) {
  let hash = 2166136261;
  for (const letter of name) hash = Math.imul(hash ^ letter.codePointAt(0), 16777619);
  hash = Math.imul(hash ^ (hash >>> 15), 2246822519);
  hash = Math.imul(hash ^ (hash >>> 13), 3266489917);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** The angle of a name's colour. */
export const hue = (name) => hashed(name) % 360;

export function avatar(name) {
  const words = name.split(/\s+/).slice(0, 2);
  const letters = words.map((word) => [...word][0] ?? "").join("");
  const made = element("span", "avatar", letters.toUpperCase());
  made.style.setProperty("--hue", hue(name));
  made.style.setProperty("--turn", Math.floor(hashed(name) / 360) % 120); // to the second colour
  made.setAttribute("aria-hidden", "true");
  return made;
}

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const calendar = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
export const timeOfDay = (time) => clock.format(time);
export const dayOf = (time) => calendar.format(time);

let toastTimer;
/** Some words for a while, with a button perhaps. */
export function toast(text, label, onClick) {
  const place = at("toast");
  place.replaceChildren(text);
  if (label) place.append(button("", label, () => ((place.hidden = true), onClick())));
  place.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => (place.hidden = true), label ? 8_000 : 4_000);
}
