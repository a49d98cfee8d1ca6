// The one place that includes Beast: its parser, which calls back for every part of a request.

#include "http/request_parser.hpp"

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/status.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "base/kept_text.hpp"
#include "http/field_rules.hpp"
#include "http/head_scanner.hpp"

namespace cosio::inline v0_2::http {
namespace {

namespace beast = boost::beast;
using boost::system::error_code;

std::string_view plain(beast::string_view text) noexcept { return {text.data(), text.size()}; }

// Digits only, and no more than a length of 64 bits has. Other parsers may take the first of a list, or the last.
bool is_length(std::string_view value) noexcept {
  constexpr std::size_t most_digits = 20;
  return !value.empty() && value.size() <= most_digits && value.find_first_not_of("0123456789") == value.npos;
}

// Whether a line of the fields continues the one before. Beast unfolds such lines, others may not.
bool is_folded(std::string_view fields) noexcept {
  for (auto end = fields.find("\r\n"); end != fields.npos && end + 2 < fields.size();
       end = fields.find("\r\n", end + 2))
    if (fields[end + 2] == ' ' || fields[end + 2] == '\t') return true;
  return false;
}

// The framing that the header fields declare.
struct framing {
  bool http_1_0 = false;
  bool connection_close = false;
  bool connection_keep_alive = false;
  bool connection_upgrade = false;
  unsigned hosts = 0;
  bool good_host = true;
  std::string authority;  // of a target in absolute form
  std::string upgrade;
  std::string expect;
};

// The byte for a name, see known_fields(); 0 when it has none.
char code_of(beast::http::field name) noexcept {
  constexpr std::size_t fields = 512;  // more than Beast knows
  static const auto codes = [] {
    std::array<char, fields> all{};
    for (std::size_t i = 0; i < known_fields().size(); ++i) {
      const std::string_view lower_case = known_fields()[i];
      const auto which = beast::http::string_to_field(beast::string_view(lower_case.data(), lower_case.size()));
      all[static_cast<std::size_t>(which)] = known_field_code(i);
    }
    all[static_cast<std::size_t>(beast::http::field::unknown)] = 0;
    return all;
  }();
  const auto which = static_cast<std::size_t>(name);
  return which < codes.size() ? codes[which] : '\0';
}

// The memory of a head while it is read. The thread keeps it for the next one.
std::string take_spare() noexcept {
  std::string taken;
  if (std::string* const kept = base::kept_text<request_parser>()) taken.swap(*kept);
  return taken;
}
void keep_spare(std::string used) noexcept {
  constexpr std::size_t most = 16'384;
  used.clear();
  std::string* const kept = base::kept_text<request_parser>();
  if (kept && used.capacity() <= most) *kept = std::move(used);
}

}  // namespace

// Beast declares its callbacks virtual; later versions add one for trailers. No callback here is marked `override`, so
// that all versions compile.
// NOLINTBEGIN(modernize-use-override): see above
struct request_parser::implementation final : beast::http::basic_parser<true> {
  explicit implementation(const head_limits& limits)
      : scanner(limits.max_bytes), max_fields(limits.max_fields), max_pending(limits.max_bytes) {
    this->eager(true);
    this->body_limit(boost::none);                                  // feed_body() counts
    this->header_limit(std::numeric_limits<std::uint32_t>::max());  // the scanner counts
  }

  void on_request_impl(beast::http::verb, beast::string_view method, beast::string_view target, int version,
                       error_code&) {
    const std::string_view path = take_authority(plain(target));
    lines.append(plain(method)).append(1, ' ');
    if (!path.starts_with('/') && path.size() != target.size()) lines += '/';  // "http://host" has no path
    lines.append(path);
    method_size = method.size();
    target_size = lines.size() - method_size - 1;
    lines += '\n';
    about.http_1_0 = version == 10;
  }
  // RFC 9112, section 3.2.2: absolute form must be accepted, and its authority counts instead of Host. @return the path
  // and the query.
  std::string_view take_authority(std::string_view target) {
    for (const std::string_view scheme : {"http://", "https://"}) {
      if (target.size() < scheme.size() || !same_name(target.substr(0, scheme.size()), scheme)) continue;
      target.remove_prefix(scheme.size());
      const auto end = std::min(target.find_first_of("/?"), target.size());
      about.authority = target.substr(0, end);
      about.good_host = !about.authority.empty() && is_authority(about.authority);
      target.remove_prefix(end);
      return target;
    }
    return target;
  }
  void on_response_impl(int, beast::string_view, int, error_code&) {}

  void on_field_impl(beast::http::field name, beast::string_view spelling, beast::string_view raw, error_code& ec) {
    if (++fields > max_fields) {
      ec = beast::http::error::header_limit;
      return;
    }
    if (head_done) {  // a trailer: it is counted and not kept
      if (trailers == nullptr) trailers = spelling.data();
      return;
    }
    std::string_view value = trimmed(plain(raw));
    if (name == beast::http::field::host && !about.authority.empty()) value = about.authority;
    if (const char code = code_of(name); code != 0) {
      lines += code;
    } else {
      for (const char c : plain(spelling)) lines += to_lower(c);
      lines += ':';
    }
    lines.append(value).append(1, '\n');
    note(name, value, ec);
  }
  void on_trailer_field_impl(beast::http::field name, beast::string_view spelling, beast::string_view value,
                             error_code& ec) {
    on_field_impl(name, spelling, value, ec);
  }

  void note(beast::http::field name, std::string_view value, error_code& ec) {
    using beast::http::field;
    if (name == field::connection) {
      about.connection_close |= has_token(value, "close");
      about.connection_keep_alive |= has_token(value, "keep-alive");
      about.connection_upgrade |= has_token(value, "upgrade");
    } else if (name == field::upgrade) {
      about.upgrade = value;
    } else if (name == field::expect) {
      about.expect = value;
    } else if (name == field::host) {
      about.good_host = about.good_host && is_authority(value);
      if (++about.hosts > 1) ec = beast::http::error::bad_field;
    } else if (name == field::content_length && (std::exchange(has_length, true) || !is_length(value))) {
      ec = beast::http::error::bad_content_length;
    } else if (name == field::transfer_encoding && (about.http_1_0 || !same_name(value, "chunked"))) {
      ec = beast::http::error::bad_transfer_encoding;
    }
  }

  void on_header_impl(error_code&) { head_done = true; }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) {}
  std::size_t on_body_impl(beast::string_view bytes, error_code&) {
    keep(plain(bytes));
    return bytes.size();
  }
  void on_chunk_header_impl(std::uint64_t, beast::string_view, error_code&) {}
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view bytes, error_code&) {
    keep(plain(bytes));
    return bytes.size();
  }
  void on_finish_impl(error_code&) {}

  void keep(std::string_view bytes) {
    const std::size_t room = max_body > body_size ? static_cast<std::size_t>(max_body - body_size) : 0;
    body->append(bytes.substr(0, room));
    body_size += bytes.size();
  }

  head_scanner scanner;
  std::size_t max_fields;
  std::size_t max_pending;
  std::size_t fields = 0;
  bool head_done = false;
  bool has_length = false;
  const char* trailers = nullptr;  // the first trailer, in the bytes that are being read
  framing about;
  std::string lines;  // of the head, as request_data::set_head() takes them
  std::size_t method_size = 0;
  std::size_t target_size = 0;
  std::string* body = nullptr;  // during feed_body()
  std::size_t max_body = 0;
  std::uint64_t body_size = 0;
};
// NOLINTEND(modernize-use-override)

request_parser::request_parser(const head_limits& limits) : parser_(std::make_unique<implementation>(limits)) {}
request_parser::request_parser(request_parser&&) noexcept = default;
request_parser& request_parser::operator=(request_parser&&) noexcept = default;
request_parser::~request_parser() = default;

result<std::size_t> request_parser::feed_head(std::string_view bytes) {
  const auto state = parser_->scanner.scan(bytes);
  if (state == head_scanner::state::incomplete) return std::size_t{0};
  if (state == head_scanner::state::malformed) return fault{errc::bad_request, parser_->scanner.size()};
  if (state == head_scanner::state::too_large) return fault{errc::head_too_large, parser_->scanner.size()};

  const std::string_view head =
      bytes.substr(parser_->scanner.start(), parser_->scanner.size() - parser_->scanner.start());
  parser_->lines = take_spare();
  parser_->lines.reserve(head.size());
  error_code ec;
  const std::size_t used = parser_->put(boost::asio::buffer(head.data(), head.size()), ec);
  if (ec == beast::http::error::header_limit) return fault{errc::head_too_large, used};
  if ((ec && ec != beast::http::error::need_more) || !parser_->head_done) return fault{errc::bad_request, used};
  return parser_->scanner.size();
}

result<std::size_t> request_parser::feed_body(std::string_view bytes, std::string& body, std::size_t max_bytes) {
  parser_->body = &body;
  parser_->max_body = max_bytes;
  std::size_t used = 0;
  error_code ec;
  // Beast must see the shortest end of a chunked body, "0\r\n\r\n", in one piece: with fewer bytes an assertion of
  // Beast fails. At least so many bytes always follow.
  const std::size_t least = parser_->chunked() ? 5 : 1;
  // The line of a chunk, or all trailers, must fit into max_pending, in whatever pieces they came.
  const std::size_t most = parser_->chunked() ? parser_->max_pending + 1 : bytes.size();
  while (bytes.size() - used >= least && !parser_->is_done() && !ec) {
    const std::size_t piece = std::min(bytes.size() - used, most);
    const std::size_t taken = parser_->put(boost::asio::buffer(bytes.data() + used, piece), ec);
    used += taken;
    if (parser_->trailers != nullptr) {  // Beast reads all of them in one piece
      const char* const end = bytes.data() + used;
      // Not when Beast refused them: then it has taken none of these bytes.
      if (end > parser_->trailers && is_folded({parser_->trailers, static_cast<std::size_t>(end - parser_->trailers)}))
        ec = beast::http::error::bad_value;
      parser_->trailers = nullptr;
    }
    if (ec == beast::http::error::need_more && taken > 0) ec = {};
  }
  parser_->body = nullptr;
  if (ec && ec != beast::http::error::need_more) return fault{errc::bad_request, used};
  // The rest is the line of a chunk or trailers. Both are short in sensible requests.
  if (!parser_->is_done() && bytes.size() - used > parser_->max_pending) return fault{errc::bad_request, used};
  return used;
}

bool request_parser::done() const noexcept { return parser_->is_done(); }
std::uint64_t request_parser::body_size() const noexcept { return parser_->body_size; }

std::optional<std::uint64_t> request_parser::content_length() const noexcept {
  const auto length = parser_->content_length();
  return length ? std::optional<std::uint64_t>(*length) : std::nullopt;
}

bool request_parser::http_1_0() const noexcept { return parser_->about.http_1_0; }

bool request_parser::names_its_host() const noexcept {
  const framing& about = parser_->about;
  return about.good_host && (about.hosts == 1 || about.http_1_0);
}

bool request_parser::keep_alive() const noexcept {
  const framing& about = parser_->about;
  return about.http_1_0 ? about.connection_keep_alive && !about.connection_close : !about.connection_close;
}

bool request_parser::wants_upgrade() const noexcept {
  const framing& about = parser_->about;
  return !about.http_1_0 && about.connection_upgrade && !about.upgrade.empty() && !same_name(about.upgrade, "h2c");
}

bool request_parser::wants_websocket() const noexcept { return has_token(parser_->about.upgrade, "websocket"); }

std::string_view request_parser::target() const noexcept {
  return std::string_view(parser_->lines).substr(parser_->method_size + 1, parser_->target_size);
}

std::string_view request_parser::expectation() const noexcept { return parser_->about.expect; }

std::shared_ptr<request_data> request_parser::take_head(std::string_view address) {
  auto head = std::make_shared<request_data>();
  head->method_size = static_cast<std::uint32_t>(parser_->method_size);
  head->target_size = static_cast<std::uint32_t>(parser_->target_size);
  head->set_head(parser_->lines, address);
  keep_spare(std::move(parser_->lines));
  return head;
}

std::string_view reason_phrase(unsigned status) noexcept {
  return plain(beast::http::obsolete_reason(static_cast<beast::http::status>(status)));
}

}  // namespace cosio::inline v0_2::http
