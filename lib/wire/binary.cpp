// Bytes of <cosio/binary.hpp> are copied or taken over once, and shared from then on.

#include <cosio/binary.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>

namespace cosio::inline v0_2 {

binary::binary(std::string bytes) : bytes_(std::make_shared<const std::string>(std::move(bytes))) {}
binary::binary(std::span<const std::byte> bytes)
    : binary(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size())) {}

}  // namespace cosio::inline v0_2
