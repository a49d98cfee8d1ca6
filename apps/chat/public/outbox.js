// The lines that were written and are not at the server yet. They survive a reload of its tab.

const kept = "outbox";
const entries = new Map(Object.entries(JSON.parse(sessionStorage.getItem(kept) ?? "{}")));

const save = () => sessionStorage.setItem(kept, JSON.stringify(Object.fromEntries(entries)));

/** An entry: its key, room, text and time. The server takes each key once, however often it is sent. */
export function put(room, text) {
  const key = [...crypto.getRandomValues(new Uint8Array(12))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
  const entry = { key, room, text, at: Date.now() };
  entries.set(key, entry);
  save();
  return entry;
}

export function drop(key) {
  if (entries.delete(key)) save();
}

export const ofRoom = (room) => [...entries.values()].filter((entry) => entry.room === room);
