#include "flowstone/pypi/marker.h"

#include <algorithm>

#include "flowstone/pypi/marker_evaluation.h"
#include "flowstone/pypi/marker_node.h"
#include "flowstone/pypi/marker_parser.h"
#include "flowstone/pypi/source_cursor.h"

namespace flowstone::pypi {
namespace {

bool Holds(const MarkerNode& node, const MarkerContext& context) {
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

std::string NodeText(const MarkerNode& node) {
  if (node.kind == MarkerNodeKind::kComparison) {
    return ComparisonText(node.comparison);
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
  return is_always() || Holds(*node_, MarkerContext{.environment = environment});
}

bool Marker::Evaluate(const MarkerEnvironment& environment,
                      std::span<const ExtraName> extras) const {
  if (Evaluate(environment)) {
    return true;
  }
  return MentionsExtra() && std::any_of(extras.begin(), extras.end(), [&](const ExtraName& extra) {
           return Holds(*node_,
                        MarkerContext{.environment = environment, .extra = extra.ToString()});
         });
}

bool Marker::Evaluate(const MarkerEnvironment& environment,
                      const MarkerSelection& selection) const {
  return is_always() ||
         Holds(*node_, MarkerContext{.environment = environment, .selection = selection});
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
