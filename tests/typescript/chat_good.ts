// A client of the chat app, in TypeScript: what apps/chat/public/chat.js says and hears.
import { io, type Socket } from "socket.io-client";
import type { Attendance, ClientToServerEvents, Line, Person, ServerToClientEvents, Welcome } from "./chat";

const socket: Socket<ServerToClientEvents, ClientToServerEvents> = io("http://localhost:3000");
let me: Person | undefined;

socket.on("connect", async () => arrive(await socket.emitWithAck("enter", { secret: "s", name: "Ada", room: "garden" })));
socket.on("attendance", (now: Attendance) => console.log(now.revision, now.people.map((person: Person) => person.name)));
socket.on("said", (line) => show(line));
socket.on("edited", (line) => show(line));
socket.on("heard", (number, answer) => answer(number > 0 && me ? me.id : ""));
socket.on("receipt", ({ number, received, others }) => console.log(number, `${received} of ${others}`));
socket.on("news", ({ room, number }) => console.log(room.trim(), number));
socket.on("typing", (who, isTyping) => console.log(who.name, isTyping ? "types" : "stopped"));
socket.on("chat", (text) => console.log(text.trim()));
socket.on("hi", (text) => console.log(text.trim()));

function show(line: Line): void {
  console.log(line.number, new Date(line.at), line.name, line.text, line.room, line.edited);
}

function arrive({ you, history, rooms }: Welcome): void {
  me = you;
  console.log(you.room, rooms.length);
  history.forEach(show);
}

export async function talk(): Promise<void> {
  const said: Line = await socket.timeout(10_000).emitWithAck("say", { key: "1", text: "hello" });
  const edited: Line = await socket.emitWithAck("edit", said.number, "hello!");
  const old: string = await socket.emitWithAck("req", "hello?");
  socket.emit("typing", false);
  socket.emit("chat", "to everybody");
  console.log(edited.number === said.number, old);
}
