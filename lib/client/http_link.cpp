// HTTP with Beast.

#include "client/http_link.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/system/system_error.hpp>

#include <chrono>

#include "client/failure.hpp"

namespace cosio::inline v0_2::clients {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr std::uint32_t max_answer_head = 16 * 1024;  // as Node's clients
constexpr std::size_t read_at_once = 64 * 1024;
// Servers end connections that were idle, those of Node after 5 s. A request that meets the end would be lost.
constexpr std::chrono::seconds longest_idle{2};

http::request<http::string_body> make_request(const source_terms& terms, std::string target,
                                              std::optional<std::string> body) {
  http::request<http::string_body> out(body ? http::verb::post : http::verb::get, std::move(target), 11);
  out.set(http::field::host, terms.to->server.host_field());
  out.set(http::field::accept, "*/*");
  if (body) {
    out.set(http::field::content_type, "text/plain;charset=UTF-8");
    out.body() = std::move(*body);
    out.prepare_payload();
  }
  for (const auto& [name, value] : terms.fields_now()) out.set(name, value);
  return out;
}

void take_cookies(cookie_jar* jar, const http::fields& of) {
  if (jar == nullptr) return;
  const auto [first, last] = of.equal_range(http::field::set_cookie);
  for (auto at = first; at != last; ++at) jar->take({at->value().data(), at->value().size()});
}

failure explain(const error_code& ec) {
  if (ec == http::error::body_limit)
    return failure(ec, "the server sent more than options.max_message_bytes in one answer");
  if (ec == http::error::header_limit || ec == http::error::buffer_overflow)
    return failure(ec, "the head of the server's answer is too large");
  if (ec.category() == http::make_error_code(http::error::end_of_stream).category() &&
      ec != http::error::end_of_stream && ec != http::error::partial_message)
    return failure(ec, "the server's answer is no HTTP: " + ec.message());
  return failure(ec, "the connection to the server was lost: " + ec.message());
}

}  // namespace

task<http_answer> http_link::ask(std::shared_ptr<http_link> self, std::string target, std::optional<std::string> body) {
  self->check();
  if (!self->is_usable()) {
    co_await connect(self);
    self->check();
  }
  http_answer out = co_await exchange(self, self->stream_, std::move(target), std::move(body));
  co_return out;
}

void http_link::stop() noexcept {
  stopped_ = true;
  if (dialer_) dialer_->cancel();
  if (stream_) stream_->close();
}

task<> http_link::connect(std::shared_ptr<http_link> self) {
  if (self->stream_) self->stream_->close();
  self->stream_ = nullptr;
  self->dialer_ = std::make_shared<dialer>(self->strand_, self->terms_->where, self->terms_->to);
  const auto until = self->terms_->where->timers().after(self->terms_->options.connect_timeout);
  self->stream_ = co_await dialer::run(self->dialer_, until);
  self->dialer_ = nullptr;
}

task<http_answer> http_link::exchange(std::shared_ptr<http_link> self, std::shared_ptr<net_stream> with,
                                      std::string target, std::optional<std::string> body) {
  http::request<http::string_body> request = make_request(*self->terms_, std::move(target), std::move(body));
  error_code ec;
  co_await http::async_write(*with, request, asio::redirect_error(asio::use_awaitable, ec));
  self->check();
  if (ec) throw explain(ec);
  boost::beast::flat_buffer room(max_answer_head + read_at_once);
  http::response_parser<http::string_body> answer;
  answer.header_limit(max_answer_head);
  answer.body_limit(self->terms_->options.max_message_bytes);
  co_await http::async_read(*with, room, answer, asio::redirect_error(asio::use_awaitable, ec));
  self->check();
  if (ec) throw explain(ec);
  const bool is_kept = answer.keep_alive() && room.size() == 0;
  http_answer out;
  out.status = answer.get().result_int();
  const auto type = answer.get()[http::field::content_type];
  out.binary = boost::beast::iequals(type.substr(0, type.find(';')), "application/octet-stream");
  take_cookies(self->terms_->cookies.get(), answer.get());
  out.body = std::move(answer.get().body());
  self->last_used_ = self->terms_->where->timers().now();
  if (!is_kept) {
    with->close();
    self->stream_ = nullptr;
  }
  co_return out;
}

bool http_link::is_usable() const noexcept {
  if (!stream_ || stream_->has_news()) return false;
  return terms_->where->timers().now() - last_used_ <= longest_idle;
}

void http_link::check() const {
  if (stopped_) throw boost::system::system_error(asio::error::operation_aborted);
}

}  // namespace cosio::inline v0_2::clients
