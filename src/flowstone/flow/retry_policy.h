// RetryPolicy: how often a step may be attempted, from its @retry and @catch. An attempt runs the
// user's code while its number is at most `user_code_retries`; further ones, allowed by @catch,
// only record the failure (task kind `fallback`). @retry's minutes_between_retries waits for remote
// tasks only, as in Metaflow.
#pragma once

#include <map>
#include <string>

#include "flowstone/base/result.h"
#include "flowstone/flow/description.h"

namespace flowstone::flow {

inline constexpr int kMaxAttempts = 6;
// @catch needs one attempt of its own, and one more to be sure.
inline constexpr int kMaxUserCodeRetries = kMaxAttempts - 2;
inline constexpr int kFallbackAttempts = 3;

struct RetryPolicy {
  int user_code_retries = 0;
  int error_retries = 0;
  friend bool operator==(const RetryPolicy&, const RetryPolicy&) = default;
};

// kInvalid when `times` is no number of retries from 0 to kMaxUserCodeRetries.
Result<RetryPolicy> RetryPolicyOf(const StepDescription& step);
// Of every step, by name.
Result<std::map<std::string, RetryPolicy>> RetryPoliciesOf(const FlowDescription& flow);

}  // namespace flowstone::flow
