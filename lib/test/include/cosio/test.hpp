// The test kit: handlers are tested in one thread, over memory, with a clock that the test moves.
//
//   cosio::test::world w;
//   cosio::server io = w.server();
//   set_up(io);                                          // the application's own function, which is tested
//   auto ann = w.client("/chat", {{"token", "t"}});      // is connected, and admitted
//   const int sum = ann.ask<int>("add", 1, 2);           // or in a coroutine: co_await ann.emit_with_ack<int>("add", 1, 2)
//   w.advance(2min);                                     // heartbeats, timeouts and credentials take their course
//
// It belongs to the target cosio::test, and depends on no test framework: what fails is a cosio::test::failure, an
// exception whose what() has the last lines of the wire. docs/testing.md has the whole story.

#pragma once
#include <cosio/test/client.hpp>
#include <cosio/test/client_options.hpp>
#include <cosio/test/failure.hpp>
#include <cosio/test/world.hpp>
