#include "flowstone/pypi/version_set.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "flowstone/base/check.h"
#include "flowstone/base/text.h"
#include "flowstone/pypi/version_key.h"
#include "flowstone/pypi/version_parts.h"

namespace flowstone::pypi {
namespace {

using Interval = VersionSet::Interval;

// Whether the upper bound `a` is below the upper bound `b`; an empty bound is above all others.
bool EndsBefore(std::string_view a, std::string_view b) {
  return !a.empty() && (b.empty() || a < b);
}

// Whether something lies between a lower and an upper bound.
bool IsInhabited(std::string_view lower, std::string_view upper) {
  return upper.empty() || lower < upper;
}

std::vector<Interval> Intersect(const std::vector<Interval>& a, const std::vector<Interval>& b) {
  std::vector<Interval> common;
  for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    const std::string& lower = std::max(a[i].lower, b[j].lower);
    const bool a_ends_first = EndsBefore(a[i].upper, b[j].upper);
    const std::string& upper = a_ends_first ? a[i].upper : b[j].upper;
    if (IsInhabited(lower, upper)) {
      common.push_back({lower, upper});
    }
    (a_ends_first ? i : j) += 1;
  }
  return common;
}

std::vector<Interval> Unite(const std::vector<Interval>& a, const std::vector<Interval>& b) {
  std::vector<Interval> sorted;
  sorted.reserve(a.size() + b.size());
  std::merge(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(sorted),
             [](const Interval& x, const Interval& y) { return x.lower < y.lower; });
  std::vector<Interval> merged;
  for (Interval& interval : sorted) {
    if (!merged.empty() && (merged.back().upper.empty() || interval.lower <= merged.back().upper)) {
      if (EndsBefore(merged.back().upper, interval.upper)) {
        merged.back().upper = std::move(interval.upper);
      }
    } else {
      merged.push_back(std::move(interval));
    }
  }
  return merged;
}

std::vector<Interval> Invert(const std::vector<Interval>& intervals) {
  std::vector<Interval> gaps;
  std::string lower;
  for (const Interval& interval : intervals) {
    if (!interval.lower.empty()) {
      gaps.push_back({lower, interval.lower});
    }
    if (interval.upper.empty()) {
      return gaps;
    }
    lower = interval.upper;
  }
  gaps.push_back({std::move(lower), ""});
  return gaps;
}

}  // namespace

VersionSet VersionSet::Full() {
  return Between("", "");
}

VersionSet VersionSet::Between(std::string lower, std::string upper) {
  if (lower <= LeastKey()) {
    lower.clear();
  }
  VersionSet set;
  const bool ends_below_all = !upper.empty() && upper <= LeastKey();
  if (!ends_below_all && IsInhabited(lower, upper)) {
    set.intervals_.push_back({std::move(lower), std::move(upper)});
  }
  return set;
}

VersionSet VersionSet::Exactly(const Version& version) {
  const std::optional<VersionParts> parts = ScanVersion(version.text());
  FLOWSTONE_CHECK(parts.has_value());
  return Between(version.key(),
                 version.has_local() ? KeyAboveExactly(*parts) : KeyAboveLocals(*parts));
}

VersionSet VersionSet::Spelt(std::string_view text) {
  VersionSet set;
  const std::string_view trimmed = TrimText(text);
  if (const std::optional<VersionParts> parts = ScanVersion(trimmed)) {
    set.exceptions_.push_back(
        {.text = AsciiLower(trimmed), .key = VersionKey(*parts), .contained = true});
  }
  return set;
}

bool VersionSet::ContainsKey(std::string_view key) const {
  const auto above =
      std::upper_bound(intervals_.begin(), intervals_.end(), key,
                       [](std::string_view k, const Interval& i) { return k < i.lower; });
  return above != intervals_.begin() && EndsBefore(key, std::prev(above)->upper);
}

bool VersionSet::ContainsSpelling(std::string_view text, std::string_view key) const {
  const auto exception =
      std::lower_bound(exceptions_.begin(), exceptions_.end(), text,
                       [](const Exception& e, std::string_view t) { return e.text < t; });
  if (exception != exceptions_.end() && exception->text == text) {
    return exception->contained;
  }
  return ContainsKey(key);
}

bool VersionSet::Contains(const Version& version) const {
  if (exceptions_.empty()) {
    return ContainsKey(version.key());
  }
  return ContainsSpelling(AsciiLower(version.text()), version.key());
}

bool VersionSet::is_full() const {
  return exceptions_.empty() && intervals_.size() == 1 && intervals_[0] == Interval{};
}

template <class Combine>
void VersionSet::AddExceptions(const VersionSet& a, const VersionSet& b, Combine combine) {
  const auto add = [&](const Exception& candidate) {
    const bool contained = combine(a.ContainsSpelling(candidate.text, candidate.key),
                                   b.ContainsSpelling(candidate.text, candidate.key));
    if (contained != ContainsKey(candidate.key)) {
      exceptions_.push_back({.text = candidate.text, .key = candidate.key, .contained = contained});
    }
  };
  std::for_each(a.exceptions_.begin(), a.exceptions_.end(), add);
  std::for_each(b.exceptions_.begin(), b.exceptions_.end(), add);
  std::sort(exceptions_.begin(), exceptions_.end());
  exceptions_.erase(std::unique(exceptions_.begin(), exceptions_.end()), exceptions_.end());
}

VersionSet VersionSet::Union(const VersionSet& other) const {
  VersionSet set;
  set.intervals_ = Unite(intervals_, other.intervals_);
  set.AddExceptions(*this, other, [](bool a, bool b) { return a || b; });
  return set;
}

VersionSet VersionSet::Intersection(const VersionSet& other) const {
  VersionSet set;
  set.intervals_ = Intersect(intervals_, other.intervals_);
  set.AddExceptions(*this, other, [](bool a, bool b) { return a && b; });
  return set;
}

VersionSet VersionSet::Complement() const {
  VersionSet set;
  set.intervals_ = Invert(intervals_);
  set.AddExceptions(*this, {}, [](bool a, bool) { return !a; });
  return set;
}

VersionSet VersionSet::Difference(const VersionSet& other) const {
  return Intersection(other.Complement());
}

bool VersionSet::IsSubsetOf(const VersionSet& other) const {
  return Difference(other).is_empty();
}

bool VersionSet::IsDisjointFrom(const VersionSet& other) const {
  return Intersection(other).is_empty();
}

}  // namespace flowstone::pypi

std::size_t std::hash<flowstone::pypi::VersionSet>::operator()(
    const flowstone::pypi::VersionSet& set) const noexcept {
  std::size_t value = 0;
  const auto mix = [&value](const std::string& text) {
    value = value * 1'000'003U + std::hash<std::string>()(text);
  };
  for (const auto& interval : set.intervals()) {
    mix(interval.lower);
    mix(interval.upper);
  }
  for (const auto& exception : set.exceptions()) {
    mix(exception.text);
  }
  return value;
}
