// expect: cosio: the keys of this map cannot be the names in a JSON object: use std::string, an integer or an enum

#include <cosio/cosio.hpp>

#include <map>
#include <string>

cosio::task<> tell(cosio::socket user, std::map<double, std::string> names) { co_await user.emit("names", names); }
