#include "flowstone/resolve/vocabulary.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "flowstone/pypi/specifier.h"
#include "flowstone/pypi/version_set.h"
#include "flowstone/solve/ids.h"

namespace flowstone::resolve {
namespace {

bool NamesOneVersion(const pypi::SpecifierSet& specifiers) {
  return std::ranges::any_of(specifiers.specifiers(), [](const pypi::Specifier& specifier) {
    return specifier.op() == pypi::SpecifierOperator::kArbitraryEqual ||
           (specifier.op() == pypi::SpecifierOperator::kEqual && !specifier.is_wildcard());
  });
}

}  // namespace

Vocabulary::Vocabulary() : ranges_{{pypi::VersionSet::Full()}}, range_ids_{{"", {0}}} {
  Package({pypi::Name(), pypi::ExtraName()});
}

solve::PackageId Vocabulary::Package(const SubjectRef& subject) {
  if (const auto known = packages_.find(subject); known != packages_.end()) {
    return known->second;
  }
  const solve::PackageId next{static_cast<std::uint32_t>(subjects_.size())};
  subjects_.push_back({subject.name, subject.extra});
  packages_.emplace(subjects_.back(), next);
  return next;
}

solve::RangeId Vocabulary::RangeOf(const pypi::SpecifierSet& specifiers) {
  std::string text = specifiers.ToString();
  const solve::RangeId next{static_cast<std::uint32_t>(ranges_.size())};
  const auto [entry, is_new] = range_ids_.emplace(text, next);
  if (is_new) {
    ranges_.push_back(
        {specifiers.ToVersionSet(), std::move(text), "", NamesOneVersion(specifiers)});
  }
  return entry->second;
}

solve::RangeId Vocabulary::WishOf(const pypi::SpecifierSet& specifiers, std::string origin) {
  ranges_.push_back({specifiers.ToVersionSet(), specifiers.ToString(), std::move(origin),
                     NamesOneVersion(specifiers)});
  return {static_cast<std::uint32_t>(ranges_.size() - 1)};
}

solve::ReasonId Vocabulary::ReasonOf(const std::string& text) {
  const solve::ReasonId next{static_cast<std::uint32_t>(reasons_.size())};
  const auto [entry, is_new] = reason_ids_.emplace(text, next);
  if (is_new) {
    reasons_.push_back(text);
  }
  return entry->second;
}

solve::ReasonId Vocabulary::UntoldReason() {
  reasons_.emplace_back();
  return {static_cast<std::uint32_t>(reasons_.size() - 1)};
}

}  // namespace flowstone::resolve
