// The page: a few files that are part of the program.

#pragma once
#include <cosio/http.hpp>
#include <span>
#include <string_view>

namespace chat {

struct page_file {
  std::string_view name;
  std::string_view etag;
  std::string_view bytes;
};

/// All of them; the build makes their source from the folder `public`.
std::span<const page_file> page_files();

/// Answers `/` with index.html, and every other file under its name.
void serve_page(cosio::http::app& app);

}  // namespace chat
