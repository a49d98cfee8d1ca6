// A client of Socket.IO for the shell.
//
//   cosio connect http://localhost:3000/chat --emit '["say","hello"]' --listen --json
//
// It prints a line for each event that comes and for each acknowledgement; `cosio connect --help` lists the options.

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <csignal>
#include <exception>
#include <iostream>
#include <string_view>
#include <utility>

#include "options.hpp"
#include "session.hpp"

int main(int argc, char** argv) {
  if (argc < 2 || std::string_view(argv[1]) != "connect") {
    std::cerr << "usage: cosio connect URL [OPTIONS]\n`cosio connect --help` lists the options.\n";
    return 2;
  }
  shell::options wanted;
  if (const auto code = shell::read_options(wanted, argc - 1, argv + 1)) return *code;
  try {
    boost::asio::io_context context;
    int code = 1;
    boost::asio::signal_set stop(context, SIGINT, SIGTERM);
    stop.async_wait([&](const boost::system::error_code& failed, int) {
      if (failed) return;
      code = 0;
      context.stop();
    });
    auto work = shell::run(context.get_executor(), std::move(wanted));
    boost::asio::co_spawn(context, std::move(work), [&](std::exception_ptr failed, int ended) {
      stop.cancel();
      if (failed) std::rethrow_exception(failed);
      code = ended;
    });
    context.run();
    return code;
  } catch (const std::exception& failed) {
    std::cerr << "cosio connect: " << failed.what() << '\n';
    return 1;
  }
}
