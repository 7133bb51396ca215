#include "flowstone/app/parameter_check.h"

#include <nlohmann/json.hpp>

#include <charconv>
#include <optional>

#include "flowstone/base/text.h"

namespace flowstone::app {
namespace {

// Whether all of `text` is a number as Python's int() or float() reads one in base 10.
template <class Number>
bool IsNumber(std::string_view text) {
  text = TrimText(text);
  if (text.starts_with('+')) {
    text.remove_prefix(1);
  }
  std::string digits;
  for (const char c : text) {
    if (c != '_') {  // PEP 515
      digits.push_back(c);
    }
  }
  Number number{};
  const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return (code == std::errc() || code == std::errc::result_out_of_range) && !digits.empty() &&
         end == digits.data() + digits.size();
}

// What click's BOOL accepts, as Metaflow's parameters do.
bool IsBoolean(std::string_view text) {
  const std::string lower = AsciiLower(TrimText(text));
  for (const char* word :
       {"1", "0", "true", "false", "t", "f", "yes", "no", "y", "n", "on", "off"}) {
    if (lower == word) {
      return true;
    }
  }
  return false;
}

// What the value should have been, when it is wrong.
std::optional<std::string> WantedInstead(const flow::ParameterDescription& parameter,
                                         const std::string& value) {
  switch (parameter.kind) {
    case flow::ParameterKind::kInteger:
      return IsNumber<long long>(value) ? std::nullopt : std::optional<std::string>("an integer");
    case flow::ParameterKind::kFloat:
      return IsNumber<double>(value) ? std::nullopt : std::optional<std::string>("a number");
    case flow::ParameterKind::kBoolean:
      return IsBoolean(value) ? std::nullopt : std::optional<std::string>("true or false");
    case flow::ParameterKind::kJson:
      return nlohmann::json::accept(value) ? std::nullopt : std::optional<std::string>("JSON");
    case flow::ParameterKind::kString:
    case flow::ParameterKind::kFile:
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

Status CheckParameters(const flow::FlowDescription& flow,
                       const std::map<std::string, std::string>& given) {
  for (const flow::ParameterDescription& parameter : flow.parameters) {
    const auto found = given.find(parameter.name);
    if (found == given.end()) {
      if (parameter.required && !parameter.has_default) {
        return Error{.code = ErrorCode::kInvalid,
                     .message = "missing option '--" + parameter.name + "'"};
      }
      continue;
    }
    if (parameter.separator) {
      continue;  // a list of texts
    }
    if (const auto wanted = WantedInstead(parameter, found->second)) {
      return Error{.code = ErrorCode::kInvalid,
                   .message = "invalid value for '--" + parameter.name + "': '" + found->second +
                              "' is not " + *wanted};
    }
  }
  return Ok();
}

std::map<std::string, std::string> StepVariables(const flow::StepDescription& step) {
  std::map<std::string, std::string> variables;
  const flow::DecoratorDescription* decorator = flow::FindDecorator(step, "environment");
  if (decorator == nullptr) {
    return variables;
  }
  const nlohmann::json attributes = nlohmann::json::parse(decorator->attributes_json);
  const auto vars = attributes.find("vars");
  if (vars == attributes.end() || !vars->is_object()) {
    return variables;
  }
  for (const auto& [name, value] : vars->items()) {
    variables[name] = value.is_string() ? value.get<std::string>() : value.dump();
  }
  return variables;
}

}  // namespace flowstone::app
