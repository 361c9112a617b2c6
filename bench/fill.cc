// Fills a new data folder with orders that have been shipped, for the service to start on.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <string>

#include "bare_shop.h"

namespace orderflow::bench {
namespace {

/// No client waits for these: groups are large and need not be on disk one by one.
constexpr std::size_t kGroup = 10'000;

void fill(const std::filesystem::path& data, std::size_t orders, const std::string& ids_path) {
  std::filesystem::create_directories(data);
  std::filesystem::permissions(data, std::filesystem::perms::owner_all);
  std::ofstream ids(ids_path);
  BareShop shop(data, sqlite::Durability::Normal);
  Lives lives;
  for (std::size_t done = 0; done < orders;) {
    const auto group = lives.make(std::min(kGroup, orders - done));
    shop.write(group);
    for (const Life& life : group) ids << life.received->id().to_string() << '\n';
    done += group.size();
    if (done % 100'000 == 0) fmt::print(stderr, "  {} stored\n", done);
  }
  fmt::print("{{\"orders\":{}}}\n", orders);
}

int run(int argc, char** argv) {
  std::string data, ids;
  std::size_t orders = 1'000'000;
  CLI::App app("Fills a new data folder with orders that have been shipped.");
  app.add_option("--data", data, "the folder")->required();
  app.add_option("--orders", orders, "how many");
  app.add_option("--ids", ids, "a file for their ids, one a line")->required();
  CLI11_PARSE(app, argc, argv);
  fill(data, orders, ids);
  return 0;
}

}  // namespace
}  // namespace orderflow::bench

int main(int argc, char** argv) {
  try {
    return orderflow::bench::run(argc, argv);
  } catch (const orderflow::sqlite::SqliteError& failure) {
    fmt::print(stderr, "bench_fill: {}\n", failure.error().detail);
  } catch (const std::exception& problem) {
    fmt::print(stderr, "bench_fill: {}\n", problem.what());
  }
  return 1;
}
