#include "proof/world/world.h"

namespace orderflow::world {
namespace {

template <typename... Faults>
constexpr FaultSet all(Faults... faults) {
  return (set_of(faults) | ...);
}

using enum Fault;

constexpr FaultSet kCrash = all(CrashBefore, CrashAfter);
constexpr FaultSet kRead = all(FailBefore, HangBefore, Slow) | kCrash;
constexpr FaultSet kWrite = kRead | all(FailAfter, HangAfter);
/// A void is never refused: without an authorization it is stored as a tombstone.
constexpr FaultSet kEffect = kWrite | all(Throttle, Late, StoredError);

/// SQLite has one writer, in the process: it neither throttles nor shows an old index. In both
/// homes a commit conflicts only where another one was faster, and the adapter retries DynamoDB's
/// TransactionConflict itself. So nothing injects Conflict.
constexpr FaultSet local_faults(Point point) {
  switch (point) {
    case Point::Create:
    case Point::Commit:
      return kWrite | all(GroupLost);
    case Point::Nudge:  // a push in memory: it cannot fail, only die with the process
      return kCrash;
    case Point::Receive:
      return all(CrashBefore);
    case Point::Tick:
      return all(CrashBefore, ClockForward, ClockBack, ForgetKeys);
    default:
      return 0;
  }
}

constexpr FaultSet serverless_faults(Point point) {
  switch (point) {
    case Point::Create:
    case Point::Commit:
    case Point::PutProduct:
    case Point::AdjustStock:
      return kWrite | all(Throttle);
    case Point::Find:
    case Point::Load:
    case Point::Catalogue:
    case Point::GetProduct:  // all read with consistency
      return kRead | all(Throttle);
    case Point::List:
    case Point::Overdue:
    case Point::Parked:  // by an index, which is eventually consistent
    case Point::LoadRecent:
    case Point::CatalogueRecent:  // as cheap reads are
      return kRead | all(Throttle, StaleRead);
    case Point::Nudge:
      return kWrite | all(Throttle, MessageLost, MessageDoubled, MessageDelayed);
    case Point::Receive:
      return all(CrashBefore, MessageDoubled, MessageDelayed, MessageToTwo, MessagePoisoned,
                 MessageNewer);
    case Point::Tick:
      return all(ClockForward, ClockBack,
                 ForgetKeys);  // between two invocations there is no process
    default:
      return 0;
  }
}

}  // namespace

FaultSet possible_faults(HomeKind home, Point point) {
  switch (point) {  // the same outside in both homes
    case Point::Authorize:
    case Point::Capture:
    case Point::Ship:
      return kEffect | all(Decline);
    case Point::Void:
      return kEffect;
    case Point::LookUpPayment:
    case Point::LookUpShipment:
      return kRead | all(Throttle);
    case Point::Request:
      return all(ClientTwice, ClientGone);
    case Point::Respond:
      return all(AnswerLost, ClientGone);
    default:
      break;
  }
  if (home == HomeKind::Serverless) return serverless_faults(point);
  if (const FaultSet faults = local_faults(point); faults != 0) return faults;
  return point == Point::PutProduct || point == Point::AdjustStock ? kWrite : kRead;
}

}  // namespace orderflow::world
