#include "tools/transfer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>

#include "tools/importer.h"
#include "tools/progress.h"
#include "tools/shop_snapshot.h"
#include "tools/transfer_lines.h"

namespace orderflow {
namespace {

constexpr std::size_t kFlushBytes = 64 * 1024;

/// Lines on their way out.
class Exporter {
 public:
  Exporter(ShopSnapshot& snapshot, std::ostream& out) : snapshot_(snapshot), out_(out) {}

  Result<TransferSummary> run() {
    put(HeaderLine{});
    put_products();
    put_stock_ledger();
    if (auto done = put_orders(); !done) return std::unexpected(std::move(done.error()));
    if (snapshot_.books() != nullptr) {
      if (auto done = put_books(*snapshot_.books()); !done) {
        return std::unexpected(std::move(done.error()));
      }
    }
    put(EndLine{lines_});
    out_ << text_ << std::flush;
    if (!out_) return failure(ErrorCode::StorageFull, "the output can not be written");
    return summary_;
  }

 private:
  void put(const TransferLine& line) {
    append_line(text_, line);
    ++lines_;
    if (text_.size() < kFlushBytes) return;
    out_ << text_;
    text_.clear();
  }

  void put_products() {
    sqlite::ProductRows rows(snapshot_.shop());
    constexpr std::int64_t kPage = 1'000;
    for (std::string after;;) {
      const auto page = rows.list(after, kPage);
      for (const Product& product : page) put(product);
      summary_.products += std::ssize(page);
      if (std::ssize(page) < kPage) return;
      after = page.back().sku;
    }
  }

  void put_stock_ledger() {
    auto rows =
        snapshot_.shop().prepare("SELECT sku, at, quantity, reason FROM stock_ledger ORDER BY id");
    while (rows.step()) {
      put(StockEntryLine{.sku = std::string(rows.text(0)),
                         .at = Timestamp(Duration(rows.integer(1))),
                         .quantity = rows.integer(2),
                         .reason = std::string(rows.text(3))});
    }
  }

  Result<void> put_orders() {
    Progress progress("export", "orders");
    OrderScan scan(snapshot_.shop());
    auto keys =
        snapshot_.shop().prepare("SELECT seq, key, fingerprint FROM idempotency ORDER BY seq");
    bool has_key = keys.step();
    while (auto row = scan.next()) {
      if (!row->order) return std::unexpected(std::move(row->order.error()));
      OrderLine line{.order = std::move(*row->order)};
      while (has_key && keys.integer(0) < row->seq) has_key = keys.step();
      if (has_key && keys.integer(0) == row->seq) {
        line.idempotency = {bytes16(keys.blob(1)), bytes16(keys.blob(2))};
      }
      put(line);
      ++summary_.orders;
      progress.step();
      if (!out_) return failure(ErrorCode::StorageFull, "the output can not be written");
    }
    return {};
  }

  Result<void> put_books(sqlite::SqliteConnection& books) {
    sandbox::BookScan scan(books);
    while (true) {
      auto payment = scan.next_payment();
      if (!payment) return std::unexpected(std::move(payment.error()));
      if (!*payment) break;
      put(std::move(**payment));
      ++summary_.effects;
    }
    while (true) {
      auto shipment = scan.next_shipment();
      if (!shipment) return std::unexpected(std::move(shipment.error()));
      if (!*shipment) return {};
      put(**shipment);
      ++summary_.effects;
    }
  }

  static std::array<std::uint8_t, 16> bytes16(std::span<const std::uint8_t> column) {
    return order_id_of(column).bytes();
  }

  ShopSnapshot& snapshot_;
  std::ostream& out_;
  std::string text_;
  std::int64_t lines_ = 0;
  TransferSummary summary_;
};

/// A file that has its name only once it is whole.
class PrivateFile {
 public:
  explicit PrivateFile(std::filesystem::path file)
      : file_(std::move(file)), temporary_(file_.string() + ".part") {}
  ~PrivateFile() {
    std::error_code ignored;
    if (!kept_) std::filesystem::remove(temporary_, ignored);
  }
  PrivateFile(const PrivateFile&) = delete;
  PrivateFile& operator=(const PrivateFile&) = delete;

  Result<std::ofstream> open() {
    std::error_code ignored;
    std::filesystem::remove(temporary_, ignored);
    const int fd = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return unwritable();
    ::close(fd);
    return std::ofstream(temporary_, std::ios::binary);
  }

  Result<void> keep() {
    const int fd = ::open(temporary_.c_str(), O_WRONLY | O_CLOEXEC);
    const bool synced = fd >= 0 && ::fsync(fd) == 0;
    if (fd >= 0) ::close(fd);
    if (!synced || ::rename(temporary_.c_str(), file_.c_str()) != 0) return unwritable();
    kept_ = true;
    return {};
  }

 private:
  std::unexpected<Error> unwritable() {
    return failure(ErrorCode::Unavailable,
                   fmt::format("{} can not be written: {}", file_.string(), std::strerror(errno)));
  }

  std::filesystem::path file_;
  std::filesystem::path temporary_;
  bool kept_ = false;
};

Result<TransferSummary> export_to_file(const std::filesystem::path& data,
                                       const std::filesystem::path& output) {
  PrivateFile file(output);
  auto stream = file.open();
  if (!stream) return std::unexpected(std::move(stream.error()));
  auto summary = export_shop(data, *stream);
  if (!summary) return summary;
  stream->close();
  if (auto kept = file.keep(); !kept) return std::unexpected(std::move(kept.error()));
  return summary;
}

int tell(std::string_view command, const Result<TransferSummary>& summary) {
  if (!summary) {
    fmt::print(stderr, "{}: {}\n", command, summary.error().detail);
    return 1;
  }
  fmt::print(stderr, "{}: {} products, {} orders", command, grouped(summary->products),
             grouped(summary->orders));
  if (summary->effects > 0) {
    fmt::print(stderr, ", {} payments and shipments of the simulated provider and carrier",
               grouped(summary->effects));
  }
  fmt::print(stderr, "\n");
  return 0;
}

}  // namespace

Result<TransferSummary> export_shop(const std::filesystem::path& data, std::ostream& out) {
  auto snapshot = ShopSnapshot::open(data);
  if (!snapshot) return std::unexpected(std::move(snapshot.error()));
  try {
    return Exporter(*snapshot, out).run();
  } catch (const sqlite::SqliteError& failure) {
    return std::unexpected(failure.error());
  }
}

Result<TransferSummary> import_shop(const std::filesystem::path& data, std::istream& in) {
  std::error_code error;
  std::filesystem::create_directories(data, error);
  if (error) return failure(ErrorCode::Unavailable, data.string() + ": " + error.message());
  try {
    return Importer(data).run(in);
  } catch (const sqlite::SqliteError& failure) {
    return std::unexpected(failure.error());
  }
}

int run_export(const std::filesystem::path& data, const std::string& output) {
  return tell("export",
              output == "-" ? export_shop(data, std::cout) : export_to_file(data, output));
}

int run_import(const std::filesystem::path& data, const std::string& input) {
  if (input == "-") return tell("import", import_shop(data, std::cin));
  std::ifstream file(input, std::ios::binary);
  if (!file) {
    fmt::print(stderr, "import: {} can not be read: {}\n", input, std::strerror(errno));
    return 1;
  }
  return tell("import", import_shop(data, file));
}

}  // namespace orderflow
