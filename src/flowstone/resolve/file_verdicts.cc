#include "flowstone/resolve/file_verdicts.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "flowstone/pypi/leniency.h"

namespace flowstone::resolve {

std::vector<TagVerdict> FileVerdicts::OnTags(const index::Listing& listing) {
  listings_.push_back(listing);
  std::vector<TagVerdict> verdicts(listing.tag_set_count());
  for (std::uint32_t i = 1; i < listing.tag_set_count(); ++i) {
    const std::string_view text = listing.TagSetText(i);
    const auto [known, is_new] = tags_.try_emplace(text);
    if (is_new) {
      known->second = {.id = static_cast<std::uint32_t>(tags_.size()),
                       .priority = scope_.WheelPriority(text)};
    }
    verdicts[i] = known->second;
  }
  return verdicts;
}

std::vector<PythonVerdict> FileVerdicts::OnPythons(const index::Listing& listing) {
  std::vector<PythonVerdict> verdicts(listing.python_count());
  for (std::uint32_t i = 1; i < listing.python_count(); ++i) {
    verdicts[i] = OnPython(listing.PythonText(i)).verdict;
  }
  return verdicts;
}

const PythonDemand& FileVerdicts::OnPython(std::string_view requires_python) {
  auto known = pythons_.find(requires_python);
  if (known == pythons_.end()) {
    PythonDemand demand{.verdict = {.id = static_cast<std::uint32_t>(pythons_.size() + 1)}};
    if (auto parsed = pypi::ParseSpecifiersLeniently(requires_python)) {
      demand.verdict.is_accepted = scope_.AcceptsPython(parsed->value, upper_bound_);
      demand.specifiers = std::move(parsed->value);
    }
    known = pythons_.emplace(requires_python, std::move(demand)).first;
  }
  return known->second;
}

}  // namespace flowstone::resolve
