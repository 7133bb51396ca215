#include "flowstone/project/name_choice.h"

#include <string>

#include "flowstone/base/text.h"

namespace flowstone::project {
namespace {

void ChooseAll(ChosenNames& side, ChosenNames& other) {
  side = {.scope = ChosenNames::Scope::kAll, .names = {}};
  other = {};
}

void ChooseOne(const pypi::Name& name, ChosenNames& side, ChosenNames& other) {
  other.names.erase(name);
  side.names.insert(name);
}

void AppendSide(const ChosenNames& later, ChosenNames& side, ChosenNames& other) {
  if (later.scope == ChosenNames::Scope::kAll) {
    ChooseAll(side, other);
  }
  for (const pypi::Name& name : later.names) {
    ChooseOne(name, side, other);
  }
}

}  // namespace

Status NameChoice::Choose(Side side, std::string_view words) {
  ChosenNames& chosen = side == Side::kFirst ? first_ : second_;
  ChosenNames& other = side == Side::kFirst ? second_ : first_;
  for (const std::string_view raw : SplitText(words, ',')) {
    const std::string_view word = TrimText(raw);
    if (word == ":all:") {
      ChooseAll(chosen, other);
    } else if (word == ":none:") {
      chosen = {};
    } else if (!word.empty()) {
      FLOWSTONE_LET(const pypi::Name name, pypi::Name::Parse(word));
      ChooseOne(name, chosen, other);
    }
  }
  return Ok();
}

void NameChoice::Append(const NameChoice& other) {
  // One of the two at most is for all; its exceptions on the other side come after it.
  if (other.second_.scope == ChosenNames::Scope::kAll) {
    AppendSide(other.second_, second_, first_);
    AppendSide(other.first_, first_, second_);
  } else {
    AppendSide(other.first_, first_, second_);
    AppendSide(other.second_, second_, first_);
  }
}

}  // namespace flowstone::project
