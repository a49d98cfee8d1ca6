// The service behind the path of an HTTP API.
//
//   way in    http/connection -> api_service::answer() -> key_ring -> call -> actions -> the answer

#pragma once
#include <cosio/http_api.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/call.hpp"
#include "api/first_use.hpp"
#include "api/key_ring.hpp"
#include "http/body_room.hpp"
#include "http/service.hpp"
#include "socketio/server_core.hpp"

namespace cosio::inline v0_2::api {

/// @par Threads  As every service: answer() and upgrade() on the strand of a connection, all others on any thread.
class api_service final : public http::service {
 public:
  /// @return Seconds since 1970, for the timestamps of signed requests.
  using wall_clock = std::int64_t (*)();
  static std::int64_t system_seconds();

  /// @param path  Without a slash at its end.
  api_service(const std::shared_ptr<socketio::server_core>& server, std::string path, std::vector<http_api_key> keys,
              http_api_options limits, wall_clock clock = system_seconds);

  bool owns(std::string_view target) const noexcept override;
  bool may_hold(const http::request&) const noexcept override { return false; }
  task<http::response> answer(std::shared_ptr<http::exchange> x) override;
  task<std::optional<http::response>> upgrade(std::shared_ptr<http::exchange> x) override;
  void closing() override {}
  std::string serves() const override { return "the HTTP API at " + path_; }

 private:
  using key_ptr = std::shared_ptr<api_key>;
  using server_ptr = std::shared_ptr<socketio::server_core>;

  // The sender of a request, as far as its head tells: a key, and with a claim the body must prove that.
  struct sender {
    key_ptr key = nullptr;
    std::optional<claim> signed_by = std::nullopt;
  };
  outcome<sender> sender_of(const http::request& head) const;
  outcome<sender> signer_of(std::string_view credentials) const;
  std::optional<refusal> check_proof(const sender& from, const http::request& head, std::string_view body) const;

  task<http::response> handle(key_ptr key, server_ptr server, http::request head, std::string body);
  task<http::response> carry_out(key_ptr key, server_ptr server, http::request head, call what);
  http::response refuse(const http::request& head, const api_key* by, const refusal& why) const;

  const std::weak_ptr<socketio::server_core> server_;
  const std::string path_;
  const http_api_options limits_;
  const wall_clock clock_;
  const key_ring keys_;
  first_use first_use_;
  const std::shared_ptr<http::body_room> unproven_;
};

}  // namespace cosio::inline v0_2::api
