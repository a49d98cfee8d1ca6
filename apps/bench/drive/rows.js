// Some JSON as applications send it: small objects in a list, 4 KB of them, and 1 KB. server/rows.hpp has the 4 KB as
// a C++ type.
"use strict";

const rows = Array.from({ length: 54 }, (_, i) => ({ id: i, name: `somebody ${i}`, tags: ["one", "two"], score: i * 1.5, ok: true }));

module.exports = { someRows: JSON.stringify(rows), fewRows: JSON.stringify(rows.slice(0, 15)) };
