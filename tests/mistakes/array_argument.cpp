// expect: cosio: an array of C is no argument: use a std::array or a std::vector

#include <cosio/cosio.hpp>

cosio::task<> tell(cosio::socket user) {
  const int dice[] = {1, 6};
  co_await user.emit("dice", dice);
}
