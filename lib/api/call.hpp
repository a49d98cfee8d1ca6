// A request of the HTTP API, read: the endpoint, and what it is to do.
//
//   way in    the head of a request -> find_endpoint()
//             its body or its query -> read_call() -> actions
//
// Pure: no I/O, no clock, no lock. A member or parameter that is not known, or of another type, refuses the whole
// request: what cannot be read never means everybody.

#pragma once
#include <cosio/arguments.hpp>
#include <cosio/emitter.hpp>
#include <cosio/http.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/refusal.hpp"

namespace cosio::inline v0_2::api {

enum class action : std::uint8_t { emit, join, leave, disconnect, rooms, counts, description };

struct endpoint {
  std::string_view method;
  std::string_view path;  // below that of the API
  action does;
};
std::span<const endpoint> endpoints() noexcept;

/// @param path  The path of the request, without that of the API: "/emit".
/// @return a refusal 404 or 405.
outcome<endpoint> find_endpoint(std::string_view method, std::string_view path);

struct call {
  action does = action::description;
  std::string nsp = "/";
  target to;
  bool says_rooms = false;
  bool says_everybody = false;

  // emit
  bool has_event = false;
  std::string event;
  arguments args;

  // join, leave
  bool has_names = false;
  std::vector<std::string> names;

  // disconnect
  bool close = false;

  // rooms
  std::string after;
  std::size_t limit = 1'000;
};

/// @param longest  The longest time for acknowledgements.
outcome<call> read_call(action does, const http::request& head, std::string_view body,
                        std::chrono::milliseconds longest);

}  // namespace cosio::inline v0_2::api
