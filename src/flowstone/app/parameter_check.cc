#include "flowstone/app/parameter_check.h"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <string_view>

#include "flowstone/base/text.h"

namespace flowstone::app {
namespace {

// Reads `text` from the left, as Python's int() and float() do in base 10.
class NumberReader {
 public:
  explicit NumberReader(std::string_view text) : rest_(TrimText(text)) {}

  bool is_at_end() const { return rest_.empty(); }
  bool Take(char c) {
    const bool is_there = rest_.starts_with(c);
    rest_.remove_prefix(is_there ? 1 : 0);
    return is_there;
  }
  void TakeSign() { Take('-') || Take('+'); }
  // At least one, with single underscores between them (PEP 515).
  bool TakeDigits() {
    if (!TakeDigit()) {
      return false;
    }
    while (!rest_.empty()) {
      const std::string_view before = rest_;
      Take('_');
      if (!TakeDigit()) {
        rest_ = before;
        break;
      }
    }
    return true;
  }
  bool IsNotFinite() const {
    const std::string lower = AsciiLower(rest_);
    return lower == "inf" || lower == "infinity" || lower == "nan";
  }

 private:
  bool TakeDigit() {
    const bool is_there = !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9';
    rest_.remove_prefix(is_there ? 1 : 0);
    return is_there;
  }

  std::string_view rest_;
};

bool IsInteger(std::string_view text) {
  NumberReader reader(text);
  reader.TakeSign();
  return reader.TakeDigits() && reader.is_at_end();
}

bool IsFloat(std::string_view text) {
  NumberReader reader(text);
  reader.TakeSign();
  if (reader.IsNotFinite()) {
    return true;
  }
  const bool has_whole = reader.TakeDigits();
  const bool has_fraction = reader.Take('.') && reader.TakeDigits();
  if (!has_whole && !has_fraction) {
    return false;
  }
  if (reader.Take('e') || reader.Take('E')) {
    reader.TakeSign();
    return reader.TakeDigits() && reader.is_at_end();
  }
  return reader.is_at_end();
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
      return IsInteger(value) ? std::nullopt : std::optional<std::string>("an integer");
    case flow::ParameterKind::kFloat:
      return IsFloat(value) ? std::nullopt : std::optional<std::string>("a number");
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
