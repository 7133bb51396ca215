#include "flowstone/pypi/marker.h"

#include <algorithm>

#include "flowstone/base/text.h"
#include "flowstone/pypi/marker_node.h"
#include "flowstone/pypi/marker_parser.h"
#include "flowstone/pypi/source_cursor.h"

namespace flowstone::pypi {
namespace {

// What a marker is evaluated against.
struct Context {
  const MarkerEnvironment& environment;
  std::string_view extra = {};
  MarkerSelection selection = {};
};

std::string ValueOf(MarkerVariable variable, const Context& context) {
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

std::string ValueOf(const MarkerOperand& operand, const Context& context) {
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

bool Holds(const MarkerComparison& comparison, const Context& context) {
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

bool Holds(const MarkerNode& node, const Context& context) {
  const auto holds = [&](const MarkerTree& child) { return Holds(*child, context); };
  switch (node.kind) {
    case MarkerNodeKind::kAnd:
      return std::all_of(node.children.begin(), node.children.end(), holds);
    case MarkerNodeKind::kOr:
      return std::any_of(node.children.begin(), node.children.end(), holds);
    case MarkerNodeKind::kComparison:
      break;
  }
  return Holds(node.comparison, context);
}

std::string OperandText(const MarkerOperand& operand) {
  if (const auto* variable = std::get_if<MarkerVariable>(&operand)) {
    return std::string(MarkerVariableText(*variable));
  }
  const std::string& text = std::get<std::string>(operand);
  const char quote = text.find('"') == std::string::npos ? '"' : '\'';
  return quote + text + quote;
}

std::string NodeText(const MarkerNode& node) {
  if (node.kind == MarkerNodeKind::kComparison) {
    return OperandText(node.comparison.left) + " " +
           std::string(MarkerOperatorText(node.comparison.op)) + " " +
           OperandText(node.comparison.right);
  }
  std::string text;
  for (const MarkerTree& child : node.children) {
    if (!text.empty()) {
      text += node.kind == MarkerNodeKind::kAnd ? " and " : " or ";
    }
    const bool grouped = node.kind == MarkerNodeKind::kAnd && child->kind == MarkerNodeKind::kOr;
    text += grouped ? "(" + NodeText(*child) + ")" : NodeText(*child);
  }
  return text;
}

// Calls `visit` with every comparison of the tree.
template <class Visit>
void VisitComparisons(const MarkerNode& node, const Visit& visit) {
  if (node.kind == MarkerNodeKind::kComparison) {
    visit(node.comparison);
  }
  for (const MarkerTree& child : node.children) {
    VisitComparisons(*child, visit);
  }
}

}  // namespace

Result<Marker> Marker::ParseAt(SourceCursor& cursor, MarkerVariables variables) {
  FLOWSTONE_LET(MarkerTree tree, ParseMarkerTree(cursor, variables));
  return Marker(std::move(tree));
}

Result<Marker> Marker::Parse(std::string_view text, MarkerVariables variables) {
  SourceCursor cursor(text);
  FLOWSTONE_LET(Marker marker, ParseAt(cursor, variables));
  if (!cursor.at_end()) {
    return cursor.ErrorHere("expected 'and', 'or' or the end of the marker");
  }
  return marker;
}

bool Marker::Evaluate(const MarkerEnvironment& environment) const {
  return is_always() || Holds(*node_, Context{.environment = environment});
}

bool Marker::Evaluate(const MarkerEnvironment& environment,
                      std::span<const ExtraName> extras) const {
  if (Evaluate(environment)) {
    return true;
  }
  return MentionsExtra() && std::any_of(extras.begin(), extras.end(), [&](const ExtraName& extra) {
           return Holds(*node_, Context{.environment = environment, .extra = extra.ToString()});
         });
}

bool Marker::Evaluate(const MarkerEnvironment& environment,
                      const MarkerSelection& selection) const {
  return is_always() || Holds(*node_, Context{.environment = environment, .selection = selection});
}

bool Marker::MentionsExtra() const {
  bool mentions = false;
  if (!is_always()) {
    VisitComparisons(*node_, [&](const MarkerComparison& comparison) {
      mentions = mentions || comparison.Mentions(MarkerVariable::kExtra);
    });
  }
  return mentions;
}

std::vector<std::string> Marker::Extras() const {
  std::vector<std::string> names;
  if (is_always()) {
    return names;
  }
  VisitComparisons(*node_, [&](const MarkerComparison& comparison) {
    if (comparison.Mentions(MarkerVariable::kExtra)) {
      for (const MarkerOperand* operand : {&comparison.left, &comparison.right}) {
        if (const auto* text = std::get_if<std::string>(operand)) {
          names.push_back(*text);
        }
      }
    }
  });
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

Marker Marker::And(const Marker& a, const Marker& b) {
  if (a.is_always() || b.is_always()) {
    return a.is_always() ? b : a;
  }
  return Marker(JoinMarkers(MarkerNodeKind::kAnd, {a.node_, b.node_}));
}

Marker Marker::Or(const Marker& a, const Marker& b) {
  if (a.is_always() || b.is_always()) {
    return Marker();
  }
  return Marker(JoinMarkers(MarkerNodeKind::kOr, {a.node_, b.node_}));
}

std::string Marker::ToString() const {
  return is_always() ? "" : NodeText(*node_);
}

}  // namespace flowstone::pypi
