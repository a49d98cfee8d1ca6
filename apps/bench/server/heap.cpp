// mallinfo2, or what a sanitizer counts in its place.

#include "heap.hpp"

#include <malloc.h>

#include <boost/json/object.hpp>

// There only in a program that runs under a sanitizer, whose allocator knows no mallinfo2.
extern "C" [[gnu::weak]] std::size_t __sanitizer_get_current_allocated_bytes();
extern "C" [[gnu::weak]] std::size_t __sanitizer_get_free_bytes();

namespace bench {
namespace {

boost::json::object measure_heap() {
  if (__sanitizer_get_current_allocated_bytes != nullptr && __sanitizer_get_free_bytes != nullptr) {
    return {{"in_use", __sanitizer_get_current_allocated_bytes()}, {"kept", __sanitizer_get_free_bytes()}};
  }
  const auto found = mallinfo2();
  return {{"in_use", found.uordblks + found.hblkhd}, {"kept", found.fordblks}};
}

}  // namespace

void answer_for_heap(const cosio::nsp& where) {
  where.on_connection([](const cosio::socket& user) {
    user.on("heap", [] { return measure_heap(); });
    user.on("trim", [] {
      malloc_trim(0);
      return measure_heap();
    });
  });
}

}  // namespace bench
