#include "flowstone/app/record_values.h"

#include <nlohmann/json.hpp>

#include <utility>

namespace flowstone::app {
namespace {

// docs/formats/worker-protocol.md, `transition` of the frame `end`.
std::string TransitionJson(const flow::Transition& transition) {
  nlohmann::json json = {{"next", transition.next}};
  json["foreach"] = nullptr;
  if (transition.foreach) {
    json["foreach"] = {{"variable", transition.foreach->variable},
                       {"num_splits", transition.foreach->num_splits},
                       {"values", transition.foreach->values}};
  }
  json["condition"] = nullptr;
  json["case"] = nullptr;
  if (transition.condition) {
    json["condition"] = *transition.condition;
  }
  if (transition.chosen_case) {
    json["case"] = *transition.chosen_case;
  }
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::optional<std::string> OptionalText(const nlohmann::json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end() || !found->is_string()) {
    return std::nullopt;
  }
  return found->get<std::string>();
}

Result<flow::Transition> ParseTransition(const std::string& text) {
  const Error wrong{.code = ErrorCode::kCorrupt, .message = "a record's transition is malformed"};
  const nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains("next") || !json["next"].is_array()) {
    return wrong;
  }
  flow::Transition transition;
  for (const nlohmann::json& step : json["next"]) {
    if (!step.is_string()) {
      return wrong;
    }
    transition.next.push_back(step.get<std::string>());
  }
  if (const auto found = json.find("foreach"); found != json.end() && found->is_object()) {
    flow::ForeachTransition foreach_transition;
    foreach_transition.variable = OptionalText(*found, "variable").value_or("");
    if (!found->contains("num_splits") || !(*found)["num_splits"].is_number_unsigned()) {
      return wrong;
    }
    foreach_transition.num_splits = (*found)["num_splits"].get<std::uint64_t>();
    for (const nlohmann::json& value : found->value("values", nlohmann::json::array())) {
      foreach_transition.values.push_back(value.is_string() ? value.get<std::string>() : "");
    }
    transition.foreach = std::move(foreach_transition);
  }
  transition.condition = OptionalText(json, "condition");
  transition.chosen_case = OptionalText(json, "case");
  return transition;
}

}  // namespace

store::AttemptRecord ToAttemptRecord(const flow::AttemptResult& result) {
  store::AttemptRecord record{.attempt = result.id.attempt};
  record.status = result.ok() ? store::AttemptStatus::kSucceeded : store::AttemptStatus::kFailed;
  record.successful = result.ok() && !result.caught;
  if (result.failure) {
    record.reason = std::string(flow::FailureReasonName(result.failure->reason));
    record.message = result.failure->message;
  }
  if (result.exception) {
    record.exception = store::ExceptionInfo{.type = result.exception->type,
                                            .message = result.exception->message,
                                            .traceback = result.exception->traceback};
  }
  record.started_ms = result.started_ms;
  record.finished_ms = result.finished_ms;
  for (const auto& [name, artifact] : result.artifacts) {
    record.artifacts[name] = {.sha256 = artifact.sha256,
                              .size = artifact.size,
                              .type = artifact.type,
                              .encoding = artifact.encoding};
  }
  if (result.transition) {
    record.transition = TransitionJson(*result.transition);
  }
  for (const flow::Metadatum& metadatum : result.metadata) {
    record.metadata.push_back({.field = metadatum.field, .value = metadatum.value});
  }
  record.exit_code = result.exit_code;
  record.signal = result.signal;
  record.pid = result.pid;
  record.max_rss_kib = result.max_rss_kib.value_or(0);
  return record;
}

Result<flow::AttemptResult> ToAttemptResult(const store::AttemptRecord& record,
                                            const std::string& step, flow::TaskId task) {
  flow::AttemptResult result{.id = {.task = task, .attempt = static_cast<int>(record.attempt)},
                             .step = step};
  if (record.status == store::AttemptStatus::kFailed) {
    const auto reason = flow::ParseFailureReason(record.reason);
    result.failure = flow::AttemptFailure{.reason = reason.value_or(flow::FailureReason::kInternal),
                                          .message = record.message};
  }
  result.caught = record.status == store::AttemptStatus::kSucceeded && !record.successful;
  if (record.exception) {
    result.exception = flow::TaskException{.type = record.exception->type,
                                           .message = record.exception->message,
                                           .traceback = record.exception->traceback};
  }
  for (const auto& [name, artifact] : record.artifacts) {
    result.artifacts[name] = {.sha256 = artifact.sha256,
                              .size = artifact.size,
                              .type = artifact.type,
                              .encoding = artifact.encoding};
  }
  if (record.transition && *record.transition != "null") {
    FLOWSTONE_LET(result.transition, ParseTransition(*record.transition));
  }
  for (const store::Metadatum& metadatum : record.metadata) {
    result.metadata.push_back({.field = metadatum.field, .value = metadatum.value});
  }
  result.started_ms = record.started_ms;
  result.finished_ms = record.finished_ms;
  result.pid = static_cast<int>(record.pid);
  result.exit_code = record.exit_code;
  result.signal = record.signal;
  result.max_rss_kib = record.max_rss_kib;
  return result;
}

}  // namespace flowstone::app
