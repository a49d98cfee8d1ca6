// The options of `cosio connect`.

#pragma once
#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <cosio/client_options.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace shell {

/// An event to be sent, with its arguments.
struct event {
  std::string name = {};
  boost::json::array arguments = {};
  bool asks = false;  ///< for an acknowledgement, which is printed
};

struct options {
  std::string url = {};
  std::string nsp = {};  ///< empty: that of the URL
  boost::json::value auth = {};
  std::vector<event> events = {};
  std::vector<std::string> only = {};         ///< the events that are printed; empty: all
  std::size_t count = 0;                      ///< events after which it ends; 0: none
  bool listen = false;                        ///< whether it stays after the last event was sent
  std::chrono::milliseconds time{0};          ///< it listens so long; 0: no limit
  std::chrono::milliseconds timeout{10'000};  ///< for the connection, and for each acknowledgement
  bool json = false;
  bool trace = false;
  cosio::manager_options connection = {};
};

/// @return nothing when the program shall go on; else its exit code.
std::optional<int> read_options(options& out, int argc, const char* const* argv);

}  // namespace shell
