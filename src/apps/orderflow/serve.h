#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/time.h"
#include "functions/services.h"

namespace orderflow {

/// Where the shop lives (home.h).
enum class StoreKind {
  Sqlite,  ///< in the folder `data`, its queues in this process
  Aws,     ///< in DynamoDB and SQS, which the environment names (adapters/aws_home/aws_resources.h)
};

struct ServeOptions {
  StoreKind store = StoreKind::Sqlite;
  std::filesystem::path data = "data";
  std::string address = "127.0.0.1";
  std::uint16_t port = 8080;  ///< 0: a free one, which is printed on stdout
  UnknownSku unknown_sku = UnknownSku::MakeToOrder;
  Duration payment_latency{};
  Duration carrier_latency{};
  std::vector<std::string> cors_origins;
  std::vector<std::string> hosts;      ///< beside loopback and `address`: see api/host_names.h
  std::size_t recent_orders_mib = 64;  ///< for orders that are kept in memory beside the database
  std::size_t in_flight_mib = 128;     ///< for large requests and answers that are on their way
  std::string access_log;              ///< a file, "-" for stdout, empty for none
  LogLevel log_level = LogLevel::Info;
};

/// Runs the service until SIGTERM or SIGINT (or SIGQUIT, SIGUSR1, SIGUSR2; or SIGHUP without an
/// access log to reopen) and returns 0. If it cannot start (the data folder is
/// in use, a variable is missing, the port is taken), prints the reason on stderr and returns 2.
int serve(const ServeOptions& options);

}  // namespace orderflow
