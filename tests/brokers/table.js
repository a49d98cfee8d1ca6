// The table of docs/cluster.md: what works over which wire, as matrix.test.js has found it.
// usage: node table.js --write|--check docs/cluster.md
//
// The page has the table between <!-- matrix --> and <!-- end of matrix -->.
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const { features } = require("./support/features");
const { variants, wires } = require("./support/wires");

/** What a wire's test has written. Fails when it did not run. */
function outcomeOf(wire) {
  const file = path.join(process.env.COSIO_TEST_FOLDER ?? ".", "matrix", `${wire}.json`);
  if (!fs.existsSync(file)) throw new Error(`${file} is missing: run matrix.test.js with COSIO_WIRE=${wire}`);
  return JSON.parse(fs.readFileSync(file, "utf8"));
}

// "yes" when it works in all directions; a number of a note where the reference cannot do it; otherwise what fails.
function cell(outcome, notes) {
  if (!outcome) return "";
  const failed = Object.entries(outcome).filter(([, how]) => how === "fails").map(([direction]) => direction);
  if (failed.length) return `**fails: ${failed.join(", ")}**`;
  const excepted = Object.entries(outcome).filter(([, how]) => how !== "works");
  if (!excepted.length) return "yes";
  const numbers = excepted.map(([direction, why]) => noteOf(notes, `${direction}: ${why}`));
  return `yes; not ${[...new Set(numbers)].map((number) => `(${number})`).join(" ")}`;
}

function noteOf(notes, text) {
  if (!notes.includes(text)) notes.push(text);
  return notes.indexOf(text) + 1;
}

function table() {
  const names = Object.keys(wires);
  const outcomes = names.map(outcomeOf);
  const notes = [];
  const row = (cells) => `| ${cells.join(" | ")} |`;
  const rows = features.map(({ name }) => row([name, ...outcomes.map((outcome) => cell(outcome[name], notes))]));
  const head = [row(["", ...names.map((name) => wires[name].title)]), row(["---", ...names.map(() => "---")])];
  const below = notes.map((text, at) => `${at + 1}. ${text}`);
  return [...head, ...rows, ...(below.length ? ["", ...below] : [])].join("\n");
}

// Variants: how many cells work, and which do not.
function others() {
  const row = (cells) => `| ${cells.join(" | ")} |`;
  const rows = Object.entries(variants).map(([name, { title }]) => {
    const cells = Object.entries(outcomeOf(name)).flatMap(([feature, outcome]) => Object.entries(outcome).map((one) => [feature, ...one]));
    const tried = cells.filter(([, , how]) => how === "works" || how === "fails");
    const failed = tried.filter(([, , how]) => how === "fails").map(([feature, direction]) => `${feature}: ${direction}`);
    return row([title, tried.length, failed.length ? `**${failed.join("; ")}**` : "none"]);
  });
  return [row(["also tried", "tests", "that fail"]), row(["---", "--:", "---"]), ...rows].join("\n");
}

function main([how, page]) {
  const text = fs.readFileSync(page, "utf8");
  const between = /(<!-- matrix -->\n)[^]*?(\n?<!-- end of matrix -->)/;
  if (!between.test(text)) throw new Error(`${page} has no place for the table`);
  const wanted = text.replace(between, (_, begin) => `${begin}\n${table()}\n\n${others()}\n\n<!-- end of matrix -->`);
  if (how === "--write") fs.writeFileSync(page, wanted);
  else if (wanted !== text) throw new Error(`the table of ${page} is not what the tests have found: node tests/brokers/table.js --write ${page}`);
}

try {
  main(process.argv.slice(2));
} catch (failure) {
  console.error(failure.message);
  process.exitCode = 1;
}
