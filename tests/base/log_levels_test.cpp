// The levels of components, and the text that sets them.

#include "base/log_levels.hpp"

#include <string>
#include <vector>

#include "support/catch.hpp"

using namespace cosio;
using base::log_levels;

namespace {

using texts = std::vector<std::string>;

}  // namespace

TEST_CASE("each component has its level, and the lowest of them is known at once", "[base][log_levels]") {
  log_levels levels;
  CHECK(levels.lowest() == log_level::debug);  // nothing was read yet: no line is held back
  levels.set(log_level::warn);
  CHECK(levels.lowest() == log_level::warn);
  CHECK(levels.common() == log_level::warn);
  CHECK(levels.of("engine") == log_level::warn);
  CHECK(levels.set("engine", log_level::debug));
  CHECK(levels.lowest() == log_level::debug);
  CHECK(levels.of("engine") == log_level::debug);
  CHECK(levels.of("http") == log_level::warn);
  CHECK(levels.of("no component") == log_level::warn);
  CHECK(levels.set("engine", log_level::off));
  CHECK(levels.lowest() == log_level::warn);
  CHECK_FALSE(levels.set("engin", log_level::debug));
  CHECK(levels.lowest() == log_level::warn);
  levels.set(log_level::error);  // of all, also of those that had one of their own
  CHECK(levels.of("engine") == log_level::error);
  CHECK(levels.lowest() == log_level::error);
}

TEST_CASE("a text sets the level of all components, and then of single ones", "[base][log_levels]") {
  log_levels levels;
  levels.read("");
  CHECK(levels.common() == log_level::info);
  CHECK(levels.lowest() == log_level::info);
  levels.read("error");
  CHECK(levels.of("socketio") == log_level::error);
  for (const char* text : {"warn,engine=debug,socketio=off", " engine = debug ,, warn, socketio=off,"}) {
    CAPTURE(text);
    levels.read(text);
    CHECK(levels.common() == log_level::warn);
    CHECK(levels.of("http") == log_level::warn);
    CHECK(levels.of("engine") == log_level::debug);
    CHECK(levels.of("socketio") == log_level::off);
    CHECK(levels.lowest() == log_level::debug);
    CHECK(log_levels::mistakes_in(text).empty());
  }
  levels.read("engine=debug");
  CHECK(levels.common() == log_level::info);
  CHECK(levels.of("engine") == log_level::debug);
}

TEST_CASE("a mistake in the text is told with the word that was meant, and the rest of it counts",
          "[base][log_levels]") {
  log_levels levels;
  levels.read("warning,engine=debug,htpp=debug,http=");
  CHECK(levels.common() == log_level::info);
  CHECK(levels.of("engine") == log_level::debug);
  CHECK(levels.of("http") == log_level::info);
  CHECK(log_levels::mistakes_in("warning,engine=debug,htpp=debug") ==
        texts{"there is no level \"warning\"; did you mean \"warn\"?",
              "there is no component \"htpp\"; did you mean \"http\"?"});
  CHECK(log_levels::mistakes_in("engine=debgu") == texts{"there is no level \"debgu\"; did you mean \"debug\"?"});
  CHECK(log_levels::mistakes_in("engine") == texts{"\"engine\" has no level; write engine=debug"});
  CHECK(log_levels::mistakes_in("http=") == texts{"there is no level \"\"; write debug, info, warn, error or off"});
  CHECK(log_levels::mistakes_in("x=debug") ==
        texts{"there is no component \"x\"; there are adapter, application, async, cluster, engine, http, socketio and "
              "tls"});
  CHECK(log_levels::mistakes_in("").empty());
}
