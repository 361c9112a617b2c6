#include "tools/import_shop.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <map>
#include <optional>

#include "audit/clock_difference.h"
#include "tools/export_line.h"
#include "tools/progress.h"

namespace orderflow {
namespace {

constexpr std::size_t kLineBytesMax = 4 * 1024 * 1024;

std::unexpected<Error> invalid(std::string what) {
  return failure(ErrorCode::InvalidInput, std::move(what));
}

/// Stock of one SKU: what its product line says, and what the other lines add up to.
struct ImportedStock {
  std::optional<Stock> stated;
  std::int64_t received = 0;
  std::int64_t reserved = 0;
  std::int64_t shipped = 0;
};

class Importer {
 public:
  Importer(ShopImport& shop, Timestamp now) : shop_(shop), now_(now) {}

  Result<TransferSummary> run(std::istream& in) {
    Progress progress("import", "lines");
    std::string text;
    while (std::getline(in, text)) {
      if (auto stored = store_line(text); !stored) {
        Error& error = stored.error();
        return failure(error.code,
                       fmt::format("line {}: {}; nothing was imported", lines_ + 1, error.detail));
      }
      ++lines_;
      progress.step();
    }
    if (in.bad()) return failure(ErrorCode::Unavailable, "the input cannot be read to its end");
    if (!ended_) {
      return invalid(fmt::format(
          "the input stops after line {}, before its end line; nothing was imported", lines_));
    }
    if (auto adds_up = check_stock(); !adds_up) return std::unexpected(std::move(adds_up.error()));
    if (auto done = shop_.commit(); !done) return std::unexpected(std::move(done.error()));
    return summary_;
  }

 private:
  Result<void> store_line(const std::string& text) {
    if (text.size() > kLineBytesMax) return invalid("is too long");
    if (ended_) return invalid("stands after the end line");
    auto line = parse_line(text);
    if (!line) return invalid(std::move(line.error()));
    if ((lines_ == 0) != std::holds_alternative<HeaderLine>(*line)) {
      return invalid(lines_ == 0 ? "is not the header of an orderflow export"
                                 : "is a second header");
    }
    return std::visit([this](const auto& value) { return store(value); }, *line);
  }

  Result<void> store(const HeaderLine&) { return {}; }

  Result<void> store(const Product& product) {
    const Stock& stock = product.stock;
    if (stock.available + stock.reserved + stock.shipped != stock.received) {
      return invalid("available + reserved + shipped is not received");
    }
    stock_[product.sku].stated = stock;
    ++summary_.products;
    return shop_.add_product(product);
  }

  Result<void> store(const StockEntry& entry) {
    stock_[entry.sku].received += entry.quantity;
    return shop_.add_stock_entry(entry);
  }

  Result<void> store(const OrderLine& line) {
    if (auto wrong = clock_difference(*line.order.body, now_); !wrong.empty()) {
      return invalid(fmt::format("order {}: {}", line.order.id().to_string(), wrong));
    }
    const OrderState& state = line.order.state;
    for (const StockLine& held : held_stock(state)) stock_[held.sku].reserved += held.quantity;
    for (const Event& event : state.events) {
      if (event.type != EventType::OrderShipped) continue;
      for (const StockLine& sent : event.stock) stock_[sent.sku].shipped += sent.quantity;
    }
    ++summary_.orders;
    return shop_.add_order(line.order, line.idempotency);
  }

  Result<void> store(const PaymentLine& line) {
    ++summary_.effects;
    return shop_.add_payment(line.order, line.account);
  }

  Result<void> store(const ArchivedShipment& shipment) {
    ++summary_.effects;
    return shop_.add_shipment(shipment);
  }

  Result<void> store(const EndLine& line) {
    if (line.lines != lines_) {
      return invalid(fmt::format("{} lines should stand before it, not {}", line.lines, lines_));
    }
    ended_ = true;
    return {};
  }

  [[nodiscard]] Result<void> check_stock() const {
    for (const auto& [sku, sums] : stock_) {
      if (!sums.stated) return invalid(fmt::format("{} has stock, but no product line", sku));
      const Stock& stated = *sums.stated;
      if (stated.received != sums.received || stated.reserved != sums.reserved ||
          stated.shipped != sums.shipped) {
        return invalid(fmt::format(
            "product {} has received {}, reserved {}, shipped {}; the other lines add up to {}, "
            "{}, {}; nothing was imported",
            sku, stated.received, stated.reserved, stated.shipped, sums.received, sums.reserved,
            sums.shipped));
      }
    }
    return {};
  }

  ShopImport& shop_;
  Timestamp now_;
  std::map<std::string, ImportedStock> stock_;
  std::int64_t lines_ = 0;
  bool ended_ = false;
  TransferSummary summary_;
};

Result<TransferSummary> open_and_import(
    const std::function<Result<std::unique_ptr<ShopImport>>()>& open, std::istream& in) {
  const auto shop = open();
  if (!shop) return std::unexpected(shop.error());
  return import_shop(**shop, in);
}

}  // namespace

Result<TransferSummary> import_shop(ShopImport& shop, std::istream& in, Timestamp now) {
  return Importer(shop, now).run(in);
}

int run_import(const std::function<Result<std::unique_ptr<ShopImport>>()>& open,
               const std::string& input) {
  if (input == "-") return report_transfer("import", open_and_import(open, std::cin));
  std::ifstream file(input, std::ios::binary);
  if (!file) {
    fmt::print(stderr, "import: {} cannot be read: {}\n", input, std::strerror(errno));
    return 1;
  }
  return report_transfer("import", open_and_import(open, file));
}

}  // namespace orderflow
