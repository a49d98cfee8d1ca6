// Arguments of every kind go there and come back, on every transport: values, text, binary at any depth, attachments.
"use strict";
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { conformance } = require("./support/conformance");
const { open, ways } = require("./support/clients");
const { next, within } = require("./support/wait");

const app = conformance();

/** What a client in Node receives for `value`: every kind of binary arrives as a Buffer. */
function received(value) {
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (value instanceof ArrayBuffer) return Buffer.from(value);
  if (Array.isArray(value)) return value.map(received);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, received(item)]));
}

async function echo(socket, ...args) {
  const answer = next(socket, "message-back");
  socket.emit("message", ...args);
  return answer;
}

const bytes = (size, seed = 1) => Buffer.from(Array.from({ length: size }, (_, i) => (i * 31 + seed) % 256));

const values = {
  "no argument": [],
  numbers: [0, 1, -1, 1.5, -2.25e-7, 1e21, 2 ** 53, -(2 ** 53), 123456789012345680000],
  "booleans and null": [true, false, null],
  "objects and arrays": [{}, [], [[]], { a: { b: [1, { c: null }] } }, { "": 0, 'key with "quotes"': [false] }],
  "deep nesting": [JSON.parse("[".repeat(500) + "1" + "]".repeat(500))],
  "the look of a packet": [
    '42["message"]',
    "\u001e",
    "4\u001e4",
    "b64",
    "1-[]",
    "/custom,1",
    { _placeholder: true, num: 0 },
  ],
  "the names of objects": [{ constructor: 1, toString: "x", length: 3 }],
};

const texts = {
  "an empty string": "",
  "control characters": Array.from({ length: 32 }, (_, i) => String.fromCharCode(i)).join("") + "\u007f",
  "quotes and backslashes": `"'\\/\\\\\\"`,
  "accents, Greek, Chinese, Arabic": "naïve Ωμέγα 你好，世界 مرحبا",
  "emoji, also those of several code points": "😀👩‍👩‍👧‍👦🇪🇺🏳️‍🌈",
  "line separators of Unicode": "a\u2028b\u2029c",
  "the last characters of each length in UTF-8": "\u007f\u0080\u07ff\u0800\ufffd\u{10000}\u{10ffff}",
  "a byte order mark": "\ufeffx\ufeff",
  "900 KB": "x".repeat(900_000),
  "800 KB of two- and four-byte characters": "é😀".repeat(133_000),
};

const binaries = {
  "a Buffer": [bytes(5)],
  "an empty Buffer": [Buffer.alloc(0)],
  "every byte": [Buffer.from(Array.from({ length: 256 }, (_, i) => i))],
  "a Uint8Array": [new Uint8Array([1, 2, 3])],
  "a view into a larger buffer": [new Uint8Array(new Uint8Array([9, 1, 2, 9]).buffer, 1, 2)],
  "an ArrayBuffer": [new Uint8Array([4, 5, 6]).buffer],
  "between other arguments": [1, bytes(3), "two", bytes(4, 2), null],
  "at depth": [{ a: [{ b: { c: [bytes(3), { d: new Uint8Array([7]).buffer }] } }], e: "text" }],
  "the same buffer twice": [bytes(6), [bytes(6)]],
  "beside text of many bytes": [{ "clé 😀": bytes(9), "…": "\u2028" }],
  "600 KB": [bytes(600_000)],
};

for (const way of ways) {
  test(`over ${way.name}`, async (t) => {
    const socket = await open(t, app, "/", way);

    for (const [name, args] of Object.entries(values)) {
      await t.test(`${name} come back as they went`, async () => assert.deepEqual(await echo(socket, ...args), args));
    }
    for (const [name, text] of Object.entries(texts)) {
      await t.test(`text comes back as it went: ${name}`, async () => {
        const [back] = await echo(socket, text);
        assert.ok(back === text, `${text.length} characters went, ${back?.length} came back`);
      });
    }
    for (const [name, args] of Object.entries(binaries)) {
      await t.test(`binary comes back as it went: ${name}`, async () =>
        assert.deepEqual(await echo(socket, ...args), received(args)),
      );
    }
    for (const count of [2, 9, 10]) {
      await t.test(`${count} attachments come back in their places`, async () => {
        const args = Array.from({ length: count }, (_, i) => ({ index: i, bytes: bytes(i, i) }));
        assert.deepEqual(await echo(socket, ...args), received(args));
      });
    }

    await t.test(
      "half of a surrogate pair becomes the replacement character at worst, and breaks nothing",
      async () => {
        for (const text of ["\ud83d", "a\ude00b", "\ude00\ud83d", "\\\ud83d", "\ud83d\ud83d\ude00"]) {
          const [back] = await echo(socket, text);
          assert.equal(back.toWellFormed(), text.toWellFormed());
        }
      },
    );

    await t.test("an event's name may be any text", async () => {
      for (const name of ["", "éà😀", 'with "quotes"', "__proto__", "toString", "x".repeat(10_000)]) {
        socket.emit(name, 1);
      }
      assert.deepEqual(await echo(socket, "still here"), ["still here"]);
    });

    await t.test("undefined, NaN and functions arrive as null, dates as text", async () => {
      const date = new Date(0);
      assert.deepEqual(await echo(socket, undefined, NaN, Infinity, date, () => 1, "end"), [
        null,
        null,
        null,
        date.toISOString(),
        null,
        "end",
      ]);
    });

    await t.test("binary and text of one client stay in order", async () => {
      const expected = [];
      const all = within(
        new Promise((resolve) => {
          const seen = [];
          socket.on("echo", (...args) => {
            seen.push(args);
            if (seen.length === 200) resolve(seen);
          });
        }),
        "200 echoes",
      );
      for (let i = 0; i < 200; i++) {
        const args = i % 3 === 0 ? [i, bytes(i, i)] : [i, "text".repeat(i)];
        expected.push(received(args));
        socket.emit("echo", ...args);
      }
      assert.deepEqual(await all, expected);
    });
  });
}
