// What the allocator says of the server's memory: beside the resident memory it tells what is in use from what is kept for later.

#pragma once
#include <cosio/server.hpp>

namespace bench {

/// Answers in this namespace: "heap" with {in_use, kept}, in bytes, and "trim" with the same once what is free has been given back to the
/// system. Under a sanitizer it is the sanitizer's allocator that is asked.
void answer_for_heap(const cosio::nsp& where);

}  // namespace bench
