// The bare minimum: the rows of whole orders into the service's own tables, group after group, each
// group durable, and nothing else. What an order is made of is prepared beforehand and not timed.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <exception>
#include <string>

#include "bare_shop.h"

namespace orderflow::bench {
namespace {

using Seconds = std::chrono::duration<double>;

int run(int argc, char** argv) {
  std::string data;
  double seconds = 5;
  std::size_t group_size = 128;
  CLI::App app("Writes the rows of whole orders as fast as they go to disk.");
  app.add_option("--data", data, "the folder of a shop")->required();
  app.add_option("--seconds", seconds, "how long");
  app.add_option("--group", group_size, "orders that become durable together");
  CLI11_PARSE(app, argc, argv);

  BareShop shop(data, sqlite::Durability::Full);
  Lives lives;
  std::size_t written = 0;
  Seconds busy{};
  while (busy.count() < seconds) {
    const auto group = lives.make(group_size);
    const auto start = std::chrono::steady_clock::now();
    shop.write(group);
    busy += std::chrono::steady_clock::now() - start;
    written += group.size();
  }
  fmt::print("{{\"lives\":{},\"seconds\":{:.3f},\"lives_per_second\":{:.1f}}}\n", written,
             busy.count(), static_cast<double>(written) / busy.count());
  return 0;
}

}  // namespace
}  // namespace orderflow::bench

int main(int argc, char** argv) {
  try {
    return orderflow::bench::run(argc, argv);
  } catch (const orderflow::sqlite::SqliteError& failure) {
    fmt::print(stderr, "bench_baseline: {}\n", failure.error().detail);
  } catch (const std::exception& problem) {
    fmt::print(stderr, "bench_baseline: {}\n", problem.what());
  }
  return 1;
}
