#include "adapters/sqlite/sandbox/sandbox_books.h"

#include "base/check.h"

namespace orderflow {

using sandbox::BookRows;
using sandbox::PaymentAccount;
using sandbox::PaymentOperation;

namespace {

/// Rows are small and each is touched twice, soon after another.
constexpr int kCacheKib = 4 * 1024;
/// The log is copied this often, and what is left of it by the worker when it has this many pages.
constexpr std::chrono::milliseconds kCopyInterval{50};
constexpr int kCheckpointPages = 8'000;

Result<PaymentAnswer> pay_at(BookRows& rows, PaymentOperation operation, int attempt,
                             const PaymentRequest& request) {
  if (operation == PaymentOperation::Authorize) {
    // As a rule the first that the provider hears of an order: nothing to look up.
    PaymentAccount opened;
    PaymentAnswer answer = apply(opened, false, operation, attempt, request);
    if (rows.add_payment(request.order, opened)) return answer;
  }
  auto stored = rows.payment(request.order);
  if (!stored) return std::unexpected(std::move(stored.error()));
  const bool known = stored->has_value();
  PaymentAccount account = std::move(*stored).value_or(PaymentAccount());
  const std::size_t entries_before = account.entries.size();
  PaymentAnswer answer = apply(account, known, operation, attempt, request);
  if (!known) {
    CHECK(rows.add_payment(request.order, account));
  } else if (account.entries.size() != entries_before) {
    rows.replace_payment(request.order, account);
  }
  return answer;
}

int ship_at(BookRows& rows, const OrderId& order, int attempt) {
  if (rows.add_shipment(order, attempt)) return attempt;
  return rows.shipment(order).value();
}

}  // namespace

Result<std::unique_ptr<SqliteSandboxBooks>> SqliteSandboxBooks::open(
    boost::asio::any_io_executor executor, const std::filesystem::path& file) {
  try {
    const sqlite::OpenOptions options{.durability = sqlite::Durability::Normal,
                                      .cache_kib = kCacheKib,
                                      .checkpoint_pages = kCheckpointPages};
    sqlite::Connection connection(file, options);
    auto prepared = sandbox::prepare_books(connection);
    if (!prepared) return std::unexpected(std::move(prepared.error()));
    return std::unique_ptr<SqliteSandboxBooks>(
        new SqliteSandboxBooks(std::move(executor), std::move(connection), {file, options}));
  } catch (const sqlite::Failure& failure) {
    return std::unexpected(failure.error());
  }
}

SqliteSandboxBooks::SqliteSandboxBooks(boost::asio::any_io_executor executor,
                                 sqlite::Connection connection, sqlite::Connection copying)
    : connection_(std::move(connection)),
      rows_(connection_),
      copying_(std::move(copying)),
      worker_(std::move(executor), connection_, sqlite::Worker::Access::Write,
              {.begun = {},
               .before_commit = {},
               .committed = [this](std::size_t, std::chrono::nanoseconds) { note_commit(); },
               .idle = {}}),
      copier_([this](const std::stop_token& stop) { copy_log(stop); }) {}

void SqliteSandboxBooks::note_commit() {
  const std::lock_guard lock(mutex_);
  if (!std::exchange(grown_, true)) grows_.notify_one();
}

void SqliteSandboxBooks::copy_log(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (grows_.wait(lock, stop, [this] { return grown_; })) {
    (void)grows_.wait_for(lock, stop, kCopyInterval, [] { return false; });
    grown_ = false;
    lock.unlock();
    try {
      copying_.execute("PRAGMA wal_checkpoint");
    } catch (const sqlite::Failure&) {  // a full disk: the log keeps what it has
    }
    lock.lock();
  }
}

Task<Result<PaymentAnswer>> SqliteSandboxBooks::pay(PaymentOperation operation, int attempt,
                                                 PaymentRequest request) {
  return worker_.run([this, operation, attempt, request = std::move(request)](sqlite::Connection&) {
    return pay_at(rows_, operation, attempt, request);
  });
}

Task<Result<PaymentRecord>> SqliteSandboxBooks::payment(OrderId order) {
  return worker_.run([this, order](sqlite::Connection&) -> Result<PaymentRecord> {
    auto account = rows_.payment(order);
    if (!account) return std::unexpected(std::move(account.error()));
    return record_of(account->value_or(PaymentAccount()));
  });
}

Task<Result<int>> SqliteSandboxBooks::ship(OrderId order, int attempt) {
  return worker_.run([this, order, attempt](sqlite::Connection&) -> Result<int> {
    return ship_at(rows_, order, attempt);
  });
}

Task<Result<std::optional<int>>> SqliteSandboxBooks::shipment(OrderId order) {
  return worker_.run([this, order](sqlite::Connection&) -> Result<std::optional<int>> {
    return rows_.shipment(order);
  });
}

}  // namespace orderflow
