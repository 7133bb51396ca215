#include "flowstone/pypi/leniency.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "flowstone/base/text.h"
#include "flowstone/pypi/requirement_parser.h"
#include "flowstone/pypi/version_parts.h"

namespace flowstone::pypi {
namespace {

constexpr std::string_view kOperatorCharacters = "=!<>~";

constexpr std::array<std::string_view, 9> kKnownOperators = {"==", "!=", "<=",  ">=", "<",
                                                             ">",  "~=", "===", "!=~"};

bool IsOperatorCharacter(char c) {
  return kOperatorCharacters.find(c) != std::string_view::npos;
}

// Repairs one text of specifiers, noting what it did.
class SpecifierRepair {
 public:
  explicit SpecifierRepair(std::string_view text) : text_(text) {}

  Result<Lenient<SpecifierSet>> Run();

 private:
  // The text without quotation marks.
  std::string Unquote();
  // The pieces between commas, and between a version and the operator of the next one.
  std::vector<std::string> Split(std::string_view text);
  // The piece as the standard spells it; empty when it constrains nothing.
  std::string Repair(std::string_view piece);
  std::string RepairOperand(std::string_view op, std::string operand);
  void Note(Leniency leniency);

  std::string_view text_;
  std::vector<Leniency> repairs_;
};

void SpecifierRepair::Note(Leniency leniency) {
  if (std::find(repairs_.begin(), repairs_.end(), leniency) == repairs_.end()) {
    repairs_.push_back(leniency);
  }
}

std::string SpecifierRepair::Unquote() {
  std::string unquoted;
  for (const char c : text_) {
    if (c == '"' || c == '\'') {
      Note(Leniency::kQuotedVersion);
    } else {
      unquoted += c;
    }
  }
  return unquoted;
}

std::vector<std::string> SpecifierRepair::Split(std::string_view text) {
  std::vector<std::string> pieces(1);
  bool in_operand = false;
  for (const char c : text) {
    if (c == ',') {
      pieces.emplace_back();
      in_operand = false;
      continue;
    }
    if (IsOperatorCharacter(c)) {
      if (in_operand) {
        Note(Leniency::kMissingComma);
        pieces.emplace_back();
        in_operand = false;
      }
    } else if (!IsAsciiSpace(c)) {
      in_operand = true;
    }
    pieces.back() += c;
  }
  return pieces;
}

std::string SpecifierRepair::RepairOperand(std::string_view op, std::string operand) {
  if (operand.ends_with('*') && !operand.ends_with(".*") && operand.size() > 1) {
    Note(Leniency::kMissingDot);
    operand.insert(operand.size() - 1, ".");
  }
  if (operand == "dev") {
    Note(Leniency::kBareDev);
    return std::string(op) + "0.dev0";
  }
  if (operand.ends_with('.')) {
    Note(Leniency::kTrailingDot);
    operand.pop_back();
  }
  const bool is_equality = op == "==" || op == "!=";
  if (operand.ends_with(".*") && !is_equality && op != "===") {
    Note(Leniency::kOrderedWildcard);
    operand.resize(operand.size() - 2);
    // ~=1.* has no `~=1`: it means every 1.
    if (op == "~=" && operand.find('.') == std::string::npos) {
      return "==" + operand + ".*";
    }
  }
  return std::string(op) + operand;
}

std::string SpecifierRepair::Repair(std::string_view piece) {
  const std::string_view trimmed = TrimText(piece);
  const std::size_t op_end =
      std::min(trimmed.find_first_not_of(kOperatorCharacters), trimmed.size());
  std::string_view op = trimmed.substr(0, op_end);
  const std::string operand(TrimText(trimmed.substr(op_end)));
  // "== =1" must not become "===1": what stands apart is not one operator.
  if (operand.find_first_of(kOperatorCharacters) == 0) {
    return std::string(trimmed);
  }
  // Nor may white space go where it is what makes a text wrong: "==== 1" is not "===" with "=1".
  if (!op.empty() && std::ranges::find(kKnownOperators, op) == kKnownOperators.end()) {
    return std::string(trimmed);
  }
  if (operand == "*" && op != "!=" && op != "===") {
    Note(Leniency::kBareWildcard);
    return {};
  }
  if (op == "!=~") {
    Note(Leniency::kNotEqualTilde);
    op = "!=";
    return RepairOperand(op, operand.ends_with(".*") ? operand : operand + ".*");
  }
  return RepairOperand(op, operand);
}

Result<Lenient<SpecifierSet>> SpecifierRepair::Run() {
  std::string repaired;
  for (const std::string& piece : Split(Unquote())) {
    const std::string specifier = TrimText(piece).empty() ? "" : Repair(piece);
    if (!specifier.empty()) {
      repaired += repaired.empty() ? "" : ",";
      repaired += specifier;
    }
  }
  Result<SpecifierSet> parsed = SpecifierSet::Parse(repaired);
  if (!parsed) {
    return std::move(parsed.error());
  }
  return Lenient<SpecifierSet>{.value = *std::move(parsed), .repairs = std::move(repairs_)};
}

}  // namespace

std::string_view LeniencyName(Leniency leniency) {
  constexpr std::array<std::string_view, 9> names = {
      "missing-comma",   "quoted-version", "trailing-dot", "ordered-wildcard", "missing-dot",
      "not-equal-tilde", "bare-wildcard",  "name-end",     "bare-dev"};
  return names.at(static_cast<std::size_t>(leniency));
}

Result<Lenient<SpecifierSet>> ParseSpecifiersLeniently(std::string_view text) {
  if (Result<SpecifierSet> strict = SpecifierSet::Parse(text)) {
    return Lenient<SpecifierSet>{.value = *std::move(strict), .repairs = {}};
  }
  return SpecifierRepair(text).Run();
}

Result<Lenient<Requirement>> ParseRequirementLeniently(std::string_view text) {
  Result<Lenient<Requirement>> strict = ParseRequirement(text, RequirementGrammar::kStandard);
  return strict ? std::move(strict) : ParseRequirement(text, RequirementGrammar::kPublished);
}

}  // namespace flowstone::pypi
