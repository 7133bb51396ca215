#include "flowstone/pypi/marker_parser.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "flowstone/base/text.h"
#include "flowstone/pypi/name.h"

namespace flowstone::pypi {
namespace {

// Deeper nesting is refused: the parser, and every walk of the tree, recurses.
constexpr int kMaxDepth = 100;

constexpr std::array<MarkerOperator, 8> kSymbols = {
    // Longer symbols before those they start with.
    MarkerOperator::kArbitraryEqual, MarkerOperator::kEqual,        MarkerOperator::kNotEqual,
    MarkerOperator::kLessEqual,      MarkerOperator::kGreaterEqual, MarkerOperator::kCompatible,
    MarkerOperator::kLess,           MarkerOperator::kGreater,
};

bool IsWordCharacter(char c) {
  return IsAsciiAlnum(c) || c == '_';
}

class MarkerParser {
 public:
  MarkerParser(SourceCursor& cursor, MarkerVariables variables)
      : cursor_(cursor), variables_(variables) {}

  Result<MarkerTree> ParseMarker();

 private:
  Result<MarkerTree> ParseConjunction();
  Result<MarkerTree> ParseAtom();
  Result<MarkerTree> ParseComparison();
  Result<MarkerOperand> ParseOperand();
  Result<MarkerOperand> ParseQuoted();
  Result<MarkerOperand> ParseVariable();
  Result<MarkerOperator> ParseOperator();
  bool TakeWord(std::string_view word);
  // Why the comparison has no meaning, if it has none.
  static std::optional<std::string> Objection(const MarkerComparison& comparison);

  SourceCursor& cursor_;
  MarkerVariables variables_;
  int depth_ = 0;
};

Result<MarkerTree> MarkerParser::ParseMarker() {
  std::vector<MarkerTree> alternatives;
  do {
    FLOWSTONE_LET(MarkerTree alternative, ParseConjunction());
    alternatives.push_back(std::move(alternative));
  } while (TakeWord("or"));
  return JoinMarkers(MarkerNodeKind::kOr, alternatives);
}

Result<MarkerTree> MarkerParser::ParseConjunction() {
  std::vector<MarkerTree> conditions;
  do {
    FLOWSTONE_LET(MarkerTree condition, ParseAtom());
    conditions.push_back(std::move(condition));
  } while (TakeWord("and"));
  return JoinMarkers(MarkerNodeKind::kAnd, conditions);
}

Result<MarkerTree> MarkerParser::ParseAtom() {
  cursor_.SkipBlanks();
  const std::size_t start = cursor_.position();
  if (!cursor_.Take('(')) {
    return ParseComparison();
  }
  if (++depth_ > kMaxDepth) {
    return cursor_.ErrorFrom(start, "the marker is nested too deeply");
  }
  FLOWSTONE_LET(MarkerTree inner, ParseMarker());
  cursor_.SkipBlanks();
  if (!cursor_.Take(')')) {
    return cursor_.ErrorFrom(start, "expected ')' after the marker expression");
  }
  --depth_;
  cursor_.SkipBlanks();
  return inner;
}

Result<MarkerTree> MarkerParser::ParseComparison() {
  const std::size_t start = cursor_.position();
  MarkerNode node;
  MarkerComparison& comparison = node.comparison;
  FLOWSTONE_LET(comparison.left, ParseOperand());
  cursor_.SkipBlanks();
  FLOWSTONE_LET(comparison.op, ParseOperator());
  cursor_.SkipBlanks();
  FLOWSTONE_LET(comparison.right, ParseOperand());
  auto* left_variable = std::get_if<MarkerVariable>(&comparison.left);
  auto* left_text = std::get_if<std::string>(&comparison.left);
  auto* right_variable = std::get_if<MarkerVariable>(&comparison.right);
  auto* right_text = std::get_if<std::string>(&comparison.right);
  if (left_variable != nullptr && right_text != nullptr) {
    if (*left_variable == MarkerVariable::kExtra) {
      *right_text = NormalizeName(*right_text);
    }
    if (ComparesVersions(*left_variable)) {
      const std::string text = std::string(MarkerOperatorText(comparison.op)) + *right_text;
      if (Result<Specifier> specifier = Specifier::Parse(text)) {
        comparison.specifier = *std::move(specifier);
      }
    }
  }
  if (right_variable != nullptr && left_text != nullptr &&
      (*right_variable == MarkerVariable::kExtra || IsSetValued(*right_variable))) {
    *left_text = NormalizeName(*left_text);
  }
  if (const std::optional<std::string> objection = Objection(comparison)) {
    return cursor_.ErrorFrom(start, *objection);
  }
  cursor_.SkipBlanks();
  return std::make_shared<const MarkerNode>(std::move(node));
}

std::optional<std::string> MarkerParser::Objection(const MarkerComparison& comparison) {
  const auto* left = std::get_if<MarkerVariable>(&comparison.left);
  const auto* right = std::get_if<MarkerVariable>(&comparison.right);
  if (left == nullptr && right == nullptr) {
    return "the comparison needs a variable on one side";
  }
  for (const MarkerVariable* variable : {left, right}) {
    if (variable != nullptr && IsSetValued(*variable)) {
      const bool is_membership =
          variable == right && left == nullptr &&
          (comparison.op == MarkerOperator::kIn || comparison.op == MarkerOperator::kNotIn);
      const std::string name(MarkerVariableText(*variable));
      if (is_membership) {
        return std::nullopt;
      }
      std::string objection = "'" + name;
      objection += "' is a set: write '\"name\" in ";
      objection += name;
      objection += '\'';
      return objection;
    }
  }
  if (comparison.op == MarkerOperator::kCompatible ||
      comparison.op == MarkerOperator::kArbitraryEqual) {
    const MarkerVariable subject = left != nullptr ? *left : *right;
    const bool has_text = right == nullptr;
    if (!ComparesVersions(subject) || (has_text && !comparison.specifier)) {
      return "'" + std::string(MarkerOperatorText(comparison.op)) + "' compares versions";
    }
  }
  return std::nullopt;
}

Result<MarkerOperand> MarkerParser::ParseOperand() {
  const char c = cursor_.Peek();
  if (c == '\'' || c == '"') {
    return ParseQuoted();
  }
  return ParseVariable();
}

Result<MarkerOperand> MarkerParser::ParseQuoted() {
  const std::size_t start = cursor_.position();
  const char quote = cursor_.Peek();
  cursor_.Advance(1);
  const std::string text(cursor_.TakeUntil(std::string_view(&quote, 1)));
  if (!cursor_.Take(quote)) {
    return cursor_.ErrorFrom(start, "the quotation mark is not closed");
  }
  const bool is_plain = std::none_of(text.begin(), text.end(), [](char c) {
    return c == '\\' || (static_cast<unsigned char>(c) < 0x20 && c != '\t');
  });
  if (!is_plain) {
    return cursor_.ErrorFrom(start, "backslashes and control characters are not allowed here");
  }
  return MarkerOperand(text);
}

Result<MarkerOperand> MarkerParser::ParseVariable() {
  const std::size_t start = cursor_.position();
  while (IsWordCharacter(cursor_.Peek()) || cursor_.Peek() == '.') {
    cursor_.Advance(1);
  }
  const std::string_view word = cursor_.Since(start);
  if (word.empty()) {
    return cursor_.ErrorHere("expected a marker variable or a quoted text");
  }
  const std::optional<MarkerVariable> variable = FindMarkerVariable(word);
  if (!variable) {
    return cursor_.ErrorFrom(start, "'" + std::string(word) + "' is not a marker variable");
  }
  if (IsSetValued(*variable) && variables_ != MarkerVariables::kLockFile) {
    return cursor_.ErrorFrom(start, "'" + std::string(word) + "' is for lock files only");
  }
  return MarkerOperand(*variable);
}

Result<MarkerOperator> MarkerParser::ParseOperator() {
  for (const MarkerOperator op : kSymbols) {
    if (cursor_.Take(MarkerOperatorText(op))) {
      return op;
    }
  }
  if (TakeWord("in")) {
    return MarkerOperator::kIn;
  }
  if (TakeWord("not")) {
    const std::size_t after = cursor_.position();
    cursor_.SkipBlanks();
    if (cursor_.position() > after && TakeWord("in")) {
      return MarkerOperator::kNotIn;
    }
    return cursor_.ErrorHere("expected 'in' after 'not'");
  }
  return cursor_.ErrorHere("expected an operator: <, <=, ==, !=, >=, >, ~=, ===, in or not in");
}

bool MarkerParser::TakeWord(std::string_view word) {
  const std::string_view rest = cursor_.rest();
  if (!rest.starts_with(word) ||
      (rest.size() > word.size() && IsWordCharacter(rest[word.size()]))) {
    return false;
  }
  cursor_.Advance(word.size());
  return true;
}

}  // namespace

Result<MarkerTree> ParseMarkerTree(SourceCursor& cursor, MarkerVariables variables) {
  return MarkerParser(cursor, variables).ParseMarker();
}

}  // namespace flowstone::pypi
