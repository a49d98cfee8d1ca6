// Clients that speak the protocols by hand, so that they can speak them wrongly.
"use strict";
const net = require("node:net");
const { WebSocket } = require("ws");
const { within } = require("./wait");

const separator = "\x1e";

/** One HTTP request on a polling session: {status, text, headers}. */
async function request(url, { method = "GET", query = {}, body, headers = {}, path = "/socket.io/" } = {}) {
  const target = `${url}${path}?${new URLSearchParams({ EIO: "4", transport: "polling", ...query })}`;
  const answer = await within(fetch(target, { method, body, headers }), `${method} ${target}`);
  return { status: answer.status, text: await answer.text(), headers: answer.headers };
}

/** Opens a polling session and returns its sid. */
async function pollingSession(url, path = "/socket.io/") {
  const { status, text } = await request(url, { path });
  if (status !== 200) throw new Error(`the handshake was answered with ${status}: ${text}`);
  return JSON.parse(text.slice(1)).sid;
}

/** A WebSocket whose messages are kept: `.next()` waits for one, `.closed` gives the code of its end. */
function webSocket(t, url, { query = {}, path = "/socket.io/", ...options } = {}) {
  const search = new URLSearchParams({ EIO: "4", transport: "websocket", ...query });
  const socket = new WebSocket(`${url.replace(/^http/, "ws")}${path}?${search}`, options);
  const messages = [];
  const waiting = [];
  socket.on("message", (data, isBinary) => {
    const message = isBinary ? data : data.toString();
    if (waiting.length > 0) waiting.shift()(message);
    else messages.push(message);
  });
  socket.on("error", () => {}); // the end is what the tests look at
  socket.next = () =>
    within(
      new Promise((resolve) => (messages.length > 0 ? resolve(messages.shift()) : waiting.push(resolve))),
      "a message",
    );
  const closed = new Promise((resolve) => socket.on("close", (code) => resolve(code)));
  socket.closed = () => within(closed, "the end of the connection");
  socket.opened = () => within(new Promise((resolve) => socket.once("open", resolve)), "the WebSocket");
  t.after(() => socket.terminate());
  return socket;
}

/** A WebSocket that has joined `nsp`; `.id` is the id of its Socket.IO socket there. */
async function joined(t, url, nsp = "/control") {
  const socket = webSocket(t, url);
  await socket.next();
  socket.send(`40${nsp},`);
  for (;;) {
    const answer = await socket.next();
    if (!answer.startsWith(`40${nsp},`)) continue;
    socket.id = JSON.parse(answer.slice(`40${nsp},`.length)).sid;
    return socket;
  }
}

/** A TCP connection that has sent `bytes`. `.ended()` resolves when the server has closed it. */
function talk(url, bytes) {
  const { hostname, port } = new URL(url);
  const stream = net.connect(Number(port), hostname);
  stream.on("error", () => {}); // a reset is an end like any other
  stream.resume();
  const closed = new Promise((resolve) => stream.once("close", resolve));
  stream.ended = () => within(closed, "the end of a TCP connection");
  stream.write(bytes);
  return stream;
}

/** A client's frame, masked, with any first byte. */
function frame(first, payload) {
  const mask = Buffer.from([1, 2, 3, 4]);
  const body = Buffer.from(payload).map((byte, i) => byte ^ mask[i % 4]);
  if (body.length > 125) throw new Error("short frames only");
  return Buffer.concat([Buffer.from([first, 0x80 | body.length]), mask, body]);
}

module.exports = { separator, request, pollingSession, webSocket, joined, talk, frame };
