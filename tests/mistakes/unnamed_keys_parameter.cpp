// expect: cosio: the keys of this map cannot be the names in a JSON object: use std::string, an integer or an enum

#include <cosio/cosio.hpp>

#include <map>
#include <string>
#include <utility>

void listen(const cosio::socket& user) {
  user.on("moves", [](std::map<std::pair<int, int>, std::string> board) { return board.size(); });
}
