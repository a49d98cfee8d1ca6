// Edges of HTTP long-polling: requests that overlap, break off, come in pieces, or come too late.
"use strict";
const assert = require("node:assert/strict");
const net = require("node:net");
const { describe, test } = require("node:test");
const { conformance } = require("./support/conformance");
const { open, websocket } = require("./support/clients");
const { control, logged } = require("./support/control");
const { pollingSession, request, separator, webSocket } = require("./support/raw");
const { within } = require("./support/wait");

const text = { "content-type": "text/plain;charset=UTF-8" };

/** One TCP connection that speaks HTTP: `send` bytes; `answer()` waits for a response {status, head, body}; `ended()` for its end. */
function connection(t, url) {
  const { hostname, port } = new URL(url);
  const stream = net.connect(Number(port), hostname);
  let bytes = "";
  let over = false;
  let changed = () => {};
  const change = () => changed();
  stream.setEncoding("utf8");
  stream.on("data", (more) => ((bytes += more), change()));
  stream.on("close", () => ((over = true), change()));
  stream.on("error", () => {});
  t.after(() => stream.destroy());
  const until = async (found, what) => {
    for (;;) {
      const value = found();
      if (value !== undefined) return value;
      await within(new Promise((resolve) => (changed = resolve)), what);
    }
  };
  const take = () => {
    const [, head, rest] = /^([^]*?\r\n)\r\n([^]*)$/.exec(bytes) ?? [];
    if (head === undefined) return over ? assert.fail(`the connection ended behind ${bytes}`) : undefined;
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
    if (Buffer.byteLength(rest) < length) return undefined;
    const body = Buffer.from(rest).subarray(0, length).toString();
    bytes = rest.slice(body.length);
    return { status: Number(head.split(" ")[1]), head, body };
  };
  return {
    stream,
    send: (what) => stream.write(what),
    answer: () => until(take, "an answer"),
    ended: () => until(() => over || undefined, "the end of the connection"),
  };
}

const get = (path, sid) => `GET ${path}?EIO=4&transport=polling&sid=${sid} HTTP/1.1\r\nHost: x\r\n\r\n`;
const postHead = (path, sid, length, more = "") =>
  `POST ${path}?EIO=4&transport=polling&sid=${sid} HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n${more}` +
  (length === undefined ? "Transfer-Encoding: chunked\r\n\r\n" : `Content-Length: ${length}\r\n\r\n`);
const post = (path, sid, body) => postHead(path, sid, Buffer.byteLength(body)) + body;

describe("polling", () => {
  const app = conformance();
  const echo = "/engine.io/";
  const ask = (sid, options = {}) =>
    request(app.url, { path: echo, headers: text, ...options, query: { sid, ...options.query } });
  const poll = (sid) => request(app.url, { path: echo, query: { sid } });
  const say = (sid, body, headers = text) => ask(sid, { method: "POST", body, headers });
  const gone = async (sid) =>
    assert.equal((await request(app.url, { query: { sid } })).text, '{"code":1,"message":"Session ID unknown"}');

  /** A session that has joined /control: its sid and the id of its socket. */
  async function joinedByPolling() {
    const sid = await pollingSession(app.url);
    await request(app.url, { method: "POST", query: { sid }, body: "40/control,", headers: text });
    const { text: reply } = await request(app.url, { query: { sid } });
    return { sid, id: JSON.parse(reply.slice("40/control,".length)).sid };
  }
  /** A GET of `who` on a connection of its own that the server holds: what was sent behind it has had its effect. */
  async function held(t, watcher, who) {
    const client = connection(t, app.url);
    const mark = ++marks;
    client.send(get("/socket.io/", who.sid) + post("/socket.io/", who.sid, `42/control,["set-data",{"mark":${mark}}]`));
    const seen = async () => {
      for (;;) {
        const [{ data }] = await control(watcher, "sockets", { rooms: who.id });
        if (data?.mark === mark) return;
      }
    };
    await within(seen(), "the mark");
    return client;
  }
  let marks = 0;
  const reasonOf = async (watcher, { id }) => (await logged(watcher, id, "disconnect"))[1];

  // edge 62
  test("a second GET is refused, the first is let go, and the session is over: transport error", async (t) => {
    const watcher = await open(t, app, "/control", websocket);
    const who = await joinedByPolling();
    const first = await held(t, watcher, who);
    const second = connection(t, app.url);
    second.send(get("/socket.io/", who.sid));
    const refused = await second.answer();
    assert.deepEqual([refused.status, refused.body], [400, ""]);
    assert.equal((await first.answer()).body, "1");
    assert.equal(await reasonOf(watcher, who), "transport error");
    await gone(who.sid);
  });

  // edge 63
  test("a second POST is refused, the first loses its connection, and the session is over: transport error", async (t) => {
    const watcher = await open(t, app, "/control", websocket);
    const who = await joinedByPolling();
    const [first, second] = [connection(t, app.url), connection(t, app.url)];
    first.send(postHead("/socket.io/", who.sid, 100, "Expect: 100-continue\r\n"));
    assert.equal((await first.answer()).status, 100); // it is read from now on
    first.send("4");
    second.send(post("/socket.io/", who.sid, "3"));
    const refused = await second.answer();
    assert.deepEqual([refused.status, refused.body], [400, ""]);
    await first.ended();
    assert.equal(await reasonOf(watcher, who), "transport error");
  });

  // edge 64
  test("a client that gives up its held GET has ended its session: transport error", async (t) => {
    const watcher = await open(t, app, "/control", websocket);
    for (const leave of ["destroy", "resetAndDestroy"]) {
      const who = await joinedByPolling();
      const poller = await held(t, watcher, who);
      poller.stream[leave]();
      assert.equal(await reasonOf(watcher, who), "transport error");
    }
  });

  // edge 65
  test("a client that gives up in the middle of a POST has ended its session: transport error", async (t) => {
    const watcher = await open(t, app, "/control", websocket);
    const who = await joinedByPolling();
    const poster = connection(t, app.url);
    poster.send(postHead("/socket.io/", who.sid, 100, "Expect: 100-continue\r\n"));
    assert.equal((await poster.answer()).status, 100);
    poster.send("42/control");
    poster.stream.destroy();
    assert.equal(await reasonOf(watcher, who), "transport error");
  });

  // edge 66
  test("a session does not mind when every request has a connection of its own", async () => {
    const sid = await pollingSession(app.url, echo);
    const headers = { ...text, connection: "close" };
    for (const message of ["4one", "4two", "4three"]) {
      const { text: ok, headers: answer } = await ask(sid, { method: "POST", body: message, headers });
      assert.equal(ok, "ok");
      assert.equal(answer.get("connection"), "close");
      assert.equal((await ask(sid, { headers })).text, message);
    }
  });

  // edge 68
  test("bodies of other types are read as text", async () => {
    const sid = await pollingSession(app.url, echo);
    for (const type of ["application/octet-stream; charset=x", "application/x-www-form-urlencoded", "text/html", "x"]) {
      assert.equal((await say(sid, "4hello", { "content-type": type })).text, "ok");
      assert.equal((await poll(sid)).text, "4hello");
    }
  });

  // edge 71, 72
  test("a body may come in chunks and in many pieces", async (t) => {
    const sid = await pollingSession(app.url, echo);
    const big = "4" + "x€".repeat(200_000);
    const client = connection(t, app.url);
    client.send(postHead(echo, sid));
    for (let i = 0; i < big.length; i += 9_000) {
      const piece = big.slice(i, i + 9_000);
      client.send(Buffer.byteLength(piece).toString(16) + "\r\n" + piece + "\r\n");
    }
    client.send("0\r\n\r\n");
    assert.equal((await client.answer()).body, "ok");
    assert.equal((await poll(sid)).text, big);

    const bytes = Buffer.from(post(echo, sid, big));
    for (let i = 0; i < bytes.length; i += 7_001) client.send(bytes.subarray(i, i + 7_001));
    assert.equal((await client.answer()).body, "ok");
    assert.equal((await poll(sid)).text, big);
  });

  // edge 73
  test("methods that a session has no use for are refused, and it lives", async () => {
    const sid = await pollingSession(app.url, echo);
    for (const method of ["PUT", "DELETE", "PATCH"]) {
      const { status, text: body } = await ask(sid, { method });
      assert.deepEqual([status, body], [500, ""], method);
    }
    await say(sid, "4alive");
    assert.equal((await poll(sid)).text, "4alive");
  });

  // edge 74
  test("a close packet lets the held GET go with a noop: transport close", async (t) => {
    const watcher = await open(t, app, "/control", websocket);
    const who = await joinedByPolling();
    const poller = await held(t, watcher, who);
    const poster = connection(t, app.url);
    poster.send(post("/socket.io/", who.sid, "1"));
    assert.equal((await poster.answer()).body, "ok");
    assert.equal((await poller.answer()).body, "6");
    assert.equal(await reasonOf(watcher, who), "transport close");
    await gone(who.sid);
  });

  // edge 76
  test("packets that mean nothing from a client are ignored", async () => {
    const sid = await pollingSession(app.url, echo);
    for (const packet of ["0", "5", "6", "3", "3probe"]) assert.equal((await say(sid, packet)).text, "ok");
    await say(sid, "4alive");
    assert.equal((await poll(sid)).text, "4alive");
  });

  // edge 77
  test("what is sent in one turn goes out with one GET, in order", async (t) => {
    const who = await joinedByPolling();
    const client = connection(t, app.url);
    client.send(get("/socket.io/", who.sid));
    client.send(post("/socket.io/", who.sid, '42/control,["flood",{"count":3,"bytes":1}]'));
    const packets = (await client.answer()).body.split(separator);
    assert.deepEqual(
      packets.map((packet) => packet.slice(0, '42/control,["flood",0'.length)),
      [0, 1, 2].map((i) => `42/control,["flood",${i}`),
    );
  });

  // edge 83
  test("a POST behind a held GET on the same connection is handled, and its answer waits", async (t) => {
    const sid = await pollingSession(app.url, echo);
    const client = connection(t, app.url);
    client.send(get(echo, sid) + post(echo, sid, "4hello"));
    assert.equal((await client.answer()).body, "4hello");
    assert.equal((await client.answer()).body, "ok");
  });

  // edge 245
  test("a volatile event does not wait for a client that is not listening", async (t) => {
    const watcher = await open(t, app, "/control", websocket);
    const who = await joinedByPolling();
    const emit = (event, volatile) =>
      control(watcher, "emit", { from: "namespace", to: who.id, volatile, event, args: [] });
    await emit("missed", true);
    await emit("kept", false);
    assert.equal((await request(app.url, { query: { sid: who.sid } })).text, '42/control,["kept"]');
  });

  // edge 258
  test("a socket that is disconnected with its connection: a DISCONNECT for every namespace, then the end", async (t) => {
    const socket = webSocket(t, app.url);
    await socket.next();
    const heard = [];
    socket.on("message", (data) => heard.push(data.toString()));
    for (const nsp of ["/control,", "/custom,", "/dynamic-1,"]) {
      socket.send(`40${nsp}`);
      for (let reply = ""; !reply.startsWith("40"); ) reply = await socket.next();
    }
    socket.send('42/control,["disconnect-self",true]');
    assert.equal(await socket.closed(), 1005);
    assert.deepEqual(heard.filter((packet) => packet.startsWith("41")).sort(), [
      "41/control,",
      "41/custom,",
      "41/dynamic-1,",
    ]);
  });

  // edge 259
  test("a socket that is disconnected alone may join again on the same connection", async (t) => {
    const socket = webSocket(t, app.url);
    await socket.next();
    for (let i = 0; i < 3; i++) {
      socket.send("40/control,");
      assert.match(await socket.next(), /^40\/control,\{"sid":/);
      socket.send('42/control,["disconnect-self",false]');
      assert.equal(await socket.next(), "41/control,");
    }
  });
});

describe("polling with a quick heartbeat", () => {
  const app = conformance("--ping-interval", "1000", "--ping-timeout", "1000", "--connect-timeout", "300");

  // edge 125
  test("a GET that is held when the pong is overdue gets a close packet", async () => {
    const path = "/engine.io/";
    const sid = await pollingSession(app.url, path);
    const poll = () => request(app.url, { path, query: { sid } });
    assert.equal((await poll()).text, "2");
    assert.equal((await poll()).text, "1");
    assert.equal((await poll()).status, 400);
  });

  // edge 197
  test("a client that has left all its namespaces keeps its connection", async (t) => {
    const socket = webSocket(t, app.url);
    await socket.next();
    let pings = 0;
    const next = async () => {
      for (;;) {
        const packet = await socket.next();
        if (packet !== "2") return packet;
        socket.send("3");
        if (++pings === 3) return "three heartbeats"; // three times the time to join
      }
    };
    socket.send("40/dynamic-1,");
    assert.match(await next(), /^40\/dynamic-1,/);
    assert.match(await next(), /^42\/dynamic-1,/);
    socket.send("41/dynamic-1,");
    assert.equal(await next(), "three heartbeats");
    socket.send("40/dynamic-1,");
    assert.match(await next(), /^40\/dynamic-1,/);
  });
});
