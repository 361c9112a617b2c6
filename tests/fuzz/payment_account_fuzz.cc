#include "adapters/sandbox/payment_account.h"

#include "base/check.h"
#include "fuzz/fuzz.h"

// The lines of a payment account of the sandbox.
namespace orderflow {

FUZZ(payment_account) {
  const auto entries = sandbox::parse_entries(input);
  if (!entries) return;
  std::string text;
  for (const auto& entry : *entries) sandbox::append_entry(text, entry);
  CHECK(sandbox::parse_entries(text) == entries);
}

}  // namespace orderflow
