#include "flowstone/pypi/marker_evaluation.h"

#include <algorithm>

#include "flowstone/base/text.h"

namespace flowstone::pypi {

std::string ValueOf(MarkerVariable variable, const MarkerContext& context) {
  const MarkerEnvironment& environment = context.environment;
  switch (variable) {
    case MarkerVariable::kImplementationName:
      return environment.implementation_name;
    case MarkerVariable::kImplementationVersion:
      return environment.implementation_version;
    case MarkerVariable::kOsName:
      return environment.os_name;
    case MarkerVariable::kPlatformMachine:
      return environment.platform_machine;
    case MarkerVariable::kPlatformPythonImplementation:
      return environment.platform_python_implementation;
    case MarkerVariable::kPlatformRelease:
      return environment.platform_release;
    case MarkerVariable::kPlatformSystem:
      return environment.platform_system;
    case MarkerVariable::kPlatformVersion:
      return environment.platform_version;
    case MarkerVariable::kPythonFullVersion: {
      // Builds between releases end with "+", which is no PEP 440 version.
      const std::string& version = environment.python_full_version;
      return version.ends_with('+') ? version + "local" : version;
    }
    case MarkerVariable::kPythonVersion:
      return environment.python_version;
    case MarkerVariable::kSysPlatform:
      return environment.sys_platform;
    case MarkerVariable::kExtra:
      return std::string(context.extra);
    case MarkerVariable::kExtras:
    case MarkerVariable::kDependencyGroups:
      break;
  }
  return {};
}

namespace {

std::string ValueOf(const MarkerOperand& operand, const MarkerContext& context) {
  if (const auto* text = std::get_if<std::string>(&operand)) {
    return *text;
  }
  return ValueOf(std::get<MarkerVariable>(operand), context);
}

template <class Names>
bool HasName(const Names& names, const std::string& name) {
  return std::any_of(names.begin(), names.end(),
                     [&](const auto& candidate) { return candidate.ToString() == name; });
}

bool HoldsForVersions(const Specifier& specifier, const std::string& left) {
  if (specifier.op() == SpecifierOperator::kArbitraryEqual) {
    return AsciiLower(left) == AsciiLower(specifier.operand());
  }
  const Result<Version> version = Version::Parse(left);
  return version && specifier.Contains(*version);
}

bool HoldsForTexts(MarkerOperator op, const std::string& left, const std::string& right) {
  switch (op) {
    case MarkerOperator::kIn:
      return right.find(left) != std::string::npos;
    case MarkerOperator::kNotIn:
      return right.find(left) == std::string::npos;
    case MarkerOperator::kNotEqual:
      return left != right;
    case MarkerOperator::kEqual:
    case MarkerOperator::kLessEqual:
    case MarkerOperator::kGreaterEqual:
      return left == right;  // texts have no order, only identity
    case MarkerOperator::kLess:
    case MarkerOperator::kGreater:
    case MarkerOperator::kCompatible:
    case MarkerOperator::kArbitraryEqual:
      break;
  }
  return false;
}

std::string OperandText(const MarkerOperand& operand) {
  if (const auto* variable = std::get_if<MarkerVariable>(&operand)) {
    return std::string(MarkerVariableText(*variable));
  }
  const std::string& text = std::get<std::string>(operand);
  const char quote = text.find('"') == std::string::npos ? '"' : '\'';
  return quote + text + quote;
}

}  // namespace

bool Holds(const MarkerComparison& comparison, const MarkerContext& context) {
  const auto* right_variable = std::get_if<MarkerVariable>(&comparison.right);
  const std::string left = ValueOf(comparison.left, context);
  if (right_variable != nullptr && IsSetValued(*right_variable)) {
    const bool contained = *right_variable == MarkerVariable::kExtras
                               ? HasName(context.selection.extras, left)
                               : HasName(context.selection.groups, left);
    return contained == (comparison.op == MarkerOperator::kIn);
  }
  if (comparison.specifier) {
    return HoldsForVersions(*comparison.specifier, left);
  }
  const std::string right = ValueOf(comparison.right, context);
  if (right_variable != nullptr) {
    // The left variable says what is compared; with a text on the left, the right one does.
    const auto* left_variable = std::get_if<MarkerVariable>(&comparison.left);
    const MarkerVariable subject = left_variable != nullptr ? *left_variable : *right_variable;
    if (ComparesVersions(subject)) {
      const Result<Specifier> specifier =
          Specifier::Parse(std::string(MarkerOperatorText(comparison.op)) + right);
      if (specifier) {
        return HoldsForVersions(*specifier, left);
      }
    }
  }
  return HoldsForTexts(comparison.op, left, right);
}

std::string ComparisonText(const MarkerComparison& comparison) {
  return OperandText(comparison.left) + " " + std::string(MarkerOperatorText(comparison.op)) + " " +
         OperandText(comparison.right);
}

}  // namespace flowstone::pypi
