#include "apps/orderflow/access_log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <boost/json/parse.hpp>
#include <csignal>
#include <fstream>
#include <future>
#include <sstream>

#include "support/temporary_folder.h"

namespace orderflow {
namespace {

using namespace std::chrono_literals;

int whole_lines(const std::string& text) {
  std::istringstream in(text);
  int lines = 0;
  for (std::string line; std::getline(in, line); ++lines) {
    boost::system::error_code ec;
    boost::json::parse(line, ec);
    EXPECT_FALSE(ec) << line;
  }
  EXPECT_TRUE(text.empty() || text.ends_with('\n'));
  return lines;
}

/// The log goes to a pipe, which holds 64 KB until read() is called.
class PipedAccessLog : public testing::Test {
 protected:
  PipedAccessLog() {
    const auto path = folder_.path() / "log";
    EXPECT_EQ(::mkfifo(path.c_str(), 0600), 0);
    pipe_ = ::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
    log_ = AccessLog::open(path).value();
  }
  ~PipedAccessLog() override {
    log_.reset();
    ::close(pipe_);
  }

  void write(int lines) {
    for (int i = 0; i < lines; ++i) {
      log_->write({.method = "GET", .route = "/orders/{orderId}", .status = 200});
    }
    log_->flush();
  }
  /// How many lines come out of the pipe until none is left.
  int read() {
    std::string text;
    std::array<char, 4096> piece{};
    for (ssize_t n; (n = ::read(pipe_, piece.data(), piece.size())) > 0; log_->flush()) {
      text.append(piece.data(), static_cast<std::size_t>(n));
    }
    return whole_lines(text);
  }

  TemporaryFolder folder_;
  int pipe_ = -1;
  std::unique_ptr<AccessLog> log_;
};

TEST_F(PipedAccessLog, KeepsLinesForASlowReader) {
  constexpr int kMoreThanAPipeHolds = 2'000;
  auto writing = std::async(std::launch::async, [&] { write(kMoreThanAPipeHolds); });
  EXPECT_EQ(writing.wait_for(10s), std::future_status::ready) << "there is no reader yet";
  EXPECT_EQ(read(), kMoreThanAPipeHolds);
}

TEST_F(PipedAccessLog, DropsWholeLinesWhileTheReaderStopsAndGoesOnAfterwards) {
  constexpr int kMoreThanIsKept = 20'000;
  auto writing = std::async(std::launch::async, [&] { write(kMoreThanIsKept); });
  EXPECT_EQ(writing.wait_for(10s), std::future_status::ready);
  const int lines = read();
  EXPECT_GT(lines, 0);
  EXPECT_LT(lines, kMoreThanIsKept);
  write(1);
  EXPECT_EQ(read(), 1);
}

/// A limit of file sizes, which stops a write in the middle of a line as a full disk does.
TEST(AccessLog, HasWholeLinesOnlyAfterTheDiskWasFull) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "log";
  const auto log = AccessLog::open(path).value();
  const auto write = [&](int lines) {
    for (int i = 0; i < lines; ++i) log->write({.method = "GET", .route = "/", .status = 200});
    log->flush();
  };
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit full{.rlim_cur = 1'000, .rlim_max = before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &full);
  write(20'000);  // more than is kept
  EXPECT_EQ(std::filesystem::file_size(path), 1'000U);
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  write(1);
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  EXPECT_GT(whole_lines(text.str()), 1);
}

}  // namespace
}  // namespace orderflow
