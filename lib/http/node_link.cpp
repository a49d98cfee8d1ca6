// One connection to another server: the request without what belongs to the client's connection, and its answer.

#include "http/node_link.hpp"

#include <sys/socket.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <utility>
#include <vector>

#include "async/spawn.hpp"
#include "async/tcp_stream.hpp"
#include "async/wait_until.hpp"
#include "base/guarded.hpp"
#include "http/request_data.hpp"

namespace cosio::inline v0_2::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace bhttp = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using message = bhttp::request<bhttp::string_body>;
using answer_parser = bhttp::response_parser<bhttp::string_body>;
using ending = link_result::ending;

constexpr std::uint32_t most_head = 65'536;  // bytes in the head of an answer

// Fields of one connection (RFC 9110, section 7.6.1), and those that are written anew.
bool is_of_connection(std::string_view name, std::string_view listed) noexcept {
  static constexpr std::array<std::string_view, 12> own{"connection",
                                                        "keep-alive",
                                                        "proxy-connection",
                                                        "te",
                                                        "trailer",
                                                        "transfer-encoding",
                                                        "upgrade",
                                                        "proxy-authenticate",
                                                        "proxy-authorization",
                                                        "content-length",
                                                        "http2-settings",
                                                        "expect"};
  return std::any_of(own.begin(), own.end(), [name](std::string_view one) { return same_name(one, name); }) ||
         same_name(name, forward_header) || has_token(listed, name);
}

message message_of(const link_request& asked) {
  message out;
  out.version(11);
  out.method_string(asked.head.method());
  out.target(asked.head.target());
  const std::string listed = asked.head.header("connection");
  std::string_view fields = asked.head.data()->fields();
  while (const auto field = next_field(fields)) {
    const auto& [name, value] = *field;
    if (!is_of_connection(name, listed)) out.insert(name, value);
  }
  out.set(forward_header, asked.mark);
  if (asked.upgrade) {
    out.set(bhttp::field::connection, "Upgrade");
    out.set(bhttp::field::upgrade, asked.head.header("upgrade"));
  }
  out.body() = asked.body;
  out.prepare_payload();
  return out;
}

// The body of an answer, counted until its client has it.
struct kept_body {
  counted_bytes counted;
  const std::string bytes;
};

ending ending_of(const error_code& ec) noexcept {
  if (ec == beast::error::timeout) return ending::timed_out;
  if (ec == bhttp::error::body_limit) return ending::too_large;
  return ending::broken;
}

void fail(link_result& out, const error_code& ec, std::string_view during) {
  out.how = ending_of(ec);
  out.why.assign(ec.message()).append(" ").append(during);
}

}  // namespace

struct node_link::wire {
  explicit wire(const async::strand& on) : stream(on) {}
  beast::tcp_stream stream;
  beast::flat_buffer buffer;
  std::optional<answer_parser> parser;
};

node_link::node_link(std::shared_ptr<async::runtime> runtime, node_limits limits, std::shared_ptr<node_counts> counts)
    : runtime_(std::move(runtime)),
      strand_(runtime_->make_strand()),
      limits_(limits),
      counts_(std::move(counts)),
      wire_(std::make_unique<wire>(strand_)) {}

node_link::~node_link() = default;

void node_link::cut() noexcept {
  cut_ = true;
  base::guarded("http",
                [this] { async::post(strand_, "http", [self = shared_from_this()] { self->wire_->stream.close(); }); });
}

bool node_link::is_fresh() const noexcept {
  char byte = 0;
  const auto fd = wire_->stream.socket().native_handle();
  return ::recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

namespace {

struct resolved {
  base::mutex mutex;
  std::vector<tcp::endpoint> endpoints COSIO_GUARDED_BY(mutex);
  error_code ec COSIO_GUARDED_BY(mutex) = asio::error::timed_out;
};

// The system asks for names on a thread of its own, and cannot be stopped: so the wait has a limit, not the question.
task<> ask_for_name(std::shared_ptr<async::runtime> runtime, node_address at, std::chrono::milliseconds time,
                    std::shared_ptr<resolved> out) {
  const auto asking = std::make_shared<tcp::resolver>(runtime->make_strand());
  auto begin = [asking, at, out](const std::weak_ptr<async::suspension>& waiting) {
    auto take = [asking, out, waiting](error_code ec, const tcp::resolver::results_type& results) {
      {
        const base::lock_guard lock(out->mutex);
        out->ec = ec;
        for (const auto& one : results) out->endpoints.push_back(one.endpoint());
      }
      if (const auto still = waiting.lock()) still->end();
    };
    asking->async_resolve(at.host, std::to_string(at.port), tcp::resolver::numeric_service, std::move(take));
  };
  auto& timers = runtime->timers();
  co_await async::wait_until(timers, timers.after(time), std::move(begin));
}

task<std::vector<tcp::endpoint>> find(std::shared_ptr<async::runtime> runtime, node_address at,
                                      std::chrono::milliseconds time, error_code* ec) {
  std::vector<tcp::endpoint> found;
  error_code is_name;
  const auto address = asio::ip::make_address(at.host, is_name);
  if (!is_name) {
    found.emplace_back(address, at.port);
    co_return found;
  }
  const auto out = std::make_shared<resolved>();
  auto asking = ask_for_name(std::move(runtime), std::move(at), time, out);
  co_await std::move(asking);
  const base::lock_guard lock(out->mutex);
  *ec = out->ec;
  found = out->endpoints;
  co_return found;
}

}  // namespace

task<bool> node_link::connect(std::shared_ptr<node_link> self, node_address to, std::shared_ptr<link_result> out) {
  error_code ec;
  auto finding = find(self->runtime_, std::move(to), self->limits_.connect, &ec);
  const std::vector<tcp::endpoint> found = co_await std::move(finding);
  tcp::socket& socket = self->wire_->stream.socket();
  if (!ec && self->cut_) ec = asio::error::operation_aborted;
  if (!ec) {
    self->wire_->stream.expires_after(self->limits_.connect);
    co_await self->wire_->stream.async_connect(found, asio::redirect_error(asio::use_awaitable, ec));
  }
  if (!ec && self->cut_) ec = asio::error::operation_aborted;
  if (ec) {
    out->how = ending::unreachable;
    out->why = ec.message();
    co_return false;
  }
  error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  self->connected_ = true;
  co_return true;
}

task<> node_link::ask(std::shared_ptr<node_link> self, link_request asked, std::shared_ptr<link_result> out) {
  auto& stream = self->wire_->stream;
  error_code ec;
  message sent = message_of(asked);
  const bool may_be_held = asked.head.method() == "GET" && !asked.upgrade;
  asked.body.clear();
  stream.expires_after(self->limits_.answer);
  co_await bhttp::async_write(stream, sent, asio::redirect_error(asio::use_awaitable, ec));
  if (ec) {
    fail(*out, ec, "while the request was sent");
    co_return;
  }
  sent.body() = std::string();
  std::chrono::milliseconds time = self->limits_.answer;
  if (may_be_held) time += self->limits_.held;
  auto reading = read_answer(self, out, time, asked.upgrade);
  co_await std::move(reading);
}

task<> node_link::read_answer(std::shared_ptr<node_link> self, std::shared_ptr<link_result> out,
                              std::chrono::milliseconds time, bool may_switch) {
  auto& stream = self->wire_->stream;
  auto& buffer = self->wire_->buffer;
  answer_parser& parser = self->wire_->parser.emplace();
  parser.header_limit(most_head);
  parser.body_limit(self->limits_.max_body);
  error_code ec;
  stream.expires_after(time);
  co_await bhttp::async_read_header(stream, buffer, parser, asio::redirect_error(asio::use_awaitable, ec));
  if (ec) {
    fail(*out, ec, "before the answer");
    co_return;
  }
  if (parser.get().result_int() == 101) {
    out->why = "it has changed the protocol, and nobody has asked for that";
    if (may_switch) self->switch_protocols(*out);
    co_return;
  }
  counted_bytes counted(self->counts_);
  bool has_room = true;
  if (parser.content_length()) has_room = counted.add(static_cast<std::size_t>(*parser.content_length()));
  if (has_room && !parser.is_done()) {
    stream.expires_after(self->limits_.answer);
    co_await bhttp::async_read(stream, buffer, parser, asio::redirect_error(asio::use_awaitable, ec));
  }
  stream.expires_never();
  if (ec) {
    fail(*out, ec, "in the answer");
    co_return;
  }
  auto& got = parser.get();
  const std::size_t uncounted = got.body().size() - std::min(got.body().size(), counted.bytes());
  if (!has_room || !counted.add(uncounted)) {
    out->how = ending::no_room;
    out->why = "the answers of other servers that wait for their clients have too many bytes";
    co_return;
  }
  response answer(got.result_int());
  const std::string listed(got[bhttp::field::connection]);
  for (const auto& field : got.base()) {
    const auto name = field.name_string();
    const auto value = field.value();
    if (!is_of_connection({name.data(), name.size()}, listed))
      answer.add({name.data(), name.size()}, {value.data(), value.size()});
  }
  if (!got.body().empty()) {
    const std::shared_ptr<const kept_body> kept(new kept_body{std::move(counted), std::move(got.body())});
    answer.body(std::shared_ptr<const std::string>(kept, &kept->bytes));
  }
  out->answer = std::move(answer);
  out->keep = parser.keep_alive() && buffer.size() == 0;
  out->how = ending::answered;
  self->wire_->parser.reset();
}

// The head is for the client as it is, without fields that belong to this connection. The stream leaves Asio.
void node_link::switch_protocols(link_result& out) {
  auto& got = wire_->parser->get();
  std::string head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: ";
  const auto protocol = got[bhttp::field::upgrade];
  head.append(protocol.data(), protocol.size()).append("\r\nConnection: Upgrade\r\n");
  const std::string listed(got[bhttp::field::connection]);
  for (const auto& field : got.base()) {
    const auto name = field.name_string();
    const auto value = field.value();
    if (is_of_connection({name.data(), name.size()}, listed)) continue;
    head.append(name.data(), name.size()).append(": ").append(value.data(), value.size()).append("\r\n");
  }
  head += "\r\n";
  const auto more = wire_->buffer.cdata();
  head.append(static_cast<const char*>(more.data()), more.size());
  wire_->stream.expires_never();
  error_code ec;
  tcp::socket socket = wire_->stream.release_socket();
  const auto peer = socket.remote_endpoint(ec);
  socket.native_non_blocking(true, ec);
  socket.set_option(asio::socket_base::out_of_band_inline(true), ec);  // see listener.cpp
  base::descriptor handle(socket.release(ec));
  if (ec) return fail(out, ec, "behind the change of protocols");
  out.stream = std::make_unique<async::tcp_stream>(runtime_->context(), std::move(handle), peer.address());
  out.head = std::move(head);
  out.how = ending::switched;
}

}  // namespace cosio::inline v0_2::http
