// A TLS stream without memory for the records that must wait: the connection ends, and its peer reads nothing wrong.

#include <boost/asio/error.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "async/memory_stream.hpp"
#include "http/tls.hpp"
#include "memory/refuse_allocation.hpp"
#include "support/catch.hpp"
#include "support/certificate_files.hpp"
#include "support/tls_client.hpp"

using namespace cosio;
using namespace cosio::test;
using boost::system::error_code;

namespace {

// A server's stream with room for a thousand bytes, and its client behind the handshake.
class narrow_connection {
 public:
  explicit narrow_connection(const http::certificates& of) : pair_(1'000), stream_(of.secure(std::move(pair_.near))) {
    std::string room(2'000, '\0');
    while (!client_.ready()) {
      client_.shake();
      for (std::string records = client_.take_output(); !records.empty();) {
        const iovec piece{records.data(), records.size()};
        error_code ec;
        records.erase(0, pair_.far->write_some({&piece, 1}, ec));
        stream_->read_some(room, ec);
        receive();
      }
      error_code ec;
      stream_->read_some(room, ec);
      receive();
    }
  }

  error_code write(std::string_view text) {
    const iovec piece{const_cast<char*>(text.data()), text.size()};
    error_code ec;
    stream_->write_some({&piece, 1}, ec);
    return ec;
  }

  void receive() {
    std::string room(2'000, '\0');
    error_code ec;
    while (const std::size_t n = pair_.far->read_some(room, ec)) client_.receive({room.data(), n});
  }

  // @return what the client reads until the server's end.
  std::string rest() {
    receive();
    stream_->close();
    receive();
    return client_.read();
  }
  const tls_peer& client() const noexcept { return client_; }

 private:
  tls_peer client_;
  async::memory_streams pair_;
  std::unique_ptr<async::stream> stream_;
};

}  // namespace

TEST_CASE("without memory for records that wait, a TLS connection is over", "[memory]") {
  const certificate_files own("localhost");
  const http::certificates certificates({.certificate_file = own.certificate(), .key_file = own.key()});
  const std::string text(5'000, 'x');
  std::size_t lost = 0;
  std::size_t number = 0;
  std::string read;
  std::string failure;
  std::thread([&] {
    narrow_connection(certificates).write(text);  // the memory that the thread makes records in is there from now on
    starve_this_thread(memory_of::the_program);
    for (bool refused = true; refused && number < 20;) {
      narrow_connection c(certificates);
      refuse_allocation(++number);
      const error_code first = c.write(text);
      refused = was_refused();
      refuse_allocation(0);
      if (first && first != boost::asio::error::would_block) {
        if (first == boost::asio::error::no_memory) ++lost;
        // Once without a record, for ever: the next ones would not be understood.
        c.receive();
        if (c.write("more") != first) failure += "a write behind lost records; ";
      }
      read += c.rest();
      failure += c.client().failure();
    }
  }).join();
  CHECK(number < 20);
  CHECK(lost > 0);
  CHECK(read.empty());
  CHECK(failure.empty());
}
