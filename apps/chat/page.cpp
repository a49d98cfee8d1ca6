// Browsers ask again each time, and get "unchanged" because of the entity tag. So they show a new page at once when the
// program is new.

#include "page.hpp"

#include <string>

namespace chat {
namespace {

namespace http = cosio::http;

std::string_view content_type(std::string_view name) {
  if (name.ends_with(".html")) return "text/html; charset=utf-8";
  if (name.ends_with(".css")) return "text/css; charset=utf-8";
  if (name.ends_with(".js")) return "text/javascript; charset=utf-8";
  return "image/svg+xml";
}

http::response answer(const http::request& asked, const page_file& file) {
  const bool unchanged = asked.header("if-none-match") == file.etag;
  http::response out =
      unchanged ? http::response(304) : http::response(200, std::string(file.bytes), content_type(file.name));
  out.set("ETag", file.etag);
  out.set("Cache-Control", "no-cache");
  out.set("X-Content-Type-Options", "nosniff");
  out.set("Content-Security-Policy", "default-src 'self'; connect-src 'self' ws: wss:; frame-ancestors 'none'");
  return out;
}

}  // namespace

void serve_page(http::app& app) {
  for (const page_file& file : page_files()) {
    const auto send = [&file](http::request asked) { return answer(asked, file); };
    app.get("/" + std::string(file.name), send);
    if (file.name == "index.html") app.get("/", send);
  }
}

}  // namespace chat
