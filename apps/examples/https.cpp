// HTTPS and WSS, and a new certificate without a restart: `kill -HUP` reads the files again, as certbot's deploy hook
// does it. Open connections go on with the certificate that they have.
//
//   example_https PORT CERTIFICATE KEY     files (PEM); behind the certificate come those that lead to the root

#include <boost/asio/signal_set.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cosio/cosio.hpp>
#include <csignal>
#include <cstdint>
#include <exception>
#include <iostream>
#include <string>

namespace {

// The job holds the server as a pointer: a handle would keep the server alive.
cosio::task<> reload_on_hangup(const cosio::server* io) {
  const auto executor = co_await boost::asio::this_coro::executor;
  boost::asio::signal_set hangup(executor, SIGHUP);
  for (;;) {
    co_await hangup.async_wait(boost::asio::use_awaitable);
    try {
      io->reload_certificates();
      std::cout << "the certificate was read again" << std::endl;
    } catch (const std::exception& failed) {
      std::cout << "the certificate stays as it was: " << failed.what() << std::endl;
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: example_https PORT CERTIFICATE KEY\n";
    return 2;
  }
  cosio::options opts;
  opts.port = static_cast<std::uint16_t>(std::stoi(argv[1]));
  opts.tls.emplace();
  opts.tls->certificate_file = argv[2];
  opts.tls->key_file = argv[3];

  cosio::server io(opts);
  io.on_connection([](cosio::socket user) { user.on("is it secret?", [user] { return user.handshake().secure(); }); });
  io.spawn(reload_on_hangup(&io));
  io.run_until_signal();
}
