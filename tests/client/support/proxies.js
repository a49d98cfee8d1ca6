// Proxies for tests: HTTP CONNECT and SOCKS5, with and without a password. They count what they connect.
"use strict";
const net = require("node:net");

function listen(server) {
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server.address().port)));
}

function join(a, b) {
  for (const [from, to] of [[a, b], [b, a]]) {
    from.on("error", () => to.destroy());
    from.on("close", () => to.destroy());
    from.pipe(to);
  }
}

async function start(t, serve) {
  const open = new Set();
  const server = net.createServer((socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    socket.on("error", () => socket.destroy());
    serve(socket);
  });
  t.after(() => {
    server.close();
    for (const socket of open) socket.destroy();
  });
  return { port: await listen(server), cut: () => open.forEach((socket) => socket.resetAndDestroy()) };
}

// @param credentials  "user:password", which is demanded; or nothing.
async function connectProxy(t, credentials) {
  const targets = [];
  const made = await start(t, (socket) => {
    let head = "";
    const read = (bytes) => {
      head += bytes.toString("latin1");
      const end = head.indexOf("\r\n\r\n");
      if (end === -1) return;
      socket.off("data", read);
      const [, host, port] = /^CONNECT (.*):(\d+) HTTP\/1\.1\r\n/.exec(head) ?? [];
      if (!host) return socket.end("HTTP/1.1 405 Method Not Allowed\r\n\r\n");
      const given = /\r\nProxy-Authorization: Basic (\S+)\r\n/.exec(head)?.[1] ?? "";
      if (credentials && Buffer.from(given, "base64").toString() !== credentials)
        return socket.end("HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n");
      targets.push(`${host}:${port}`);
      const far = net.connect(Number(port), host.replace(/[[\]]/g, ""), () => {
        socket.write("HTTP/1.1 200 Connection established\r\nX-Proxy: test\r\n\r\n");
        join(socket, far);
      });
      far.on("error", () => socket.end("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"));
    };
    socket.on("data", read);
  });
  return { ...made, targets };
}

async function socksProxy(t, credentials) {
  const targets = [];
  const made = await start(t, (socket) => {
    let step = "greeting";
    let got = Buffer.alloc(0);
    const read = (bytes) => {
      got = Buffer.concat([got, bytes]);
      for (let size = take(); size > 0; size = take()) got = got.subarray(size);
    };
    // @return the number of bytes that one message had; 0: it is not whole.
    const take = () => {
      if (step === "greeting") {
        if (got.length < 2 || got.length < 2 + got[1]) return 0;
        const method = credentials ? 2 : 0;
        const offered = got.subarray(2, 2 + got[1]).includes(method);
        socket.write(Buffer.from([5, offered ? method : 255]));
        step = credentials ? "login" : "request";
        return 2 + got[1];
      }
      if (step === "login") {
        if (got.length < 2 || got.length < 3 + got[1] || got.length < 3 + got[1] + got[2 + got[1]]) return 0;
        const user = got.subarray(2, 2 + got[1]);
        const word = got.subarray(3 + got[1], 3 + got[1] + got[2 + got[1]]);
        const fits = `${user}:${word}` === credentials;
        socket.write(Buffer.from([1, fits ? 0 : 1]));
        step = fits ? "request" : "none";
        return 3 + user.length + word.length;
      }
      if (step !== "request" || got.length < 5) return 0;
      const size = { 1: 4, 3: 1 + got[4], 4: 16 }[got[3]];
      if (got.length < 4 + size + 2) return 0;
      const host = got[3] === 3 ? got.subarray(5, 5 + got[4]).toString() : [...got.subarray(4, 8)].join(".");
      const port = got.readUInt16BE(4 + size);
      step = "none";
      socket.off("data", read);
      targets.push(`${got[3] === 3 ? "name" : "address"} ${host}:${port}`);
      const far = net.connect(port, host, () => {
        socket.write(Buffer.from([5, 0, 0, 1, 127, 0, 0, 1, 0, 1]));
        join(socket, far);
      });
      far.on("error", () => socket.end(Buffer.from([5, 5, 0, 1, 0, 0, 0, 0, 0, 0])));
      return 4 + size + 2;
    };
    socket.on("data", read);
  });
  return { ...made, targets };
}

module.exports = { connectProxy, listen, socksProxy };
