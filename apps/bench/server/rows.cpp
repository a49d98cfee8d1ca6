// The rows are made once.

#include "rows.hpp"

namespace bench {
namespace {

std::vector<row> make_rows() {
  constexpr int count = 54;
  std::vector<row> rows;
  for (int i = 0; i < count; ++i) rows.push_back({i, "somebody " + std::to_string(i), {"one", "two"}, i * 1.5, true});
  return rows;
}

}  // namespace

const std::vector<row>& some_rows() {
  static const std::vector<row> rows = make_rows();
  return rows;
}

}  // namespace bench
