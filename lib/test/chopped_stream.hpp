// The server's end of a connection in memory that gives and takes bytes in pieces of any size, as the dice say: a read
// may end inside a frame, a write may be short, and a connection that can be read may have nothing after all.

#pragma once
#include <cstddef>
#include <memory>
#include <utility>

#include "async/memory_stream.hpp"
#include "test/dice.hpp"

namespace cosio::test::inline v0_2::kit {

class chopped_stream final : public async::stream {
 public:
  /// @param alive  Counts the streams that there are. Some end with the io_context, after the network.
  chopped_stream(std::unique_ptr<async::memory_stream> below, dice& chance, std::shared_ptr<std::size_t> alive)
      : below_(std::move(below)), dice_(chance), alive_(std::move(alive)) {
    ++*alive_;
  }
  chopped_stream(const chopped_stream&) = delete;
  chopped_stream& operator=(const chopped_stream&) = delete;
  ~chopped_stream() override { --*alive_; }

  std::size_t read_some(std::span<char> room, boost::system::error_code& ec) noexcept override;
  std::size_t write_some(std::span<const iovec> pieces, boost::system::error_code& ec) noexcept override;
  void wait_readable(const async::strand& on, std::shared_ptr<async::stream_listener> listener) override {
    below_->wait_readable(on, std::move(listener));
  }
  void wait_writable(const async::strand& on, std::shared_ptr<async::stream_listener> listener) override {
    below_->wait_writable(on, std::move(listener));
  }
  void wait_end(const async::strand& on, std::shared_ptr<async::stream_listener> listener) override {
    below_->wait_end(on, std::move(listener));
  }
  void shutdown_send() noexcept override { below_->shutdown_send(); }
  void close() noexcept override { below_->close(); }
  std::string remote_address() const override { return below_->remote_address(); }
  bool secure() const noexcept override { return below_->secure(); }

 private:
  const std::unique_ptr<async::memory_stream> below_;
  dice& dice_;
  const std::shared_ptr<std::size_t> alive_;
};

}  // namespace cosio::test::inline v0_2::kit
