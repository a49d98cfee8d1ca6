// The concrete executor types of the library: one io_context, a strand per client.

#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>

namespace cosio::async {

using executor = boost::asio::io_context::executor_type;
using strand = boost::asio::strand<executor>;

}  // namespace cosio::async
