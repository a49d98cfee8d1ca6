// Data of the kind that applications send.
"use strict";

/** An array of objects, of about so many bytes. */
function json(bytes) {
  const one = (id) => ({ id, name: `somebody ${id}`, tags: ["one", "two"], score: id * 1.5, ok: true });
  const all = [];
  for (let size = 2; size < bytes; size += JSON.stringify(all[all.length - 1]).length + 1) all.push(one(all.length));
  return JSON.stringify(all);
}

module.exports = { json };
