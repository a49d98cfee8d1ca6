// The example upload: files up and down, with its client, and a reader that stops.
"use strict";
const assert = require("node:assert/strict");
const crypto = require("node:crypto");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { after, before, test } = require("node:test");
const { WebSocket } = require("ws");
const { connected, prepare } = require("../interop/support/clients");
const { next, within } = require("../interop/support/wait");
const { example } = require("./support/example");

const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "cosio-upload-"));
after(() => fs.rmSync(scratch, { recursive: true }));
const app = example("upload", [path.join(scratch, "files")]);
const client = (t) => connected(prepare(t, app.url));
let upload, download;
before(async () => ({ upload, download } = await import("../../apps/examples/upload/client.mjs")));

test("a file goes up with its progress, and comes down as it was", async (t) => {
  const socket = await client(t);
  const bytes = crypto.randomBytes(3_000_001);
  const steps = [];
  const id = await upload(socket, "../../etc/passwd", new Blob([bytes]), (done) => steps.push(done));
  assert.equal(steps.at(-1), bytes.length);
  assert.deepEqual(steps, [...new Set(steps)].sort((a, b) => a - b), "it grows");
  assert.deepEqual(await socket.emitWithAck("describe", id), { name: "../../etc/passwd", size: bytes.length });
  assert.deepEqual(fs.readdirSync(path.join(scratch, "files")), [String(id)]);

  let done = 0;
  const blob = await download(socket, id, (all) => (done = all));
  assert.equal(done, bytes.length);
  assert.ok(bytes.equals(Buffer.from(await blob.arrayBuffer())));
});

test("an upload goes on where it stopped, over another connection", async (t) => {
  const first = await client(t);
  const id = await first.emitWithAck("upload", { name: "a", size: 6 });
  assert.equal(await first.emitWithAck("write", id, 0, Buffer.from("abc")), 3);
  first.disconnect();
  const second = await client(t);
  assert.equal(await second.emitWithAck("write", id, 0, Buffer.from("abc")), 3, "a part that is there is left out");
  assert.equal(await second.emitWithAck("write", id, 3, Buffer.from("defg")), 3, "more than was announced");
  assert.equal(await second.emitWithAck("write", id, 3, Buffer.from("def")), 6);
  assert.equal(await (await download(second, id)).text(), "abcdef");
});

test("what is not there, or too large, is refused", async (t) => {
  const socket = await client(t);
  await assert.rejects(download(socket, 7_000), { message: "there is no such file" });
  assert.deepEqual(await socket.emitWithAck("upload", { name: "a", size: 2e9 }), { message: "this file is too large", data: 413 });
});

async function keptBytes() {
  const text = await (await fetch(`${app.url}/metrics`)).text();
  return Number(/^cosio_kept_bytes\{kind="frames"\} (\d+)/m.exec(text)[1]);
}

test("a download to a client that stops reading waits, with two megabytes at most in memory", async (t) => {
  const size = 40_000_000;
  const id = await upload(await client(t), "large", new Blob([Buffer.alloc(size, "x")]));
  const slow = new WebSocket(`${app.url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`);
  t.after(() => slow.terminate());
  await next(slow, "message");
  slow.send("40");
  await next(slow, "message");
  let read = 0;
  const all = new Promise((resolve) => {
    slow.on("message", (data, isBinary) => {
      if (isBinary) read += data.length;
      else if (String(data) === "2") slow.send("3");
      else if (String(data).startsWith("431")) resolve(String(data));
    });
  });
  slow.send(`421["download",${id}]`);
  slow.pause();
  let most = 0;
  const waits = async () => {
    while ((most = await keptBytes()) < 1_000_000);
  };
  await within(waits(), "a full outbox");
  assert.ok(most < 2_000_000, `${most} bytes`);
  assert.ok(read < size);
  slow.resume();
  assert.equal(await within(all, "the whole file"), `431[${size}]`);
  assert.equal(read, size);
});
