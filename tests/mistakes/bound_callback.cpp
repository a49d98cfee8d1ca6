// expect: cosio: an async_ function begins with a completion token; as one, a callback takes the exception and the result

#include <boost/asio/bind_executor.hpp>
#include <cosio/cosio.hpp>

void tell(const cosio::nsp& where, const boost::asio::any_io_executor& mine) {
  where.async_emit(boost::asio::bind_executor(mine, [](cosio::report) {}), "news", 1);
}
