// Two ways to print.

#include "figures.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <cmath>
#include <cstdio>
#include <ostream>

namespace bench {
namespace {

std::string digits(double is) {
  char text[64];
  const int size = std::snprintf(text, sizeof text, "%.3f", is);
  return std::string(text, static_cast<std::size_t>(size));
}

// 1234567 -> 1,234,567
std::string grouped(std::string text) {
  const auto end = text.find('.') == std::string::npos ? text.size() : text.find('.');
  for (auto at = end; at > 3 && text[at - 4] != '-';) text.insert(at -= 3, ",");
  return text;
}

// More digits of a double than those that people see would be noise.
struct as_json {
  boost::json::value operator()(bool is) const { return is; }
  boost::json::value operator()(std::int64_t is) const { return is; }
  boost::json::value operator()(double is) const { return std::round(is * 1e3) / 1e3; }
  boost::json::value operator()(const std::string& is) const { return boost::json::value(is); }
};

struct as_text {
  std::string operator()(bool is) const { return is ? "yes" : "no"; }
  std::string operator()(std::int64_t is) const { return grouped(std::to_string(is)); }
  std::string operator()(double is) const { return grouped(digits(is)); }
  std::string operator()(const std::string& is) const { return is; }
};

// latency_p50_us -> latency p50 (us)
std::string readable(std::string name) {
  for (const std::string_view unit : {"_us", "_seconds", "_bytes"}) {
    if (name.ends_with(unit)) {
      name.resize(name.size() - unit.size());
      name.append(" (").append(unit.substr(1)).append(")");
    }
  }
  for (char& c : name) c = c == '_' ? ' ' : c;
  return name;
}

double microseconds(nanoseconds duration) { return static_cast<double>(duration.count()) / 1e3; }

}  // namespace

void figures::add_latency(std::string_view name, const histogram& seen) {
  const std::string head(name);
  add(head + "_p50_us", microseconds(seen.percentile(0.5)));
  add(head + "_p90_us", microseconds(seen.percentile(0.9)));
  add(head + "_p99_us", microseconds(seen.percentile(0.99)));
  add(head + "_p999_us", microseconds(seen.percentile(0.999)));
  add(head + "_max_us", microseconds(seen.max()));
}

void figures::print_json(std::ostream& out) const {
  boost::json::object all;
  for (const figure& one : list_) all.emplace(one.name, std::visit(as_json(), one.is));
  out << all << "\n";
}

void figures::print_lines(std::ostream& out) const {
  std::size_t width = 0;
  for (const figure& one : list_) width = std::max(width, readable(one.name).size());
  for (const figure& one : list_) {
    std::string name = readable(one.name);
    name.resize(width + 2, ' ');
    out << name << std::visit(as_text(), one.is) << "\n";
  }
}

}  // namespace bench
