// REST with JSON beside Socket.IO: other programs write notes over HTTP, and pages hear of each at once.
//
//   curl localhost:3000/api/notes --json '{"author": "Ada", "text": "hello"}'

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>
#include <cosio/cosio.hpp>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace http = cosio::http;
namespace json = boost::json;

struct draft {
  std::string author;
  std::string text;
};
BOOST_DESCRIBE_STRUCT(draft, (), (author, text))

struct note {
  int id = 0;
  std::string author;
  std::string text;
};
BOOST_DESCRIBE_STRUCT(note, (), (id, author, text))

namespace {

// Handlers of HTTP and of clients run on several threads. The lock is never held over a co_await.
class notebook {
 public:
  note add(const draft& what) {
    const std::lock_guard lock(mutex_);
    if (notes_.size() == most) notes_.erase(notes_.begin());
    return notes_.emplace_back(note{++last_, what.author, what.text});
  }
  bool remove(int id) {
    const std::lock_guard lock(mutex_);
    return std::erase_if(notes_, [id](const note& one) { return one.id == id; }) == 1;
  }
  std::vector<note> all() const {
    const std::lock_guard lock(mutex_);
    return notes_;
  }

 private:
  static constexpr std::size_t most = 1'000;
  mutable std::mutex mutex_;
  std::vector<note> notes_;
  int last_ = 0;
};

template <class T>
http::response answer(unsigned status, const T& what) {
  return http::response(status, json::serialize(json::value_from(what)), "application/json");
}

http::response problem(unsigned status, const char* text) { return answer(status, json::object{{"error", text}}); }

// Has no text when the body is no draft. An exception that left the handler would be answered with 500.
draft draft_of(const http::request& asked) try {
  const auto body = std::make_shared<const json::value>(json::parse(asked.body()));
  return cosio::json_view(body).as<draft>();
} catch (const std::exception&) {
  return draft();
}

}  // namespace

int main(int argc, char** argv) {
  http::app_options where;
  if (argc > 1) where.port = static_cast<std::uint16_t>(std::stoi(argv[1]));
  http::app web(where);
  const cosio::server io(web);
  notebook book;

  web.get("/api/notes", [&book](http::request) { return answer(200, book.all()); });
  web.post("/api/notes", [&book, &io](http::request asked) -> cosio::task<http::response> {
    const draft made = draft_of(asked);
    if (made.text.empty()) co_return problem(400, "a note has an author and a text");
    const note added = book.add(made);
    co_await io.emit("note", added);
    co_return answer(201, added);
  });
  web.route("DELETE", "/api/notes/:id", [&book, &io](http::request asked) -> cosio::task<http::response> {
    const int id = std::atoi(std::string(asked.param("id")).c_str());  // 0, the id of none, when it is no number
    if (!book.remove(id)) co_return problem(404, "there is no such note");
    co_await io.emit("note removed", id);
    co_return http::response(204);
  });

  io.on_connection([&book](cosio::socket user) { user.on("notes", [&book] { return book.all(); }); });
  io.run_until_signal();
}
