// Each line marked with an error has one, and no other line does.
import { io, type Socket } from "socket.io-client";
import type { ClientToServerEvents, ServerToClientEvents } from "./everything";

const socket: Socket<ServerToClientEvents, ClientToServerEvents> = io();

socket.on("pictures", () => {}); // error: no such event
socket.on("upload", () => {}); // error: of the other direction
socket.on("picture", (shown) => console.log(shown.title)); // error: no such member
socket.on("picture", (shown) => console.log(shown.tint.length)); // error: may be missing
socket.on("plain", (yes: string) => console.log(yes)); // error: another type
socket.on("pair", ([, number]) => console.log(number + 1)); // error: may be null
socket.on("drawn", (what) => console.log(what[0].radius)); // error: may be something else
socket.on("drawn", (what, when) => console.log(when.getTime())); // error: the text of a date
socket.on("stock", (by_id, by_colour) => console.log(by_colour.red + 1)); // error: may be missing
socket.on("sizes", (a, b, c) => console.log(a, b, c)); // error: one too many
socket.on("which colour?", (of, answer) => answer("blue")); // error: no such colour

socket.emit("plain"); // error: of the other direction
socket.emit("upload", { name: "x", parts: ["text"] }, () => {}); // error: text for binary
socket.emit("upload", { name: "x" }, () => {}); // error: a member is missing
socket.emit("upload", { name: "x", parts: [], tint: "blue" }, () => {}); // error: no such colour
socket.emit("draw", { diameter: 1 }, 1); // error: none of the shapes
socket.emit("draw", { radius: 1 }, "1s"); // error: another type
socket.emit("search"); // error: an argument is missing
socket.emit("search", "text", "5"); // error: another type
socket.emit("save", 1); // error: no callback
socket.emit("divide", 1, 2, (quotient: string) => quotient); // error: the answer has another type
socket.emit("tree", { value: 1, children: [{ value: "2", children: [] }] }, () => {}); // error: deep inside
