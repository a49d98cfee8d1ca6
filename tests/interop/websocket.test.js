// RFC 6455 and RFC 7692 with ws, the client of the reference: sizes, fragments, pings, ends, compression. The classes
// are those of the Autobahn test suite; docs/websocket.md has the others.
"use strict";
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { conformance } = require("./support/conformance");
const { frame, webSocket } = require("./support/raw");
const { next } = require("./support/wait");

const app = conformance();
const compressing = conformance("--deflate", "0");

/** A WebSocket on an echo, past its open packet. */
async function echo(t, server = app, options = {}) {
  const socket = webSocket(t, server.url, { path: "/engine.io/", perMessageDeflate: false, ...options });
  await socket.next();
  return socket;
}

const noise = (size) => Buffer.from(Array.from({ length: size }, (_, i) => (i * i * 31) % 251));

// Class 1
test("messages of all sizes come back", async (t) => {
  const socket = await echo(t);
  for (const size of [1, 125, 126, 127, 128, 65_535, 65_536, 999_999]) {
    socket.send(`4${"*".repeat(size - 1)}`);
    assert.equal(await socket.next(), `4${"*".repeat(size - 1)}`);
    socket.send(noise(size));
    assert.deepEqual(await socket.next(), noise(size));
  }
  socket.send(Buffer.alloc(0));
  assert.deepEqual(await socket.next(), Buffer.alloc(0));
});

// Class 2
test("pings are answered with their own bytes, pongs are ignored", async (t) => {
  const socket = await echo(t);
  for (const data of ["", "hello", Buffer.alloc(125, 0xfe), Buffer.from([0, 255, 0])]) {
    socket.pong("unsolicited");
    const pong = next(socket, "pong");
    socket.ping(data);
    assert.deepEqual((await pong)[0], Buffer.from(data));
  }
  const pongs = [];
  socket.on("pong", (data) => pongs.push(data.toString()));
  for (let i = 0; i < 10; i++) socket.ping(`payload-${i}`);
  socket.send("4behind them");
  assert.equal(await socket.next(), "4behind them");
  assert.deepEqual(
    pongs,
    Array.from({ length: 10 }, (_, i) => `payload-${i}`),
  );
});

// Classes 5, 6 and 10
test("fragments are put together, with pings between them, cut inside a sign", async (t) => {
  const socket = await echo(t);
  const text = Buffer.from("4κόσμε 😀".repeat(30));
  for (const size of [1, 2, 3, 7, 64]) {
    for (const binary of [false, true]) {
      const pong = next(socket, "pong");
      for (let at = 0; at < text.length; at += size) {
        socket.send(text.subarray(at, at + size), { binary, fin: at + size >= text.length });
        if (at === 0) socket.ping("between");
      }
      assert.deepEqual(await socket.next(), binary ? text : text.toString());
      await pong;
    }
  }
});

// Class 6
test("text that is no UTF-8 is refused where it stands", async (t) => {
  for (const wrong of ["ff", "c0af", "eda080", "f4908080", "f8888080", "80"]) {
    const socket = await echo(t);
    socket._socket.write(frame(0x01, Buffer.from(`34${wrong}`, "hex"))); // the message is never finished
    assert.equal(await socket.closed(), 1007, wrong);
  }
});

// Class 7
test("codes that may be sent come back, and nothing is read behind them", async (t) => {
  for (const code of [1000, 1001, 1003, 1007, 1008, 1011, 1014, 3000, 4999]) {
    const socket = await echo(t);
    socket.close(code, "a reason");
    assert.equal(await socket.closed(), code);
  }
  for (const code of [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535]) {
    const socket = await echo(t);
    socket._socket.write(frame(0x88, Buffer.from([code >> 8, code & 255])));
    assert.equal(await socket.closed(), 1002, `${code}`);
  }
  const socket = await echo(t);
  const heard = [];
  socket.on("message", (data) => heard.push(data.toString()));
  socket._socket.write(Buffer.concat([frame(0x81, "4before"), frame(0x88, ""), frame(0x81, "4after")]));
  assert.equal(await socket.closed(), 1005);
  assert.deepEqual(heard, ["4before"]);
});

// Classes 12 and 13
test("compression with every parameter, whole and in fragments", async (t) => {
  const words = Array.from({ length: 4_000 }, (_, i) => `message ${i % 1_000} of the suite. `).join("");
  for (const window of [undefined, 9, 12, 15]) {
    for (const serverNoContextTakeover of [false, true]) {
      for (const clientNoContextTakeover of [false, true]) {
        const perMessageDeflate = { threshold: 0 }; // false would mean that no context of ours may be given up
        if (serverNoContextTakeover) Object.assign(perMessageDeflate, { serverNoContextTakeover });
        if (clientNoContextTakeover) Object.assign(perMessageDeflate, { clientNoContextTakeover });
        if (window) Object.assign(perMessageDeflate, { serverMaxWindowBits: window, clientMaxWindowBits: window });
        const socket = await echo(t, compressing, { perMessageDeflate });
        assert.match(socket.extensions, /permessage-deflate/);
        for (const size of [16, 64, 256, 1_024, 4_096, 16_384, 65_536]) {
          const text = `4${words.slice(0, size)}`;
          socket.send(text);
          assert.equal(await socket.next(), text);
          socket.send(text.slice(0, size / 2), { fin: false });
          socket.send(text.slice(size / 2), { fin: true });
          assert.equal(await socket.next(), text);
          socket.send(noise(size));
          assert.deepEqual(await socket.next(), noise(size));
        }
        socket.close();
        await socket.closed();
      }
    }
  }
});
