#include "flowstone/resolve/file_verdicts.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "flowstone/pypi/leniency.h"
#include "flowstone/pypi/tags.h"

namespace flowstone::resolve {

std::vector<TagVerdict> FileVerdicts::OnTags(const index::Listing& listing) {
  std::vector<TagVerdict> verdicts(listing.tag_set_count());
  for (std::uint32_t i = 1; i < listing.tag_set_count(); ++i) {
    const auto [entry, is_new] = tags_.try_emplace(std::string(listing.TagSetText(i)));
    if (is_new) {
      entry->second.id = static_cast<std::uint32_t>(tags_.size());
      if (const Result<pypi::TagSet> tags = pypi::TagSet::Parse(entry->first)) {
        entry->second.priority = scope_.WheelPriority(*tags);
      }
    }
    verdicts[i] = entry->second;
  }
  return verdicts;
}

std::vector<PythonVerdict> FileVerdicts::OnPythons(const index::Listing& listing) {
  std::vector<PythonVerdict> verdicts(listing.python_count());
  for (std::uint32_t i = 1; i < listing.python_count(); ++i) {
    verdicts[i] = OnPython(listing.PythonText(i));
  }
  return verdicts;
}

PythonVerdict FileVerdicts::OnPython(std::string_view requires_python) {
  const auto [entry, is_new] = pythons_.try_emplace(std::string(requires_python));
  if (is_new) {
    const auto parsed = pypi::ParseSpecifiersLeniently(requires_python);
    entry->second = {.id = static_cast<std::uint32_t>(pythons_.size()),
                     .is_accepted = !parsed || scope_.AcceptsPython(parsed->value, upper_bound_)};
  }
  return entry->second;
}

}  // namespace flowstone::resolve
