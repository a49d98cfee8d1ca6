// Files in both directions. An upload comes in parts, and each is acknowledged: so the client shows its progress, sends
// as fast as the server writes, and goes on in the middle when its connection was lost. A download goes as fast as its
// client reads, and keeps a megabyte in memory however large the file is.
//
//   example_upload [PORT [FOLDER]]

#include <cosio/cosio.hpp>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>

namespace fs = std::filesystem;

struct description {
  std::string name;
  std::uint64_t size = 0;
};
BOOST_DESCRIBE_STRUCT(description, (), (name, size))

namespace {

constexpr std::uint64_t largest = 1'000'000'000;
constexpr std::streamsize part_size = 64 * 1024;  // below options.max_payload, which is 1 MB

// Files under names of the server's own: the name that a client gives is never a path.
class shelf {
 public:
  explicit shelf(fs::path folder) : folder_(std::move(folder)) { fs::create_directories(folder_); }

  int add(const description& what) {
    if (what.size > largest) throw cosio::refusal("this file is too large", 413);
    const std::lock_guard lock(mutex_);
    files_[++last_] = what;
    std::ofstream(path(last_), std::ios::binary | std::ios::trunc);
    return last_;
  }
  description at(int id) const {
    const std::lock_guard lock(mutex_);
    const auto found = files_.find(id);
    if (found == files_.end()) throw cosio::refusal("there is no such file", 404);
    return found->second;
  }
  // Adds bytes to the end of a file.
  // @return the size that it has now: the place of the next part. A part for another place is left out.
  std::uint64_t write(int id, std::uint64_t place, const cosio::binary& bytes) {
    const std::uint64_t whole = at(id).size;
    const std::lock_guard lock(mutex_);
    const std::uint64_t now = fs::file_size(path(id));
    if (place != now || now + bytes.size() > whole) return now;
    std::ofstream out(path(id), std::ios::binary | std::ios::app);
    out << bytes.view() << std::flush;
    if (!out) throw std::runtime_error("a part of an upload cannot be written");
    return now + bytes.size();
  }
  fs::path path(int id) const { return folder_ / std::to_string(id); }

 private:
  fs::path folder_;
  mutable std::mutex mutex_;
  std::map<int, description> files_;
  int last_ = 0;
};

// emit() waits while a megabyte waits for this client (options.high_water_mark). When it leaves, emit() throws.
cosio::task<std::uint64_t> send(cosio::socket user, fs::path file) {
  std::ifstream in(file, std::ios::binary);
  std::uint64_t sent = 0;
  std::string part(static_cast<std::size_t>(part_size), '\0');
  while (in.read(part.data(), part_size), in.gcount() > 0) {
    const cosio::binary bytes(part.substr(0, static_cast<std::size_t>(in.gcount())));
    const cosio::report told = co_await user.emit("part", sent, bytes);
    if (told.refused > 0) break;  // the client has left
    sent += bytes.size();
  }
  co_return sent;
}

}  // namespace

int main(int argc, char** argv) {
  cosio::options opts;
  if (argc > 1) opts.port = static_cast<std::uint16_t>(std::stoi(argv[1]));
  opts.answer_failed_events = true;
  opts.metrics_path = "/metrics";  // kept_bytes shows what slow clients make the server keep
  shelf files(argc > 2 ? argv[2] : fs::temp_directory_path() / "cosio-uploads");
  cosio::server io(opts);
  io.on_connection([&files](cosio::socket user) {  // a real program asks here who may do it
    user.on("upload", [&files](description what) { return files.add(what); });
    user.on("write", [&files](int id, std::uint64_t at, cosio::binary part) { return files.write(id, at, part); });
    user.on("describe", [&files](int id) { return files.at(id); });
    user.on("download", [&files, user](int id) { return files.at(id), send(user, files.path(id)); });
  });
  io.run_until_signal();
}
