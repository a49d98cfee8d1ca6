"""python server.py PORT: python-socketio on uvicorn with uvloop, with the behaviour of ../../server/events.hpp."""

import os
import signal
import sys

import socketio
import uvicorn

io = socketio.AsyncServer(async_mode="asgi")


def answer(nsp):
    @io.on("connect", namespace=nsp)
    async def connect(sid, environ):
        pass

    @io.on("echo", namespace=nsp)
    async def echo(sid, text):
        await io.emit("echo", text, to=sid, namespace=nsp)

    @io.on("ack", namespace=nsp)
    async def ack(sid, text):
        return text

    @io.on("take", namespace=nsp)
    async def take(sid, *everything):
        return len(everything)

    @io.on("bin", namespace=nsp)
    async def binary(sid, data):
        await io.emit("bin", data, to=sid, namespace=nsp)

    @io.on("join", namespace=nsp)
    async def join(sid, room):
        await io.enter_room(sid, room, namespace=nsp)

    @io.on("bcast", namespace=nsp)
    async def broadcast(sid, text):
        await io.emit("bcast", text, namespace=nsp)

    @io.on("spread", namespace=nsp)
    async def spread(sid, *everything):
        await io.emit("spread", everything, namespace=nsp)

    @io.on("room", namespace=nsp)
    async def to_room(sid, room, text):
        await io.emit("room", text, room=room, namespace=nsp)


def answer_json(nsp):
    @io.on("connect", namespace=nsp)
    async def connect(sid, environ):
        pass

    @io.on("back", namespace=nsp)
    async def back(sid, *everything):
        return everything


class Server(uvicorn.Server):
    async def startup(self, sockets=None):
        await super().startup(sockets=sockets)
        # uvicorn waits for its clients to leave; here they are left.
        signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
        print("ready", os.getpid(), flush=True)


for name in ("/", "/x"):
    answer(name)
answer_json("/json")
Server(
    uvicorn.Config(
        socketio.ASGIApp(io),
        host="127.0.0.1",
        port=int(sys.argv[1]),
        log_level="warning",
        loop="uvloop",
        http="httptools",
        ws="websockets",
        ws_per_message_deflate=False,
        backlog=4096,
    )
).run()
