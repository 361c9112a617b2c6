#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <ostream>
#include <string>

namespace orderflow {

/// An adapter for the contract suites to run on: `make` makes a fresh one for each test.
template <typename Harness>
struct Adapter {
  std::string name;
  std::function<std::unique_ptr<Harness>()> make;

  friend void PrintTo(const Adapter& adapter, std::ostream* out) { *out << adapter.name; }
};

/// Names the tests of a contract suite after their adapter.
inline constexpr auto kAdapterName = [](const auto& info) { return info.param.name; };

}  // namespace orderflow
