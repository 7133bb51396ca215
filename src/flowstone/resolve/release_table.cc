#include "flowstone/resolve/release_table.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "flowstone/index/listing.h"
#include "flowstone/pypi/version.h"
#include "flowstone/solve/ids.h"
#include "flowstone/solve/ordinal_set.h"

namespace flowstone::resolve {

using index::Listing;

ReleaseTable::ReleaseTable(const index::ProjectFiles& files, const ReleaseSurvey& survey)
    : listings_(files.listings),
      prereleases_(listings_.size() == 1 ? Select(survey) : Merge(survey)) {}

solve::OrdinalSet ReleaseTable::SetOf(const std::vector<solve::Ordinal>& ordinals) const {
  solve::OrdinalSet set = solve::OrdinalSet::Empty(size_);
  for (const solve::Ordinal ordinal : ordinals) {
    set.Insert(ordinal);
  }
  return set;
}

solve::OrdinalSet ReleaseTable::Select(const ReleaseSurvey& survey) {
  const Listing& listing = listings_.front();
  std::vector<solve::Ordinal> prereleases;
  for (Member member{.source = 0, .version = 0}; member.version < listing.version_count();
       ++member.version) {
    if (!survey.HasFiles(std::span(&member, 1))) {
      if (!selected_) {
        selected_.emplace(size_);
        std::iota(selected_->begin(), selected_->end(), 0U);
      }
      continue;
    }
    if (listing.IsPrerelease(member.version)) {
      prereleases.push_back(size_);
    }
    if (selected_) {
      selected_->push_back(member.version);
    }
    ++size_;
  }
  return SetOf(prereleases);
}

solve::OrdinalSet ReleaseTable::Merge(const ReleaseSurvey& survey) {
  std::map<std::string, std::vector<Member>> by_key;
  for (std::uint32_t source = 0; source < listings_.size(); ++source) {
    for (std::uint32_t i = 0; i < listings_[source].version_count(); ++i) {
      by_key[listings_[source].VersionKey(i)].push_back({source, i});
    }
  }
  std::vector<solve::Ordinal> prereleases;
  for (const auto& [key, members] : by_key) {
    const Member& first = members.front();
    if (!survey.HasFiles(members)) {
      continue;
    }
    if (listings_[first.source].IsPrerelease(first.version)) {
      prereleases.push_back(size_);
    }
    ++size_;
    heads_.push_back(listings_[first.source].VersionHead(first.version));
    firsts_.push_back(static_cast<std::uint32_t>(members_.size()));
    members_.insert(members_.end(), members.begin(), members.end());
  }
  firsts_.push_back(static_cast<std::uint32_t>(members_.size()));
  return SetOf(prereleases);
}

std::string ReleaseTable::KeyAt(solve::Ordinal ordinal) const {
  const Member first = FirstOf(ordinal);
  return listings_[first.source].VersionKey(first.version);
}

pypi::Version ReleaseTable::VersionAt(solve::Ordinal ordinal) const {
  const Member first = FirstOf(ordinal);
  return listings_[first.source].Version(first.version);
}

std::string_view ReleaseTable::VersionTextAt(solve::Ordinal ordinal) const {
  const Member first = FirstOf(ordinal);
  return listings_[first.source].VersionText(first.version);
}

solve::Ordinal ReleaseTable::LowerBound(std::string_view key) const {
  if (listings_.size() == 1) {
    const std::uint32_t version = listings_.front().LowerBound(key);
    const bool is_in_place = !selected_ || (version < size_ && (*selected_)[version] == version);
    return is_in_place ? version
                       : static_cast<solve::Ordinal>(std::ranges::lower_bound(*selected_, version) -
                                                     selected_->begin());
  }
  const std::uint64_t head = index::KeyHead(key);
  const auto range = std::ranges::equal_range(heads_, head);
  auto first = static_cast<solve::Ordinal>(range.begin() - heads_.begin());
  const auto last = static_cast<solve::Ordinal>(range.end() - heads_.begin());
  while (first < last && KeyAt(first) < key) {
    ++first;
  }
  return first;
}

}  // namespace flowstone::resolve
