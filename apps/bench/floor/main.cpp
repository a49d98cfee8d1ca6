// The floor: PORT, and how it treats broadcasts.

#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <iostream>
#include <string_view>

#include "floor.hpp"

int main(int argc, char** argv) {
  const bool gathers = argc == 3 && std::string_view(argv[2]) == "--gather";
  if (argc != 2 && !gathers) {
    std::cerr << "usage: bench_floor PORT [--gather]\n";
    return 2;
  }
  try {
    bench::floor_server server(static_cast<std::uint16_t>(std::atoi(argv[1])), gathers);
    std::cout << "ready " << getpid() << " " << server.port() << std::endl;
    server.run();
  } catch (const std::exception& failed) {
    std::cerr << "bench_floor: " << failed.what() << "\n";
    return 1;
  }
}
