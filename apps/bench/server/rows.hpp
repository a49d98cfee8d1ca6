// Some JSON as applications send it: small objects in a list, 4 KB of them.

#pragma once
#include <boost/describe/class.hpp>

#include <string>
#include <vector>

namespace bench {

struct row {
  int id = 0;
  std::string name;
  std::vector<std::string> tags;
  double score = 0;
  bool ok = false;
};
BOOST_DESCRIBE_STRUCT(row, (), (id, name, tags, score, ok))

/// As many as drive/rows.js sends.
const std::vector<row>& some_rows();

}  // namespace bench
