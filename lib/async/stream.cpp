// Waiting on a stream, from a coroutine and for two listeners.

#include "async/stream.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

#include "base/logger.hpp"

namespace cosio::inline v0_2::async {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using awaitable_handler = asio::async_result<asio::use_awaitable_t<>, void(error_code)>::handler_type;

// A stream listener that resumes one coroutine. The wait ends on the coroutine's own strand: so the
// coroutine may go on in place.
class resumer final : public stream_listener {
 public:
  explicit resumer(awaitable_handler handler) : handler_(std::move(handler)) {}
  void on_readable(error_code ec) override { resume(ec); }
  void on_writable(error_code ec) override { resume(ec); }

 private:
  void resume(error_code ec) {
    auto handler = std::move(handler_);
    // The wait's error is a result for the caller: it does not become an exception.
    std::move(handler)(ec);
  }
  awaitable_handler handler_;
};

// Two listeners that wait in one place.
class both final : public stream_listener {
 public:
  both(std::shared_ptr<stream_listener> first, std::shared_ptr<stream_listener> second) noexcept
      : first_(std::move(first)), second_(std::move(second)) {}
  void on_readable(error_code ec) override {
    base::guarded("async", [&] { first_->on_readable(ec); });
    second_->on_readable(ec);
  }
  void on_writable(error_code ec) override {
    base::guarded("async", [&] { first_->on_writable(ec); });
    second_->on_writable(ec);
  }

 private:
  const std::shared_ptr<stream_listener> first_;
  const std::shared_ptr<stream_listener> second_;
};

using wait_function = void (stream::*)(const strand&, std::shared_ptr<stream_listener>);

template <wait_function Begin>
// NOLINTNEXTLINE(cppcoreguidelines-avoid-reference-coroutine-parameters): the stream outlives the wait
task<error_code> wait(stream& at, strand on) {
  auto begin = [&at, &on](awaitable_handler handler) {
    (at.*Begin)(on, std::make_shared<resumer>(std::move(handler)));
  };
  error_code ec;
  try {
    co_await asio::async_initiate<const asio::use_awaitable_t<>, void(error_code)>(std::move(begin),
                                                                                   asio::use_awaitable);
  } catch (const boost::system::system_error& e) {
    ec = e.code();
  }
  co_return ec;
}

}  // namespace

std::size_t stream::send_file(int, std::uint64_t, std::size_t, error_code& ec) noexcept {
  ec = asio::error::operation_not_supported;
  return 0;
}

std::shared_ptr<stream_listener> joined(std::shared_ptr<stream_listener> waiting,
                                        std::shared_ptr<stream_listener> next) {
  if (!waiting || waiting == next) return next;
  return std::make_shared<both>(std::move(waiting), std::move(next));
}

task<error_code> readable(stream& from, strand on) { return wait<&stream::wait_readable>(from, std::move(on)); }
task<error_code> writable(stream& to, strand on) { return wait<&stream::wait_writable>(to, std::move(on)); }

// NOLINTNEXTLINE(cppcoreguidelines-avoid-reference-coroutine-parameters): the stream outlives the wait
task<error_code> write_all(stream& to, strand on, std::string bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    error_code ec;
    const iovec piece{bytes.data() + done, bytes.size() - done};
    const std::size_t n = to.write_some({&piece, 1}, ec);
    done += n;
    if (ec == asio::error::would_block) {
      const error_code waited = co_await writable(to, on);
      if (waited) co_return waited;
    } else if (ec) {
      co_return ec;
    }
  }
  co_return error_code{};
}

}  // namespace cosio::inline v0_2::async
