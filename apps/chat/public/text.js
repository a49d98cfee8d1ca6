// Text that people write: its limits, and the way it is shown.

import { element } from "./element.js";

export const maxText = 2_000; // characters; the server has the same figures
export const maxName = 32;
export const lengthOf = (text) => [...text].length;

const blank = /[\s\p{C}\p{Z}\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\ufe00-\ufe0f\uffa0]/gu;
/** Whether there is anything to see in it. */
export const isVisible = (text) => text.replace(blank, "") !== "";

const flagsAndSuch =
  /^(?:\p{Extended_Pictographic}|\p{Emoji_Modifier}|\p{Regional_Indicator}|[\u200d\ufe0f\u20e3\s])+$/u;
/** A few emoji and nothing else. A number is none, although Unicode counts digits among their parts. */
export const isEmoji = (text) =>
  lengthOf(text) <= 12 && flagsAndSuch.test(text) && /\p{Extended_Pictographic}|\p{Regional_Indicator}/u.test(text);

export const isLong = (text) => text.length > 1_200 || text.split("\n").length > 15;

const address = /(https?:\/\/[^\s<>"]*[^\s<>"'.,;:!?)\]}])/u;

function withLinks(text) {
  return text.split(address).map((part, i) => {
    if (i % 2 === 0) return part;
    const link = element("a", "", part);
    link.href = part;
    link.target = "_blank";
    link.rel = "noopener noreferrer nofollow";
    return link;
  });
}

/** The text with `code` between back quotes set apart, and with its links. */
export function written(text) {
  const parts = text.split(/`([^`\n]+)`/);
  return parts.flatMap((part, i) => (i % 2 ? [element("code", "", part)] : withLinks(part)));
}
