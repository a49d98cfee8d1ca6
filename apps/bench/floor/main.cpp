// The floor: PORT, and how it treats broadcasts.

#include <unistd.h>

#include <cstdint>
#include <exception>
#include <iostream>

#include "command_line/command_line.hpp"
#include "floor.hpp"

int main(int argc, char** argv) {
  try {
    std::uint16_t port = 0;
    bool gathers = false;
    apps::command_line line("bench_floor", "The least that satisfies the load client: what any server must cost.");
    line.number("PORT", port, "on 127.0.0.1; 0 picks a free one")->capture_default_str();
    line.add_flag("--gather", gathers, "all broadcasts of one read go to a receiver in one send, instead of one each");
    if (const auto code = line.read(argc, argv)) return *code;
    bench::floor_server server(port, gathers);
    std::cout << "ready " << getpid() << " " << server.port() << std::endl;
    server.run();
  } catch (const std::exception& failed) {
    std::cerr << "bench_floor: " << failed.what() << "\n";
    return 1;
  }
}
