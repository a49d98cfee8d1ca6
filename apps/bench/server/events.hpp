// The events of the measured server: the same few events in every namespace, and the same in every server that it is
// compared with.

#pragma once
#include <cosio/cosio.hpp>

namespace bench {

/// Answers the benchmark's events in the namespaces "/" and "/x":
///
///   echo TEXT        emits "echo" TEXT to the sender
///   ack TEXT         acknowledges with TEXT
///   bcast TEXT       emits "bcast" TEXT to everybody in the namespace, the sender included
///   spread ANYTHING… emits "spread" with all arguments, likewise
///   join ROOM        joins ROOM
///   room ROOM TEXT   emits "room" TEXT to everybody in ROOM
///   bin BYTES        emits "bin" BYTES to the sender
///   take ANYTHING…   acknowledges with the number of arguments
void answer_events(const cosio::server& io);
/// The same in one more namespace.
void answer_events(const cosio::nsp& where);

/// Answers in this namespace: so idle connections have no listeners for it. The servers that this one is compared with
/// have "back" only.
///
///   back ANYTHING…   acknowledges with the same
///   rows in ROWS     acknowledges with their number; see rows.hpp
///   rows out         acknowledges with some_rows()
void answer_for_json(const cosio::nsp& where);

}  // namespace bench
