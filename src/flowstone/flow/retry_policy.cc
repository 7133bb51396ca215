#include "flowstone/flow/retry_policy.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "flowstone/flow/json_object.h"

namespace flowstone::flow {
namespace {

constexpr int kDefaultTimes = 3;

// @retry(times=3) and @retry(times="3") mean the same, as in Metaflow.
std::optional<std::int64_t> ParseTimes(const JsonObject& attributes) {
  if (attributes.IsNull("times")) {
    return kDefaultTimes;
  }
  if (const auto number = attributes.Integer("times"); number) {
    return *number;
  }
  const auto text = attributes.Text("times");
  if (!text) {
    return std::nullopt;
  }
  std::int64_t number = 0;
  const char* const end = text->data() + text->size();
  const auto [stop, failure] = std::from_chars(text->data(), end, number);
  return failure == std::errc() && stop == end ? std::optional(number) : std::nullopt;
}

}  // namespace

Result<RetryPolicy> RetryPolicyOf(const StepDescription& step) {
  RetryPolicy policy;
  if (const DecoratorDescription* retry = FindDecorator(step, "retry"); retry != nullptr) {
    FLOWSTONE_LET(const JsonDocument attributes,
                  JsonDocument::Parse(retry->attributes_json, "attributes of @retry"));
    const std::optional<std::int64_t> times = ParseTimes(attributes.root());
    if (!times || *times < 0 || *times > kMaxUserCodeRetries) {
      return Error{.code = ErrorCode::kInvalid,
                   .message = "@retry takes times from 0 to " +
                              std::to_string(kMaxUserCodeRetries) + ", not " +
                              attributes.root().Raw("times")};
    }
    policy.user_code_retries = static_cast<int>(*times);
  }
  if (FindDecorator(step, "catch") != nullptr) {
    policy.error_retries = std::min(kFallbackAttempts, kMaxAttempts - 1 - policy.user_code_retries);
  }
  return policy;
}

Result<std::map<std::string, RetryPolicy>> RetryPoliciesOf(const FlowDescription& flow) {
  std::map<std::string, RetryPolicy> policies;
  for (const StepDescription& step : flow.steps) {
    FLOWSTONE_LET(const RetryPolicy policy,
                  Annotate(RetryPolicyOf(step), "in step '" + step.name + "'"));
    policies.emplace(step.name, policy);
  }
  return policies;
}

}  // namespace flowstone::flow
