#include "tools/export_shop.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <set>

#include "tools/export_line.h"
#include "tools/order_stock.h"
#include "tools/progress.h"

namespace orderflow {
namespace {

constexpr std::size_t kFlushBytes = 64 * 1024;

/// The reason of the entry that takes the stock of orders that were left out off the ledger.
constexpr const char* kLeftOut = "held or shipped by orders that could not be exported";

class Exporter {
 public:
  Exporter(ShopArchive& shop, std::ostream& out) : shop_(shop), out_(out) {}

  Result<TransferSummary> run() {
    const auto effects = shop_.count_effects();
    if (!effects) return std::unexpected(effects.error());
    auto written = put(HeaderLine{.sandbox = effects->has_value()});
    if (written) written = put_orders();
    if (written) written = name_remains();
    if (written) written = put_products();
    if (written) written = put_ledger();
    if (written) written = put(EndLine{lines_});
    if (written) written = flush();
    if (!written) return std::unexpected(std::move(written.error()));
    return summary_;
  }

 private:
  Result<void> put(const ExportLine& line) {
    append_line(text_, line);
    ++lines_;
    return text_.size() < kFlushBytes ? Result<void>() : flush();
  }

  Result<void> flush() {
    errno = 0;
    out_ << text_ << std::flush;
    text_.clear();
    if (out_) return {};
    const int reason = errno;
    return failure(ErrorCode::StorageFull,
                   fmt::format("the output cannot be written{}{}", reason != 0 ? ": " : "",
                               reason != 0 ? std::strerror(reason) : ""));
  }

  void leave_out(const std::string& what) {
    ++summary_.left_out;
    fmt::print(stderr, "export: left out: {}\n", what);
  }

  Result<void> put_orders() {
    Progress progress("export", "orders");
    return shop_.each_order(Along::KeyAndBooks, [&](ArchivedOrder row) -> Result<void> {
      progress.step();
      if (!row.order) {
        ++orders_left_out_;
        leave_out(fmt::format("order {}: {}", row.id.to_string(), row.order.error().detail));
        return {};
      }
      ++summary_.orders;
      add_order_stock(stock_, row.order->state);
      auto written = put(OrderLine{std::move(*row.order), row.idempotency});
      if (written && row.books) written = put_books(row.id, *row.books);
      return written;
    });
  }

  Result<void> put_books(const OrderId& order, const OrderBooks& books) {
    Result<void> written;
    if (!books.payment) {
      leave_out(fmt::format("the payment of order {}: {}", order.to_string(),
                            books.payment.error().detail));
    } else if (*books.payment) {
      ++summary_.effects;
      written = put(PaymentLine{order, **books.payment});
    }
    if (!written || !books.shipped_attempt) return written;
    ++summary_.effects;
    return put(ArchivedShipment{order, *books.shipped_attempt});
  }

  /// What is left of orders that the scan could not visit, and effects of orders that are gone.
  Result<void> name_remains() {
    auto named = shop_.check_remains([this](const std::string& what) {
      ++orders_left_out_;
      leave_out(what);
    });
    if (!named) return named;
    const auto effects = shop_.count_effects();
    if (!effects) return std::unexpected(effects.error());
    const std::int64_t more = effects->value_or(0) - summary_.effects;
    if (more > 0 && summary_.left_out == 0) {
      leave_out(fmt::format("{} payments and shipments that belong to no order here", more));
    }
    return {};
  }

  Result<void> put_products() {
    return shop_.each_product([this](ArchivedProduct row) -> Result<void> {
      if (!row.product) {
        unreadable_.insert(row.sku);
        leave_out(row.product.error().detail);
        return {};
      }
      ++summary_.products;
      if (orders_left_out_ > 0) write_off(*row.product);
      return put(std::move(*row.product));
    });
  }

  /// Orders that were left out hold stock, or have shipped some. The export is that of a shop that
  /// never had them: their stock is written off, and the rest adds up.
  void write_off(Product& product) {
    const OrderStock& ours = stock_[product.sku];
    Stock& stock = product.stock;
    const std::int64_t lost = stock.reserved + stock.shipped - ours.reserved - ours.shipped;
    if (lost <= 0) return;
    stock.reserved = ours.reserved;
    stock.shipped = ours.shipped;
    stock.received -= lost;
    written_off_[product.sku] = lost;
  }

  Result<void> put_ledger() {
    Timestamp last{};
    auto written = shop_.each_stock_entry([&](StockEntry entry) -> Result<void> {
      last = std::max(last, entry.at);
      if (unreadable_.contains(entry.sku)) return {};
      return put(std::move(entry));
    });
    for (const auto& [sku, lost] : written_off_) {
      if (written) written = put(StockEntry{sku, last, -lost, kLeftOut, {}});
    }
    return written;
  }

  ShopArchive& shop_;
  std::ostream& out_;
  std::string text_;
  std::int64_t lines_ = 0;
  std::int64_t orders_left_out_ = 0;
  StockOfOrders stock_;
  std::set<std::string> unreadable_;  ///< SKUs of products
  std::map<std::string, std::int64_t> written_off_;
  TransferSummary summary_;
};

std::unexpected<Error> unwritable(const std::string& output) {
  return failure(ErrorCode::Unavailable,
                 fmt::format("{} cannot be written: {}", output, std::strerror(errno)));
}

/// Where `output` leads, also through a link to a file that is not there yet.
std::filesystem::path follow_links(std::filesystem::path output) {
  constexpr int kLinksMax = 40;
  std::error_code error;
  for (int links = 0; links < kLinksMax && std::filesystem::is_symlink(output, error); ++links) {
    output = output.parent_path() / std::filesystem::read_symlink(output, error);
  }
  return output;
}

/// The file gets its name only once it is whole.
Result<TransferSummary> export_to_file(ShopArchive& shop, const std::filesystem::path& file) {
  const std::string ending = ".part";
  std::string part = file.string() + ".XXXXXX" + ending;
  const int fd = ::mkostemps(part.data(), static_cast<int>(ending.size()), O_CLOEXEC);  // mode 0600
  if (fd < 0) return unwritable(file);
  std::ofstream stream(part, std::ios::binary);
  auto summary = export_shop(shop, stream);
  stream.close();
  if (summary && (::fsync(fd) != 0 || ::rename(part.c_str(), file.c_str()) != 0)) {
    summary = unwritable(file);
  }
  ::close(fd);
  std::error_code ignored;
  if (!summary) std::filesystem::remove(part, ignored);
  return summary;
}

/// For a reader that may be slow: writes a temporary file first and copies it. While an export reads the
/// shop, a process that serves it cannot shorten its write-ahead log.
Result<TransferSummary> export_by_way_of_a_file(std::unique_ptr<ShopArchive> shop,
                                                std::ostream& out) {
  std::error_code none;
  std::filesystem::path folder = std::filesystem::temp_directory_path(none);
  if (none) folder = "/tmp";
  std::string file = folder / "orderflow-export.XXXXXX";
  const int fd = ::mkostemp(file.data(), O_CLOEXEC);  // mode 0600
  if (fd < 0) return unwritable(file);
  std::fstream spool(file, std::ios::binary | std::ios::in | std::ios::out);
  ::unlink(file.c_str());
  ::close(fd);
  auto summary = export_shop(*shop, spool);
  shop.reset();
  if (!summary && summary.error().code == ErrorCode::StorageFull) {
    summary.error().detail += " (a temporary file in " + folder.string() +
                              "; TMPDIR names another folder, and --output a file)";
  }
  if (!summary) return summary;
  spool.seekg(0);
  errno = 0;
  if (!(out << spool.rdbuf() << std::flush)) return unwritable("the output");
  return summary;
}

Result<TransferSummary> export_to(std::unique_ptr<ShopArchive> shop, const std::string& output) {
  const bool to_stdout = output == "-";
  struct stat there{};
  const bool exists =
      (to_stdout ? ::fstat(STDOUT_FILENO, &there) : ::stat(output.c_str(), &there)) == 0;
  if (!exists && errno != ENOENT) return unwritable(output);
  const bool regular = !exists || S_ISREG(there.st_mode);
  if (to_stdout) {
    return regular ? export_shop(*shop, std::cout)
                   : export_by_way_of_a_file(std::move(shop), std::cout);
  }
  if (regular) return export_to_file(*shop, follow_links(output));
  std::ofstream stream(output, std::ios::binary);  // a pipe or a device: nothing to rename
  if (!stream) return unwritable(output);
  return export_by_way_of_a_file(std::move(shop), stream);
}

}  // namespace

Result<TransferSummary> export_shop(ShopArchive& shop, std::ostream& out) {
  return Exporter(shop, out).run();
}

int run_export(Result<std::unique_ptr<ShopArchive>> shop, const std::string& output) {
  if (!shop) return report_transfer("export", std::unexpected(std::move(shop.error())));
  return report_transfer("export", export_to(std::move(*shop), output));
}

}  // namespace orderflow
