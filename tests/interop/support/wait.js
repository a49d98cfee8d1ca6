// Waiting for things to happen, without ever sleeping: every wait is for an event, with one generous deadline.
"use strict";

// Sanitizer builds on a busy machine take their time; a healthy run never waits for this.
const patience = 60_000;

/** The same promise, which rejects with `what` when nothing comes of it. */
function within(promise, what, deadline = patience) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${deadline} ms in vain for ${what}`)), deadline);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** The arguments of the next `event` of `emitter` that `accept`s them. */
function next(emitter, event, accept = () => true) {
  const happened = new Promise((resolve) => {
    const listener = (...args) => {
      if (!accept(...args)) return;
      emitter.off(event, listener);
      resolve(args);
    };
    emitter.on(event, listener);
  });
  return within(happened, `event "${event}"`);
}

/** Everything that `event` brings from now on: `.all`, and `await .count(n)` for the first n. */
function collect(emitter, event) {
  const all = [];
  const waiting = new Set();
  emitter.on(event, (...args) => {
    all.push(args);
    for (const check of waiting) check();
  });
  const count = (n) =>
    within(
      new Promise((resolve) => {
        const check = () => {
          if (all.length < n) return;
          waiting.delete(check);
          resolve(all.slice(0, n));
        };
        waiting.add(check);
        check();
      }),
      `${n} times "${event}"`,
    ).catch((error) => {
      throw new Error(`${error.message}; there were ${all.length}`);
    });
  return { all, count };
}

module.exports = { patience, within, next, collect };
