#include "adapters/sqlite/sandbox/sqlite_sandbox_books.h"

#include "base/check.h"

namespace orderflow {

using sandbox::BookRows;
using sandbox::PaymentAccount;
using sandbox::PaymentOperation;

namespace {

/// Enough, since rows are small and each is written twice within a short time.
constexpr int kCacheKib = 4 * 1024;
/// If the copier falls behind, the thread that writes copies the log once it has this many pages.
constexpr int kCheckpointPages = 8'000;

Result<PaymentAnswer> pay_at(BookRows& rows, PaymentOperation operation, int attempt,
                             const PaymentRequest& request) {
  if (operation == PaymentOperation::Authorize) {
    // Usually the first effect of an order: stored without looking for an account first.
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
    boost::asio::any_io_executor executor, const std::filesystem::path& file,
    std::chrono::milliseconds copy_interval) {
  return sqlite::as_result([&]() -> Result<std::unique_ptr<SqliteSandboxBooks>> {
    const sqlite::OpenOptions options{.durability = sqlite::Durability::Normal,
                                      .cache_kib = kCacheKib,
                                      .checkpoint_pages = kCheckpointPages};
    sqlite::SqliteConnection connection(file, options);
    sandbox::migrate_books(connection);
    return std::unique_ptr<SqliteSandboxBooks>(new SqliteSandboxBooks(
        std::move(executor), std::move(connection), {file, options}, copy_interval));
  });
}

SqliteSandboxBooks::SqliteSandboxBooks(boost::asio::any_io_executor executor,
                                       sqlite::SqliteConnection connection,
                                       sqlite::SqliteConnection copying,
                                       std::chrono::milliseconds copy_interval)
    : copying_(std::move(copying)),
      copy_interval_(copy_interval),
      thread_(std::move(executor), std::move(connection),
              {.on_group = [this](std::size_t, std::chrono::nanoseconds) { note_commit(); }}),
      copier_([this](const std::stop_token& stop) { copy_log(stop); }) {}

void SqliteSandboxBooks::note_commit() {
  const std::lock_guard lock(mutex_);
  if (!std::exchange(log_has_grown_, true)) grows_.notify_one();
}

void SqliteSandboxBooks::copy_log(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (grows_.wait(lock, stop, [this] { return log_has_grown_; })) {
    (void)grows_.wait_for(lock, stop, copy_interval_, [] { return false; });
    log_has_grown_ = false;
    lock.unlock();
    try {
      copying_.execute("PRAGMA wal_checkpoint");
    } catch (const sqlite::SqliteError&) {  // a full disk: the rows stay in the log
    }
    lock.lock();
  }
}

Task<Result<PaymentAnswer>> SqliteSandboxBooks::pay(PaymentOperation operation, int attempt,
                                                    PaymentRequest request) {
  return thread_.run([operation, attempt, request = std::move(request)](BookRows& rows) {
    return pay_at(rows, operation, attempt, request);
  });
}

Task<Result<PaymentRecord>> SqliteSandboxBooks::payment(OrderId order) {
  return thread_.run([order](BookRows& rows) -> Result<PaymentRecord> {
    auto account = rows.payment(order);
    if (!account) return std::unexpected(std::move(account.error()));
    return record_of(account->value_or(PaymentAccount()));
  });
}

Task<Result<int>> SqliteSandboxBooks::ship(OrderId order, int attempt) {
  return thread_.run(
      [order, attempt](BookRows& rows) -> Result<int> { return ship_at(rows, order, attempt); });
}

Task<Result<std::optional<int>>> SqliteSandboxBooks::shipment(OrderId order) {
  return thread_.run(
      [order](BookRows& rows) -> Result<std::optional<int>> { return rows.shipment(order); });
}

}  // namespace orderflow
