// Requests that the application's own HTTP server has read. They are answered like requests of ours, or are written
// down again as bytes for a connection of ours.
//
//   way in    app::answer() -> answer_handed() -> service; app::serve() -> bytes_of() -> connection

#pragma once
#include <cosio/http.hpp>
#include <cosio/task.hpp>

#include <memory>
#include <string>

#include "http/connection.hpp"

namespace cosio::inline v0_2::http {

/// Answers as a connection would, on a strand of its own. A cancellation means that the client has gone.
/// @throws error errc::connection_closed when a service aborts the connection instead.
task<response> answer_handed(std::shared_ptr<connection_context> shared, request asked);

/// Writes the request as HTTP/1.1, for a parser that has not seen it. The body is complete: the head gets a
/// Content-Length of ours, and no Expect.
std::string bytes_of(const request& asked);

}  // namespace cosio::inline v0_2::http
