// A client of the chat app, in TypeScript: what apps/chat/public/chat.js says and hears.
import { io, type Socket } from "socket.io-client";
import type { Attendance, ClientToServerEvents, Line, Person, ServerToClientEvents, Welcome } from "./chat";

const socket: Socket<ServerToClientEvents, ClientToServerEvents> = io("http://localhost:3000");

socket.on("connect", () => socket.emit("enter", { name: "Ada", room: "garden" }));
socket.on("welcome", arrive);
socket.on("attendance", (now: Attendance) => console.log(now.revision, now.people.map((person: Person) => person.name)));
socket.on("said", (line) => show(line));
socket.on("typing", (name, isTyping) => console.log(name, isTyping ? "types" : "stopped"));
socket.on("chat", (text) => console.log(text.trim()));
socket.on("hi", (text) => console.log(text.trim()));

function show(line: Line): void {
  console.log(line.number, new Date(line.at), line.name, line.text, line.room);
}

function arrive({ you, history }: Welcome): void {
  console.log(you.room);
  history.forEach(show);
}

export async function talk(): Promise<void> {
  const heard: number = await socket.timeout(10_000).emitWithAck("say", "hello");
  const there: Welcome = await socket.emitWithAck("go", "kitchen");
  const old: string = await socket.emitWithAck("req", "hello?");
  socket.emit("typing", false);
  socket.emit("chat", "to everybody");
  arrive(there);
  console.log(heard - 1, old);
}
