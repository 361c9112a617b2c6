#include "apps/orderflow/access_log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <boost/json/parse.hpp>
#include <fstream>
#include <future>
#include <sstream>

#include "support/temporary_folder.h"

namespace orderflow {
namespace {

using namespace std::chrono_literals;

/// A pipe with a name, held open for reading; what is in it is read when read() is called.
class Pipe {
 public:
  explicit Pipe(const std::filesystem::path& path) {
    EXPECT_EQ(::mkfifo(path.c_str(), 0600), 0);
    fd_ = ::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
  }
  ~Pipe() { ::close(fd_); }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  [[nodiscard]] std::string read() const {
    std::string all;
    std::array<char, 4096> piece{};
    for (ssize_t n; (n = ::read(fd_, piece.data(), piece.size())) > 0;) {
      all.append(piece.data(), static_cast<std::size_t>(n));
    }
    return all;
  }

 private:
  int fd_ = -1;
};

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

class PipedAccessLog : public testing::Test {
 protected:
  void write(int lines) {
    for (int i = 0; i < lines; ++i) {
      log_->write({.method = "GET", .route = "/orders/{orderId}", .status = 200});
    }
    log_->flush();
  }
  /// How many lines come out of the pipe until none is left.
  int read() {
    std::string text;
    for (std::string piece; !(piece = pipe_.read()).empty(); log_->flush()) text += piece;
    return whole_lines(text);
  }

  TemporaryFolder folder_;
  Pipe pipe_{folder_.path() / "log"};
  std::unique_ptr<AccessLog> log_ = AccessLog::open(folder_.path() / "log").value();
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

TEST(AccessLog, WritesEveryLineToAFile) {
  constexpr int kLines = 5'000;
  const TemporaryFolder folder;
  {
    auto log = AccessLog::open(folder.path() / "log").value();
    for (int i = 0; i < kLines; ++i) log->write({.method = "GET", .route = "/healthz"});
  }
  std::ostringstream text;
  text << std::ifstream(folder.path() / "log").rdbuf();
  EXPECT_EQ(whole_lines(text.str()), kLines);
}

}  // namespace
}  // namespace orderflow
