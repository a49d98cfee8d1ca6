// node server.js PORT: the reference server with the behaviour of events.js, otherwise as it comes.
"use strict";
const http = require("http");
const { Server } = require("socket.io");
const answer = require("./events");

const port = Number(process.argv[2] || 3000);
const web = http.createServer();
answer(new Server(web, { serveClient: false }));

web.listen({ port, host: "127.0.0.1", backlog: 4096 }, () => console.log(`ready ${process.pid} ${web.address().port}`));
