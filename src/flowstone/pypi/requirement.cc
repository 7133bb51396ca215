#include "flowstone/pypi/requirement.h"

#include <utility>

#include "flowstone/pypi/requirement_parser.h"

namespace flowstone::pypi {

Result<Requirement> Requirement::Parse(std::string_view text) {
  FLOWSTONE_LET(Lenient<Requirement> parsed, ParseRequirement(text, RequirementGrammar::kStandard));
  return std::move(parsed.value);
}

std::string Requirement::ToString() const {
  std::string text = name.ToString();
  for (const ExtraName& extra : extras) {
    text += &extra == extras.data() ? "[" : ",";
    text += extra.ToString();
  }
  text += extras.empty() ? "" : "]";
  text += specifiers.ToString();
  if (!url.empty()) {
    text += " @ " + url;
  }
  if (!marker.is_always()) {
    // A URL ends at white space only.
    text += (url.empty() ? "; " : " ; ") + marker.ToString();
  }
  return text;
}

}  // namespace flowstone::pypi
