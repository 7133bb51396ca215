// Environment: a snapshot of environment variables. Code is given one instead of asking the
// process, so tests say exactly what is set. FromProcess is the one place that reads environ(7).
#pragma once

#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace flowstone::os {

class Environment {
 public:
  using Variables = std::map<std::string, std::string, std::less<>>;

  Environment() = default;
  explicit Environment(Variables variables) : variables_(std::move(variables)) {}
  // Environment{{"HOME", "/home/me"}, {"LANG", "C"}}
  Environment(std::initializer_list<Variables::value_type> variables) : variables_(variables) {}
  static Environment FromProcess();

  // The value, which may be empty, or nothing when the variable is not set.
  std::optional<std::string> Get(std::string_view name) const;
  // The same, with an empty value taken for none.
  std::optional<std::string> GetNonEmpty(std::string_view name) const;
  void Set(std::string name, std::string value);
  void Unset(std::string_view name);

  const Variables& variables() const { return variables_; }
  // As ProcessSpec wants it.
  std::map<std::string, std::string> ToMap() const;

 private:
  Variables variables_;
};

}  // namespace flowstone::os
