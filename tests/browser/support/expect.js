// Waiting until the page says what it should.
"use strict";
const { patience } = require("./browser");

/** Reads again and again until `read()` gives `wanted`; tells what it read last when it never does. */
async function expectText(read, wanted) {
  const end = Date.now() + patience;
  let last;
  do {
    last = await read();
    if (last === wanted) return;
    await new Promise((resolve) => setTimeout(resolve, 20)); // between two looks at the page
  } while (Date.now() < end);
  throw new Error(`expected "${wanted}", but it stayed "${last}"`);
}

module.exports = { expectText };
