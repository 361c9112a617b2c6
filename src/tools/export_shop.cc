#include "tools/export_shop.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "tools/export_line.h"
#include "tools/progress.h"

namespace orderflow {
namespace {

constexpr std::size_t kFlushBytes = 64 * 1024;

class Exporter {
 public:
  Exporter(ShopArchive& shop, std::ostream& out) : shop_(shop), out_(out) {}

  Result<TransferSummary> run() {
    auto written = put(HeaderLine{});
    if (written) written = put_products();
    if (written) written = put_orders();
    if (written) written = put_books();
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

  Result<void> put_products() {
    auto done = shop_.each_product([this](Product product) {
      ++summary_.products;
      return put(std::move(product));
    });
    if (!done) return done;
    return shop_.each_stock_entry([this](StockEntry entry) { return put(std::move(entry)); });
  }

  Result<void> put_orders() {
    Progress progress("export", "orders");
    return shop_.each_order(Along::Key, [&](ArchivedOrder row) -> Result<void> {
      if (!row.order) return std::unexpected(std::move(row.order.error()));
      ++summary_.orders;
      progress.step();
      return put(OrderLine{std::move(*row.order), row.idempotency});
    });
  }

  Result<void> put_books() {
    auto done = shop_.each_payment([this](ArchivedPayment payment) -> Result<void> {
      if (!payment.account) return std::unexpected(std::move(payment.account.error()));
      ++summary_.effects;
      return put(PaymentLine{payment.order, std::move(*payment.account)});
    });
    if (!done) return done;
    return shop_.each_shipment([this](const ArchivedShipment& shipment) {
      ++summary_.effects;
      return put(shipment);
    });
  }

  ShopArchive& shop_;
  std::ostream& out_;
  std::string text_;
  std::int64_t lines_ = 0;
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

Result<TransferSummary> export_to(ShopArchive& shop, const std::string& output) {
  if (output == "-") return export_shop(shop, std::cout);
  struct stat there{};
  const bool exists = ::stat(output.c_str(), &there) == 0;
  if (!exists && errno != ENOENT) return unwritable(output);
  if (!exists || S_ISREG(there.st_mode)) return export_to_file(shop, follow_links(output));
  std::ofstream stream(output, std::ios::binary);  // a pipe or a device: nothing to rename
  if (!stream) return unwritable(output);
  return export_shop(shop, stream);
}

}  // namespace

Result<TransferSummary> export_shop(ShopArchive& shop, std::ostream& out) {
  return Exporter(shop, out).run();
}

int run_export(Result<std::unique_ptr<ShopArchive>> shop, const std::string& output) {
  if (!shop) return report_transfer("export", std::unexpected(std::move(shop.error())));
  return report_transfer("export", export_to(**shop, output));
}

}  // namespace orderflow
