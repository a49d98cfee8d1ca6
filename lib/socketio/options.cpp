// Construction and destruction of <cosio/options.hpp>: some fifty members, which users' files need not compile.

#include <cosio/options.hpp>

namespace cosio {

options::options() { path = "/socket.io"; }
options::options(const options& other) = default;
options::options(options&& other) noexcept = default;
options& options::operator=(const options& other) = default;
options& options::operator=(options&& other) noexcept = default;
options::~options() = default;

}  // namespace cosio
