// The floor: PORT, and how it treats broadcasts.

#include <unistd.h>

#include <cstdint>
#include <exception>
#include <iostream>
#include <optional>

#include "command_line/command_line.hpp"
#include "floor.hpp"
#include "tls/certificate.hpp"
#include "tls/context.hpp"

int main(int argc, char** argv) {
  try {
    std::uint16_t port = 0;
    bool gathers = false;
    bool secure = false;
    apps::command_line line("bench_floor", "The least that satisfies the load client: what any server must cost.");
    line.number("PORT", port, "on 127.0.0.1; 0 picks a free one")->capture_default_str();
    line.add_flag("--gather", gathers, "all broadcasts of one read go to a receiver in one send, instead of one each");
    line.add_flag("--tls", secure, "TLS, with a new certificate that nobody has signed");
    if (const auto code = line.read(argc, argv)) return *code;
    std::optional<bench::tls_context> tls;
    if (secure) tls.emplace(bench::make_certificate());
    bench::floor_server server(port, gathers, tls ? &*tls : nullptr);
    std::cout << "ready " << getpid() << " " << server.port() << std::endl;
    server.run();
  } catch (const std::exception& failed) {
    std::cerr << "bench_floor: " << failed.what() << "\n";
    return 1;
  }
}
