#include "flowstone/flow/task.h"

#include <array>
#include <utility>

#include "flowstone/base/check.h"

namespace flowstone::flow {
namespace {

constexpr auto kReasonNames = std::to_array<std::pair<FailureReason, std::string_view>>({
    {FailureReason::kUser, "user"},
    {FailureReason::kTimeout, "timeout"},
    {FailureReason::kSignal, "signal"},
    {FailureReason::kExit, "exit"},
    {FailureReason::kUnpicklable, "unpicklable"},
    {FailureReason::kProtocol, "protocol"},
    {FailureReason::kEnvironment, "environment"},
    {FailureReason::kInternal, "internal"},
    {FailureReason::kCancelled, "cancelled"},
});

}  // namespace

std::string_view FailureReasonName(FailureReason reason) {
  for (const auto& [value, name] : kReasonNames) {
    if (value == reason) {
      return name;
    }
  }
  FLOWSTONE_CHECK(false);
}

std::optional<FailureReason> ParseFailureReason(std::string_view name) {
  for (const auto& [value, known] : kReasonNames) {
    if (known == name) {
      return value;
    }
  }
  return std::nullopt;
}

std::string TaskName(const std::string& step, TaskId task) {
  return step + "/" + task.ToString();
}

}  // namespace flowstone::flow
