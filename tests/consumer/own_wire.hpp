// The example of docs/cluster.md: a wire of an application's own. Its broker is an object in this process.

#pragma once
#include <cosio/cluster.hpp>
#include <cosio/cosio.hpp>

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

// The broker: it gives each message to all servers that listen to its namespace, one message after the other.
class post_office {
 public:
  void open(const std::string& nsp, const std::string& uid, std::shared_ptr<cosio::cluster_receiver> to) {
    const std::lock_guard lock(mutex_);
    boxes_[nsp].insert_or_assign(uid, std::move(to));
  }

  void close(const std::string& nsp, const std::string& uid) {
    const std::lock_guard lock(mutex_);
    boxes_[nsp].erase(uid);
  }

  std::size_t count(const std::string& nsp) {
    const std::lock_guard lock(mutex_);
    return boxes_[nsp].size();
  }

  void deliver(cosio::cluster_message message) {
    std::unique_lock lock(mutex_);
    waiting_.push_back(std::move(message));
    if (std::exchange(delivering_, true)) return;  // another thread, or a call further up, takes it along
    while (!waiting_.empty()) {
      const std::vector<cosio::cluster_message> taken = std::exchange(waiting_, {});
      for (const cosio::cluster_message& next : taken) {
        const auto boxes = boxes_[next.nsp];
        lock.unlock();  // a receiver may answer at once
        for (const auto& box : boxes) box.second->received(next, "");
        lock.lock();
      }
    }
    delivering_ = false;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::map<std::string, std::shared_ptr<cosio::cluster_receiver>>> boxes_;
  std::vector<cosio::cluster_message> waiting_;
  bool delivering_ = false;
};

// The wire: one for each server.
class office_wire : public cosio::cluster_wire {
 public:
  explicit office_wire(std::shared_ptr<post_office> office) : office_(std::move(office)) {}

  cosio::task<> listen(std::string nsp, std::string uid, std::shared_ptr<cosio::cluster_receiver> to) override {
    office_->open(nsp, uid, std::move(to));
    co_return;
  }

  cosio::task<> stop(std::string nsp, std::string uid) override {
    office_->close(nsp, uid);
    co_return;
  }

  cosio::task<cosio::publication> publish(cosio::cluster_message message) override {
    office_->deliver(std::move(message));
    co_return cosio::publication::taken();
  }

  bool counts_servers() const noexcept override { return true; }
  cosio::task<std::optional<std::size_t>> server_count(std::string nsp, std::chrono::milliseconds) override {
    co_return office_->count(nsp);
  }

  cosio::wire_counts counts() const override {
    cosio::wire_counts out;
    out.connected = true;  // a wire to a broker says here whether that can be reached
    return out;
  }

 private:
  const std::shared_ptr<post_office> office_;
};

inline cosio::options with_own_wire(std::shared_ptr<post_office> office) {
  cosio::options opts;
  opts.adapter =
      cosio::cluster_adapter([office](cosio::adapter_host&) { return std::make_shared<office_wire>(office); });
  return opts;
}
