// Each line marked with an error has one, and no other line does.
import { io, type Socket } from "socket.io-client";
import type { ClientToServerEvents, ServerToClientEvents } from "./chat";

const socket: Socket<ServerToClientEvents, ClientToServerEvents> = io("http://localhost:3000");

socket.emit("shout", "hello"); // error: no such event
socket.emit("enter", { secret: "s", name: "Ada" }, () => {}); // error: the room is missing
socket.emit("say", 5, () => {}); // error: another type
socket.emit("say", { key: "1", text: "hello" }); // error: somebody wants to be answered
socket.emit("edit", "1", "hello", () => {}); // error: another type
socket.emit("typing", "yes"); // error: another type
socket.on("said", (line) => console.log(line.words)); // error: no such member
socket.on("typing", (name: number) => console.log(name)); // error: another type
export const said: Promise<string> = socket.emitWithAck("say", { key: "1", text: "hello" }); // error: the answer is a line
