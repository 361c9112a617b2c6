#pragma once

#include <array>
#include <string>

#include "adapters/aws/aws_client.h"
#include "base/result.h"
#include "base/task.h"
#include "order/model/step.h"

namespace orderflow {

/// The tables, queues and secrets of one installation of the AWS home, which Terraform passes to the
/// programs in ORDERFLOW_* variables.
struct AwsResources {
  std::string orders_table;     ///< ORDERFLOW_ORDERS_TABLE
  std::string products_table;   ///< ORDERFLOW_PRODUCTS_TABLE
  std::string simulated_table;  ///< ORDERFLOW_SIMULATED_TABLE: the books of the sandbox
  /// By Stage: ORDERFLOW_PAYMENT_QUEUE_URL, _INVENTORY_QUEUE_URL, _FULFILLMENT_QUEUE_URL.
  std::array<std::string, kStageCount> queue_urls;

  /// ORDERFLOW_ADMIN_TOKEN, or what ORDERFLOW_ADMIN_TOKEN_SECRET names: a Secrets Manager name or
  /// ARN, or "ssm:<parameter>". Empty where neither is set: a function is given only what it needs.
  /// A program that needs the token refuses to start without it.
  std::string admin_token;
  /// ORDERFLOW_ID_KEY or ORDERFLOW_ID_KEY_SECRET, the same way: key of the hash that derives an
  /// order id from an Idempotency-Key.
  std::string id_key;

  /// ORDERFLOW_ADMIN_AUTHORIZER: "jwt" where API Gateway checks who is admin.
  bool admins_by_jwt = false;
  /// ORDERFLOW_MESSAGE_RECEIVES_MAX: the queues' maxReceiveCount; where it is not set, 10 as in
  /// Terraform.
  int deliveries_max = 10;
  bool reject_unknown_sku = false;  ///< ORDERFLOW_UNKNOWN_SKU: "make-to-order" (default), "reject"

  /// Reads the variables, and the secrets over the network: a round trip for each that is named,
  /// none otherwise. An error names the variable. `client` must outlive the task.
  [[nodiscard]] static Task<Result<AwsResources>> load(AwsClient& client);
};

}  // namespace orderflow
