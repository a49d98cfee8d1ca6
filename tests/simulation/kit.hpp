// The clients, the network and the dice of the test kit (lib/test), under the names that the simulation uses.

#pragma once
#include "test/broken.hpp"
#include "test/client_deflate.hpp"
#include "test/dice.hpp"
#include "test/engine_client.hpp"
#include "test/engine_life.hpp"
#include "test/network.hpp"
#include "test/random_source.hpp"
#include "test/ready_handlers.hpp"
#include "test/sio_packet.hpp"
#include "test/sio_text.hpp"

namespace cosio::simulation {

using test::kit::broken;
using test::kit::client_deflate;
using test::kit::dice;
using test::kit::engine_client;
using test::kit::engine_feature;
using test::kit::engine_listener;
using test::kit::moment;
using test::kit::network;
using test::kit::ready_handlers;
using test::kit::seed_random_source;
using test::kit::sio_packet;
using test::kit::sio_reader;
using test::kit::write_packet;

}  // namespace cosio::simulation
