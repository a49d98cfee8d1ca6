// An application that makes a packet of its own, in three ways; packet_errors.sh checks that none of them compiles.

#include <cosio/adapter.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

class forged : public cosio::outgoing_packet {
 public:
#if BAD == 1
  forged() = default;
  void copy() { forged another; }
#elif BAD == 2
  explicit forged(const cosio::outgoing_packet& real) : cosio::outgoing_packet(real) {}
#elif BAD == 3
  forged() : cosio::outgoing_packet(cosio::adapters::packet_key()) {}
#else
  explicit forged(const cosio::adapters::packet_key& of_the_library) : cosio::outgoing_packet(of_the_library) {}
#endif
  std::string_view nsp() const noexcept override { return "/"; }
  std::string_view event() const noexcept override { return "forged"; }
  const cosio::event_data& data() const noexcept override { return data_; }
  std::optional<std::uint64_t> ack_id() const noexcept override { return std::nullopt; }
  std::shared_ptr<const cosio::outgoing_packet> with_offset(std::string_view) const override { return nullptr; }

 private:
  cosio::event_data data_;
};
