// The allocator's figures of the server's memory. Unlike the resident memory they separate used memory from memory that
// is kept for later.

#pragma once
#include <cosio/server.hpp>

namespace bench {

/// Answers in this namespace: "heap" with {in_use, kept}, in bytes, and "trim" with the same after free memory has been
/// given back to the system. Under a sanitizer the figures are those of the sanitizer's allocator.
void answer_for_heap(const cosio::nsp& where);

}  // namespace bench
