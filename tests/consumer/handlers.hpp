// The examples of docs/handlers.md, on one server.

#pragma once
#include <cosio/server.hpp>

void register_handlers(cosio::server& io);
