// Requests that another HTTP server has read.

#include "http/handed_request.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cosio/error.hpp>

#include <atomic>
#include <utility>

#include "http/file_body.hpp"
#include "http/request_data.hpp"

namespace cosio::inline v0_2::http {
namespace {

namespace asio = boost::asio;

// An exchange without a connection behind it. On its strand, except abort() and drop_body().
class handed_exchange final : public exchange {
 public:
  handed_exchange(async::strand on, const request& asked)
      : strand_(std::move(on)), head_(copy_head(asked)), body_(asked.body()) {}

  const request& head() const noexcept override { return head_; }
  async::strand strand() const override { return strand_; }

  task<result<std::string>> body(std::size_t max_bytes) override { co_return *body_at_hand(max_bytes); }

  std::optional<result<std::string>> body_at_hand(std::size_t max_bytes) override {
    if (body_.size() > max_bytes) return fault{errc::payload_too_large, max_bytes};
    return std::exchange(body_, {});
  }

  void on_abort(std::function<void()>) override {}  // the client's end is a cancellation here
  void abort() override { aborted_ = true; }
  void drop_body() override {}  // the whole body is there
  bool aborted() const noexcept { return aborted_; }
  upgraded_stream take_stream() override {
    throw error(errc::not_supported, "an Upgrade request takes its connection along: give it to serve()");
  }

 private:
  const async::strand strand_;
  const request head_;
  std::string body_;
  std::atomic<bool> aborted_{false};
};

}  // namespace

task<response> answer_handed(std::shared_ptr<connection_context> shared, request asked) {
  const async::strand on = shared->runtime->make_strand();
  auto owner = shared->routes.owner_of(asked.target());
  if (!owner) owner = shared->routes.routes();
  const auto x = std::make_shared<handed_exchange>(on, asked);
  auto work = answer_of(std::move(owner), x);
  response answer = co_await asio::co_spawn(on, std::move(work), asio::use_awaitable);
  if (x->aborted())
    throw error(errc::connection_closed,
                "the session of this request ended it without an answer: close its connection");
  const bool with_body = asked.method() != "HEAD" && answer.file();
  if (with_body) answer.body(answer.file()->text());  // the other server has no use for a file of ours
  answer.file(nullptr);
  co_return answer;
}

std::string bytes_of(const request& asked) {
  std::string bytes;
  bytes.append(asked.method()).append(1, ' ').append(asked.target()).append(" HTTP/1.1\r\n");
  if (!asked.has_header("host")) bytes.append("host: \r\n");  // HTTP/1.1 wants one
  std::string_view fields = asked.data()->fields();
  while (const auto field = next_field(fields)) {
    const auto& [name, value] = *field;
    if (same_name(name, "content-length") || same_name(name, "transfer-encoding") || same_name(name, "expect"))
      continue;
    bytes.append(name).append(": ").append(value).append("\r\n");
  }
  if (!asked.body().empty())
    bytes.append("content-length: ").append(std::to_string(asked.body().size())).append("\r\n");
  return bytes.append("\r\n").append(asked.body());
}

}  // namespace cosio::inline v0_2::http
