// Requests for the engine's path, from their bytes to the engine's answer. The protocol's table of refusals predicts
// the answer.
//
// The first byte chooses the method, whether it is an Upgrade request, and how the query is written once more: another
// spelling may not change the answer. The rest is the query; "$" is the id of a session that is open on polling.

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>

#include <cosio/log.hpp>

#include "check.hpp"
#include "http/request_target.hpp"
#include "session_server.hpp"
#include "support/http_client.hpp"
#include "support/polling_client.hpp"
#include "support/websocket_client.hpp"
#include "test/random_source.hpp"

using namespace cosio::fuzz;
namespace test = cosio::test;
using cosio::http::query_list;

namespace {

constexpr std::string_view methods[] = {"GET", "POST", "PUT", "DELETE"};
constexpr int no_code = -1;
constexpr std::size_t longest_query = 15'000;  // within max_head

struct asking {
  explicit asking(std::uint8_t choice)
      : method(methods[choice % 4]), upgrade((choice & 4) != 0), spelling(choice >> 3) {}

  std::string_view method;
  bool upgrade;
  int spelling;
};

std::string encoded(std::string_view text, bool everything) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (plain && !everything) {
      out += c;
    } else {
      out.append(1, '%').append(1, digits[byte >> 4]).append(1, digits[byte & 15]);
    }
  }
  return out;
}

// The same names and values, written another way.
std::string spelled(const query_list& query, int how) {
  std::string out;
  for (const auto& [name, value] : query) {
    if ((how & 4) != 0) out += "&&";
    out += "&" + encoded(name, (how & 1) != 0) + "=" + encoded(value, (how & 2) != 0);
  }
  return (how & 8) != 0 ? "unknown=%zz" + out + "&" : out;
}

// The query as a request line can carry it: all other bytes are for the http_request target.
std::string carried(std::string_view query, std::string_view sid) {
  std::string out;
  for (const char c : query) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '$') {
      out += sid;
    } else {
      out += byte <= 0x20 || byte == 0x7F || c == '#' ? '_' : c;
    }
  }
  return out;
}

std::string value_of(const query_list& query, std::string_view name) {
  std::string last;
  for (const auto& [n, value] : query)
    if (n == name) last = value;
  return last;
}

// The code that the protocol wants. This is an implementation of its own, not the engine's.
int expected_code(const asking& how, const query_list& query, std::string_view known) {
  const std::string transport = value_of(query, "transport");
  const std::string sid = value_of(query, "sid");
  const std::string revision = value_of(query, "EIO");
  if (transport != "polling" && transport != "websocket") return 0;
  if (!sid.empty()) {
    if (sid != known) return 1;
    if (!how.upgrade && transport == "websocket") return 3;
    return revision == "4" ? no_code : 3;
  }
  if (how.method != "GET") return 2;
  if (transport == "websocket" && !how.upgrade) return 3;
  if (transport == "polling" && how.upgrade) return no_code;  // switched, and closed at once: no revision matters
  return revision == "3" || revision == "4" ? no_code : 5;
}

struct verdict {
  bool answered = false;
  unsigned status = 0;
  int code = no_code;
  std::string opened;  // the id of the session that was opened

  friend bool operator==(const verdict& a, const verdict& b) {
    return a.answered == b.answered && a.status == b.status && a.code == b.code && a.opened.empty() == b.opened.empty();
  }
};

int code_in(const test::http_answer& answer) {
  if (answer.body.starts_with("{\"code\":")) return answer.body[8] - '0';
  constexpr std::string_view texts[] = {"Transport unknown", "Session ID unknown", "Bad handshake method",
                                        "Bad request",       "Forbidden",          "Unsupported protocol version"};
  const auto* const found = std::find(std::begin(texts), std::end(texts), answer.body);
  return found == std::end(texts) ? no_code : static_cast<int>(found - std::begin(texts));
}

class desk {
 public:
  desk() : server_(0), sid_(test::text_member(ask(asking(0), "EIO=4&transport=polling").second.body, "sid")) {}

  const std::string& sid() const noexcept { return sid_; }

  verdict decide(const asking& how, const std::string& query) {
    const auto [answered, answer] = ask(how, query);
    verdict made;
    made.answered = answered;
    made.status = answer.status;
    made.code = code_in(answer);
    std::string plain = answer.body;
    std::erase(plain, '\\');
    if (plain.find("\"pingInterval\"") != std::string::npos) made.opened = test::text_member(plain, "sid");
    return made;
  }

 private:
  std::pair<bool, test::http_answer> ask(const asking& how, const std::string& query) {
    const std::string target = "/socket.io/?" + query;
    std::string request = how.upgrade ? test::websocket_request(target) : test::get(target);
    request.replace(0, 3, how.method);
    auto stream = server_.connect(64 * 1024);
    boost::system::error_code ec;
    const iovec bytes{request.data(), request.size()};
    stream->write_some({&bytes, 1}, ec);
    server_.settle();
    std::string received(16 * 1024, '\0');
    received.resize(stream->read_some(received, ec));
    auto answer = test::take_answer(received);
    return answer ? std::pair(true, std::move(*answer)) : std::pair(false, test::http_answer());
  }

  session_server server_;
  std::string sid_;
};

void check_verdict(const asking& how, const query_list& query, const std::string& sid, const verdict& got) {
  const int code = expected_code(how, query, sid);
  check(!got.answered || got.code == code || how.upgrade, "the code is that of the protocol's table");
  if (code != no_code) {
    check(got.answered && got.opened.empty(), "who is refused is told so, and opens no session");
    check(got.status == 400 || (how.upgrade && got.status == 405), "a refusal has its status");
    return;
  }
  const bool opens = value_of(query, "sid").empty();
  if (how.upgrade) {
    check(!got.answered || got.status == 101 || got.status >= 400, "an Upgrade request is accepted or refused");
    check(!opens || got.status == 101, "whoever is not refused gets a WebSocket");
  } else if (opens) {
    check(got.status == 200 && !got.opened.empty() && got.opened != sid, "whoever is not refused opens a session");
  } else {
    check(got.opened.empty(), "a session is not opened twice");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  cosio::set_log_level(cosio::log_level::off);
  std::string_view input = text_of(data, std::min<std::size_t>(size, 2'000));
  const asking how(take_choice(input));
  cosio::test::kit::seed_random_source(1);
  desk first;
  const std::string query = carried(input, first.sid());
  const query_list names = cosio::http::parse_query(query);
  const verdict got = first.decide(how, query);
  check_verdict(how, names, first.sid(), got);

  cosio::test::kit::seed_random_source(1);
  desk second;
  check(second.sid() == first.sid(), "both are asked the same");
  const std::string again = spelled(names, how.spelling);
  if (again.size() > longest_query) return 0;  // refused for its length, if the first was or not
  check(second.decide(how, again) == got, "spelling does not change the answer");
  return 0;
}
