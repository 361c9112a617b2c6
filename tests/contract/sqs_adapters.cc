// The queues of the AWS home, for the contract suite, on the SQS that the environment names as for the
// programs (AwsSettings): an emulator, as a rule. Every test makes queues of its own.

#include <unistd.h>

#include <boost/json.hpp>
#include <stdexcept>

#include "adapters/sqs/sqs_consumer.h"
#include "adapters/sqs/sqs_work_queue.h"
#include "contract/adapters.h"
#include "support/ports.h"

namespace orderflow {
namespace {

/// Short, so that a test need not wait long for what failed.
constexpr double kJitter = 0.01;

/// Three queues, made for one test and deleted after it, and a consumer.
class Sqs final : public Queue {
 public:
  Sqs() {
    static int made = 0;
    const std::string prefix =
        "contract-" + std::to_string(::getpid()) + "-" + std::to_string(++made) + "-";
    for (int i = 0; i < kStageCount; ++i) {
      const std::string name = prefix + std::string(to_string(static_cast<Stage>(i)));
      urls_[static_cast<std::size_t>(i)] =
          call("CreateQueue", {{"QueueName", name}}).at("QueueUrl").as_string();
    }
    queue_ = std::make_unique<SqsWorkQueue>(io.get_executor(), client_, urls_, ids_);
    consumer_ = std::make_unique<SqsConsumer>(io.get_executor(), client_,
                                              SqsConsumerSettings{.queue_urls = urls_}, ids_,
                                              [](std::string_view what, Stage, const Error& error) {
                                                ADD_FAILURE() << what << ": " << error.detail;
                                              });
  }
  ~Sqs() override {
    run(io, consumer_->stop());
    for (const std::string& url : urls_) (void)call("DeleteQueue", {{"QueueUrl", url}});
  }

  WorkQueue& queue() override { return *queue_; }
  void start() override {
    consumer_->start([this](Stage stage, OrderId order) { return work(stage, order); },
                     [](Stage, OrderId, Error error) { return refuse(std::move(error)); });
  }

 private:
  static Task<Result<void>> refuse(Error error) { co_return std::unexpected(std::move(error)); }
  boost::json::object call(const std::string& action, const boost::json::object& request) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    const auto answer = run(io, client_.call(AwsService::Sqs, "AmazonSQS." + action,
                                             boost::json::serialize(request), deadline));
    if (!answer) throw std::runtime_error(answer.error().detail);
    if (!answer->ok()) throw std::runtime_error(answer->error);
    return answer->body.empty() ? boost::json::object()
                                : boost::json::parse(answer->body).as_object();
  }

  AwsClient client_{io.get_executor(), AwsSettings::from_environment().value()};
  TestIds ids_{kJitter};
  SqsQueueUrls urls_;
  std::unique_ptr<SqsWorkQueue> queue_;
  std::unique_ptr<SqsConsumer> consumer_;
};

}  // namespace

std::vector<Adapter<Queue>> queue_adapters() {
  return {{"sqs", [] { return std::make_unique<Sqs>(); }}};
}

}  // namespace orderflow
