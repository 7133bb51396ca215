#include "flowstone/pypi/requirement_parser.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "flowstone/base/text.h"
#include "flowstone/pypi/source_cursor.h"

namespace flowstone::pypi {
namespace {

bool IsNameCharacter(char c) {
  return IsAsciiAlnum(c) || c == '.' || c == '_' || c == '-';
}

bool IsSpecifierOperatorCharacter(char c) {
  return c == '=' || c == '!' || c == '<' || c == '>' || c == '~';
}

// The error of a part, shown in the source from `start` to the cursor.
Error Locate(const SourceCursor& cursor, std::size_t start, Error error) {
  Error located = cursor.ErrorFrom(start, std::move(error.message));
  located.hints = std::move(error.hints);
  return located;
}

class RequirementParser {
 public:
  RequirementParser(std::string_view text, RequirementGrammar grammar)
      : cursor_(text), grammar_(grammar) {}

  Result<Lenient<Requirement>> Parse();

 private:
  Result<Name> ParseName();
  Status ParseExtras();
  Status ParseUrl();
  Status ParseSpecifiers();
  Status ParseList();
  Status ParsePublishedList();
  Status ParseMarker(std::string_view expected);
  std::string_view TakeName();

  SourceCursor cursor_;
  RequirementGrammar grammar_;
  Requirement requirement_;
  std::vector<Leniency> repairs_;
};

Result<Lenient<Requirement>> RequirementParser::Parse() {
  cursor_.SkipBlanks();
  FLOWSTONE_LET(requirement_.name, ParseName());
  cursor_.SkipBlanks();
  FLOWSTONE_TRY(ParseExtras());
  cursor_.SkipBlanks();
  if (cursor_.Take('@')) {
    FLOWSTONE_TRY(ParseUrl());
    FLOWSTONE_TRY(ParseMarker("white space and ';', or the end"));
  } else {
    FLOWSTONE_TRY(ParseSpecifiers());
    FLOWSTONE_TRY(ParseMarker(requirement_.specifiers.empty()
                                  ? "a version specifier, ';' or the end"
                                  : "',', ';' or the end"));
  }
  return Lenient<Requirement>{.value = std::move(requirement_), .repairs = std::move(repairs_)};
}

std::string_view RequirementParser::TakeName() {
  const std::size_t start = cursor_.position();
  while (IsNameCharacter(cursor_.Peek())) {
    cursor_.Advance(1);
  }
  return cursor_.Since(start);
}

Result<Name> RequirementParser::ParseName() {
  const std::size_t start = cursor_.position();
  std::string_view name = TakeName();
  if (name.empty()) {
    return cursor_.ErrorHere("expected a project name");
  }
  if (grammar_ == RequirementGrammar::kPublished && !IsAsciiAlnum(name.back())) {
    repairs_.push_back(Leniency::kNameEnd);
    while (!name.empty() && !IsAsciiAlnum(name.back())) {
      name.remove_suffix(1);
    }
  }
  Result<Name> parsed = Name::Parse(name);
  if (!parsed) {
    return Locate(cursor_, start, std::move(parsed.error()));
  }
  return parsed;
}

Status RequirementParser::ParseExtras() {
  const std::size_t start = cursor_.position();
  if (!cursor_.Take('[')) {
    return Ok();
  }
  std::vector<ExtraName>& extras = requirement_.extras;
  cursor_.SkipBlanks();
  while (cursor_.Peek() != ']') {
    const std::size_t name_start = cursor_.position();
    const std::string_view name = TakeName();
    if (name.empty()) {
      return cursor_.ErrorFrom(start, "expected the name of an extra");
    }
    Result<ExtraName> extra = ExtraName::Parse(name);
    if (!extra) {
      return Locate(cursor_, name_start, std::move(extra.error()));
    }
    extras.push_back(*std::move(extra));
    cursor_.SkipBlanks();
    if (cursor_.Take(',')) {
      cursor_.SkipBlanks();
      if (cursor_.Peek() == ']') {
        return cursor_.ErrorHere("expected the name of an extra after ','");
      }
    } else if (cursor_.Peek() != ']') {
      return cursor_.ErrorFrom(start, "expected ',' or ']' in the list of extras");
    }
  }
  cursor_.Advance(1);
  std::sort(extras.begin(), extras.end());
  extras.erase(std::unique(extras.begin(), extras.end()), extras.end());
  return Ok();
}

Status RequirementParser::ParseUrl() {
  cursor_.SkipBlanks();
  const std::size_t start = cursor_.position();
  requirement_.url = cursor_.TakeUntil(" \t");
  if (requirement_.url.empty()) {
    return cursor_.ErrorHere("expected a URL after '@'");
  }
  cursor_.SkipBlanks();
  if (!cursor_.at_end() && cursor_.Peek() != ';' && requirement_.url.ends_with(';')) {
    return cursor_.ErrorFrom(start, "the ';' belongs to the URL: put a space before it");
  }
  return Ok();
}

Status RequirementParser::ParseSpecifiers() {
  const std::size_t start = cursor_.position();
  const bool enclosed = cursor_.Take('(');
  cursor_.SkipBlanks();
  FLOWSTONE_TRY(grammar_ == RequirementGrammar::kStandard ? ParseList() : ParsePublishedList());
  cursor_.SkipBlanks();
  if (enclosed && !cursor_.Take(')')) {
    return cursor_.ErrorFrom(start, "expected ')' after the version specifiers");
  }
  return Ok();
}

Status RequirementParser::ParseList() {
  std::vector<Specifier> specifiers;
  while (IsSpecifierOperatorCharacter(cursor_.Peek())) {
    const std::size_t start = cursor_.position();
    while (IsSpecifierOperatorCharacter(cursor_.Peek())) {
      cursor_.Advance(1);
    }
    while (IsAsciiSpace(cursor_.Peek())) {
      cursor_.Advance(1);
    }
    cursor_.TakeUntil(" \t\n\r\f\v,;)");
    Result<Specifier> specifier = Specifier::Parse(cursor_.Since(start));
    if (!specifier) {
      return Locate(cursor_, start, std::move(specifier.error()));
    }
    specifiers.push_back(*std::move(specifier));
    cursor_.SkipBlanks();
    if (!cursor_.Take(',')) {
      break;
    }
    cursor_.SkipBlanks();
  }
  requirement_.specifiers = SpecifierSet(std::move(specifiers));
  return Ok();
}

Status RequirementParser::ParsePublishedList() {
  const std::size_t start = cursor_.position();
  Result<Lenient<SpecifierSet>> parsed = ParseSpecifiersLeniently(cursor_.TakeUntil(";)"));
  if (!parsed) {
    return Locate(cursor_, start, std::move(parsed.error()));
  }
  requirement_.specifiers = std::move(parsed->value);
  repairs_.insert(repairs_.end(), parsed->repairs.begin(), parsed->repairs.end());
  return Ok();
}

Status RequirementParser::ParseMarker(std::string_view expected) {
  cursor_.SkipBlanks();
  if (cursor_.at_end()) {
    return Ok();
  }
  if (!cursor_.Take(';')) {
    return cursor_.ErrorHere("expected " + std::string(expected));
  }
  FLOWSTONE_LET(requirement_.marker, Marker::ParseAt(cursor_, MarkerVariables::kRequirement));
  cursor_.SkipBlanks();
  if (!cursor_.at_end()) {
    return cursor_.ErrorHere("expected 'and', 'or' or the end of the requirement");
  }
  return Ok();
}

}  // namespace

Result<Lenient<Requirement>> ParseRequirement(std::string_view text, RequirementGrammar grammar) {
  return RequirementParser(text, grammar).Parse();
}

}  // namespace flowstone::pypi
