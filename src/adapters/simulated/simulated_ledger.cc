#include "adapters/simulated/simulated_ledger.h"

#include <algorithm>

namespace orderflow {

using simulated::PaymentAccount;
using simulated::PaymentOperation;

namespace {

constexpr std::int64_t kSchemaVersion = 1;
constexpr const char* kSchema =
    "BEGIN;"
    "CREATE TABLE payments (order_id BLOB PRIMARY KEY, currency TEXT NOT NULL,"
    "  payment_method TEXT NOT NULL, entries TEXT NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE shipments (order_id BLOB PRIMARY KEY, attempt INTEGER NOT NULL)"
    "  STRICT, WITHOUT ROWID;"
    "PRAGMA user_version = 1;"
    "COMMIT";

/// Rows are small and each is touched twice, soon after another.
constexpr int kCacheKib = 4 * 1024;

std::int64_t schema_version(sqlite::Connection& connection) {
  sqlite::Statement version = connection.prepare("PRAGMA user_version");
  version.step();
  return version.integer(0);
}

std::unexpected<Error> unreadable() {
  return failure(ErrorCode::Corrupt, "the simulated ledger does not read back as it was written");
}

std::optional<OrderId> read_id(std::span<const std::uint8_t> blob) {
  std::array<std::uint8_t, 16> bytes{};
  if (blob.size() != bytes.size()) return std::nullopt;
  std::ranges::copy(blob, bytes.begin());
  return OrderId(bytes);
}

}  // namespace

struct SimulatedLedger::Statements {
  explicit Statements(sqlite::Connection& db)
      : find_payment(db.prepare("SELECT currency, payment_method, entries FROM payments"
                                " WHERE order_id = ?1")),
        store_payment(db.prepare("REPLACE INTO payments VALUES (?1, ?2, ?3, ?4)")),
        find_shipment(db.prepare("SELECT attempt FROM shipments WHERE order_id = ?1")),
        insert_shipment(db.prepare("INSERT INTO shipments VALUES (?1, ?2)")) {}

  /// nullopt where there is none.
  Result<std::optional<PaymentAccount>> account(const OrderId& order) {
    const sqlite::ResetAtEnd reset(find_payment);
    if (!find_payment.bind_blob(1, order.bytes()).step()) return std::nullopt;
    auto entries = simulated::parse_entries(find_payment.text(2));
    if (!entries) return unreadable();
    return PaymentAccount{std::string(find_payment.text(0)), std::string(find_payment.text(1)),
                          std::move(*entries)};
  }

  void store(const OrderId& order, const PaymentAccount& account) {
    std::string entries;
    for (const auto& entry : account.entries) append_entry(entries, entry);
    const sqlite::ResetAtEnd reset(store_payment);
    store_payment.bind_blob(1, order.bytes())
        .bind_text(2, account.currency)
        .bind_text(3, account.payment_method)
        .bind_text(4, entries)
        .run();
  }

  Result<PaymentAnswer> pay(PaymentOperation operation, int attempt,
                            const PaymentRequest& request) {
    auto stored = account(request.order);
    if (!stored) return std::unexpected(std::move(stored.error()));
    const bool known = stored->has_value();
    PaymentAccount account = std::move(*stored).value_or(PaymentAccount());
    const std::size_t entries_before = account.entries.size();
    PaymentAnswer answer = apply(account, known, operation, attempt, request);
    if (!known || account.entries.size() != entries_before) store(request.order, account);
    return answer;
  }

  std::optional<int> shipment(const OrderId& order) {
    const sqlite::ResetAtEnd reset(find_shipment);
    if (!find_shipment.bind_blob(1, order.bytes()).step()) return std::nullopt;
    return static_cast<int>(find_shipment.integer(0));
  }

  int ship(const OrderId& order, int attempt) {
    if (const auto earlier = shipment(order)) return *earlier;
    const sqlite::ResetAtEnd reset(insert_shipment);
    insert_shipment.bind_blob(1, order.bytes()).bind(2, attempt).run();
    return attempt;
  }

  sqlite::Statement find_payment;
  sqlite::Statement store_payment;
  sqlite::Statement find_shipment;
  sqlite::Statement insert_shipment;
};

Result<std::unique_ptr<SimulatedLedger>> SimulatedLedger::open(
    boost::asio::any_io_executor executor, const std::filesystem::path& file) {
  try {
    sqlite::Connection connection(
        file, {.durability = sqlite::Durability::Normal, .cache_kib = kCacheKib});
    if (schema_version(connection) == 0) connection.execute(kSchema);
    if (schema_version(connection) != kSchemaVersion) return unreadable();
    return std::unique_ptr<SimulatedLedger>(
        new SimulatedLedger(std::move(executor), std::move(connection)));
  } catch (const sqlite::Failure& failure) {
    return std::unexpected(failure.error());
  }
}

SimulatedLedger::SimulatedLedger(boost::asio::any_io_executor executor,
                                 sqlite::Connection connection)
    : connection_(std::move(connection)),
      statements_(std::make_unique<Statements>(connection_)),
      worker_(std::move(executor), connection_, sqlite::Worker::Access::Write) {}

SimulatedLedger::~SimulatedLedger() = default;

Task<Result<PaymentAnswer>> SimulatedLedger::pay(PaymentOperation operation, int attempt,
                                                 PaymentRequest request) {
  return worker_.run([at = statements_.get(), operation, attempt, request = std::move(request)](
                         sqlite::Connection&) { return at->pay(operation, attempt, request); });
}

Task<Result<PaymentRecord>> SimulatedLedger::payment(OrderId order) {
  return worker_.run([at = statements_.get(), order](sqlite::Connection&) -> Result<PaymentRecord> {
    auto account = at->account(order);
    if (!account) return std::unexpected(std::move(account.error()));
    return record_of(account->value_or(PaymentAccount()));
  });
}

Task<Result<int>> SimulatedLedger::ship(OrderId order, int attempt) {
  return worker_.run([at = statements_.get(), order, attempt](sqlite::Connection&) -> Result<int> {
    return at->ship(order, attempt);
  });
}

Task<Result<std::optional<int>>> SimulatedLedger::shipment(OrderId order) {
  return worker_.run(
      [at = statements_.get(), order](sqlite::Connection&) -> Result<std::optional<int>> {
        return at->shipment(order);
      });
}

std::string tracking_number(const OrderId& order) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < 8; ++i) number = number << 8 | order.bytes()[i];
  return "SIM" + std::to_string(number);
}

Result<SimulatedLedgerReader> SimulatedLedgerReader::open(const std::filesystem::path& file) {
  if (!std::filesystem::exists(file)) return failure(ErrorCode::NotFound, "nothing was simulated");
  try {
    sqlite::Connection connection(file, {.read_only = true, .cache_kib = kCacheKib});
    connection.execute("BEGIN");
    if (schema_version(connection) != kSchemaVersion) return unreadable();
    return SimulatedLedgerReader(std::move(connection));
  } catch (const sqlite::Failure& failure) {
    return std::unexpected(failure.error());
  }
}

SimulatedLedgerReader::SimulatedLedgerReader(sqlite::Connection connection)
    : connection_(std::move(connection)),
      payments_(connection_.prepare(
          "SELECT order_id, currency, payment_method, entries FROM payments ORDER BY order_id")),
      shipments_(connection_.prepare("SELECT order_id, attempt FROM shipments ORDER BY order_id")) {
}

Result<std::optional<LedgerPayment>> SimulatedLedgerReader::next_payment() {
  try {
    if (!payments_.step()) return std::nullopt;
    const auto order = read_id(payments_.blob(0));
    auto entries = simulated::parse_entries(payments_.text(3));
    if (!order || !entries) return unreadable();
    const PaymentAccount account{std::string(payments_.text(1)), std::string(payments_.text(2)),
                                 std::move(*entries)};
    return LedgerPayment{*order, account.currency, record_of(account), account.entries};
  } catch (const sqlite::Failure& failure) {
    return std::unexpected(failure.error());
  }
}

Result<std::optional<LedgerShipment>> SimulatedLedgerReader::next_shipment() {
  try {
    if (!shipments_.step()) return std::nullopt;
    const auto order = read_id(shipments_.blob(0));
    if (!order) return unreadable();
    return LedgerShipment{*order, static_cast<int>(shipments_.integer(1)), tracking_number(*order)};
  } catch (const sqlite::Failure& failure) {
    return std::unexpected(failure.error());
  }
}

}  // namespace orderflow
