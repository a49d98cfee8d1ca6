// node server.js PORT: the reference server with the behaviour of ../server/events.hpp, otherwise as it comes.
"use strict";
const http = require("http");
const { Server } = require("socket.io");

const port = Number(process.argv[2] || 3000);
const web = http.createServer();
const io = new Server(web, { serveClient: false });

for (const nsp of [io.of("/"), io.of("/x")]) {
  nsp.on("connection", (user) => {
    user.on("echo", (text) => user.emit("echo", text));
    user.on("ack", (text, done) => done(text));
    user.on("take", (...args) => args.pop()(args.length));
    user.on("bin", (bytes) => user.emit("bin", bytes));
    user.on("join", (room) => user.join(room));
    user.on("bcast", (text) => nsp.emit("bcast", text));
    user.on("room", (room, text) => nsp.to(room).emit("room", text));
  });
}

web.listen({ port, host: "127.0.0.1", backlog: 4096 }, () => console.log(`ready ${process.pid} ${web.address().port}`));
