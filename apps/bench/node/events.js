// The behaviour of ../server/events.hpp for socket.io, on whichever engine.
"use strict";

module.exports = (io) => {
  for (const nsp of [io.of("/"), io.of("/x")]) {
    nsp.on("connection", (user) => {
      user.on("echo", (text) => user.emit("echo", text));
      user.on("ack", (text, done) => done(text));
      user.on("take", (...args) => args.pop()(args.length));
      user.on("bin", (bytes) => user.emit("bin", bytes));
      user.on("join", (room) => user.join(room));
      user.on("bcast", (text) => nsp.emit("bcast", text));
      user.on("spread", (...all) => nsp.emit("spread", ...all));
      user.on("room", (room, text) => nsp.to(room).emit("room", text));
    });
  }
  io.of("/json").on("connection", (user) => user.on("back", (...all) => all.pop()(...all)));
};
