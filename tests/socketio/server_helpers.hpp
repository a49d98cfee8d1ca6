// What the tests of server_*_test.cpp share.

#pragma once
#include <cosio/cosio.hpp>
#include <cosio/server.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/http_client.hpp"
#include "support/pause.hpp"
#include "support/sio_client.hpp"
#include "support/sio_server.hpp"

namespace cosio::test {

inline sio_settings generation2() {
  sio_settings settings;
  settings.eio = 3;
  return settings;
}

}  // namespace cosio::test
