// The queues of the AWS home, for the contract suite, on the SQS whose endpoint the environment
// variable ORDERFLOW_TEST_SQS names: an emulator, as a rule. Every test makes queues of its own.

#include <unistd.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <stdexcept>

#include "adapters/sqs/sqs_consumer.h"
#include "adapters/sqs/sqs_work_queue.h"
#include "base/json_writer.h"
#include "contract/adapters.h"
#include "support/ports.h"

namespace orderflow {
namespace {

/// Short, so that a test need not wait long for what failed.
constexpr double kJitter = 0.01;

AwsSettings settings() {
  const char* endpoint = std::getenv("ORDERFLOW_TEST_SQS");
  if (endpoint == nullptr) throw std::runtime_error("ORDERFLOW_TEST_SQS names no endpoint");
  ::setenv("AWS_ACCESS_KEY_ID", "test", 0);
  ::setenv("AWS_SECRET_ACCESS_KEY", "test", 0);
  AwsSettings settings;
  settings.region = "us-east-1";
  settings.endpoint_url_sqs = endpoint;
  return settings;
}

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
          call("CreateQueue", "QueueName", name).at("QueueUrl").as_string();
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
    for (const std::string& url : urls_) (void)call("DeleteQueue", "QueueUrl", url);
  }

  WorkQueue& queue() override { return *queue_; }
  void start() override {
    consumer_->start([this](Stage stage, OrderId order) { return work(stage, order); });
  }

 private:
  boost::json::object call(std::string_view action, std::string_view member,
                           const std::string& value) {
    std::string body;
    JsonWriter(body).begin_object().member(member, value).end_object();
    const std::string target = "AmazonSQS." + std::string(action);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    const auto answer = run(io, client_.call(AwsService::Sqs, target, std::move(body), deadline));
    if (!answer) throw std::runtime_error(answer.error().detail);
    if (!answer->ok()) throw std::runtime_error(answer->error);
    return answer->body.empty() ? boost::json::object()
                                : boost::json::parse(answer->body).as_object();
  }

  AwsClient client_{io.get_executor(), settings()};
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
