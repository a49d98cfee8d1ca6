// Made by cosio from the contract shop::everything: change it there.

export interface Picture {
  name: string;
  tint?: Colour;
  parts: ArrayBuffer[];
}

export interface PictureInput {
  name: string;
  tint?: Colour | null;
  parts: (ArrayBuffer | Uint8Array)[];
}

export type Colour = "red" | "green";

export interface Size {
  width: number;
  height: number;
}

export interface ShopOtherSize {
  of: [number, number];
}

export interface Circle {
  radius: number;
}

export interface Label {
  text: string;
  around?: Circle;
}

export interface LabelInput {
  text: string;
  around?: Circle | null;
}

export interface Node {
  value: number;
  children: Node[];
}

/** What the server sends: `socket.on(...)`. */
export interface ServerToClientEvents {
  picture: (shown: Picture) => void;
  bytes: (data: ArrayBuffer) => void;
  plain: (arg0: boolean, arg1: number, arg2: number, arg3: string, arg4: null, arg5: number) => void;
  sizes: (a: Size, b: ShopOtherSize) => void;
  counts: (by_name: Record<string, number | null>) => void;
  pair: (pair: [string, number | null]) => void;
  drawn: (what: (Circle | Label | ArrayBuffer)[], when: string) => void;
  stock: (by_id: Record<number, string>, by_colour: Partial<Record<Colour, number>>) => void;
  json: (value: any, object: Record<string, any>) => void;
  "which colour?": (of: Colour[], callback: (colour: Colour | null) => void) => void;
  "ready?": (callback: () => void) => void;
}

/** What the client sends: `socket.emit(...)`. */
export interface ClientToServerEvents {
  upload: (what: PictureInput, callback: (stored: Picture) => void) => void;
  bytes: (data: ArrayBuffer | Uint8Array, more: (ArrayBuffer | Uint8Array)[]) => void;
  search: (text: string, limit?: number | null) => void;
  save: (callback: () => void) => void;
  divide: (arg0: number, arg1: number, callback: (quotient: number, remainder: number) => void) => void;
  tree: (arg0: Node, callback: (answer: Node) => void) => void;
  any: (...args: [kind: string, ...rest: any[], callback: (...answer: any[]) => void]) => void;
  draw: (what: Circle | LabelInput | ArrayBuffer | Uint8Array, within: number) => void;
  log: (...rest: any[]) => void;
}
