#include "hosts/disk/disk_runs.h"

#include <gtest/gtest.h>

#include <sstream>

namespace orderflow::simulator {
namespace {

/// An eighth of the steps; `orderflow simulate --disk` does them all. With synchronous=OFF or
/// NORMAL in adapters/sqlite/connection.cc this fails in every scenario.
TEST(DiskRuns, WhateverTheDiskDoesNoAnswerAndNoMoneyIsLost) {
  std::ostringstream out;
  EXPECT_EQ(run_disk({.every = 8}, out), 0) << out.str();
}

TEST(DiskRuns, ReplaysOneRun) {
  std::ostringstream out;
  EXPECT_EQ(run_disk({.scenario = "ships", .step = 7, .trouble = "kill"}, out), 0);
  EXPECT_NE(out.str().find("2 runs"), std::string::npos) << out.str();
}

TEST(DiskRuns, SaysWhatThereIsWhereTheNameIsUnknown) {
  std::ostringstream out;
  EXPECT_EQ(run_disk({.trouble = "fire"}, out), 2);
  EXPECT_NE(out.str().find("cut-torn"), std::string::npos) << out.str();
}

}  // namespace
}  // namespace orderflow::simulator
