// ReleaseTable: the releases of one project that have files, ascending by version, and in which
// listings each is. Of a project with one listing all of whose versions count, as most are, nothing
// is kept but their number: there may be thousands, of which two or three are looked at.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "flowstone/index/listing.h"
#include "flowstone/index/package_index.h"
#include "flowstone/pypi/version.h"
#include "flowstone/resolve/release_survey.h"
#include "flowstone/solve/ids.h"
#include "flowstone/solve/ordinal_set.h"

namespace flowstone::resolve {

class ReleaseTable {
 public:
  using Member = ReleaseSurvey::Member;

  // Where one release is. To be read before the statement ends in which it was asked for.
  class Members {
   public:
    explicit Members(const Member& lone) : lone_(lone) {}
    explicit Members(std::span<const Member> several) : several_(several) {}
    // NOLINTNEXTLINE(google-explicit-constructor): it is nothing else
    operator std::span<const Member>() const {
      return several_.empty() ? std::span(&lone_, 1) : several_;
    }

   private:
    Member lone_ = {};
    std::span<const Member> several_;
  };

  // The references outlive this. `survey` says which versions have files.
  ReleaseTable(const index::ProjectFiles& files, const ReleaseSurvey& survey);

  std::uint32_t size() const { return size_; }
  const solve::OrdinalSet& prereleases() const { return prereleases_; }

  Members MembersOf(solve::Ordinal ordinal) const {
    if (listings_.size() == 1) {
      return Members(Member{.source = 0, .version = selected_ ? (*selected_)[ordinal] : ordinal});
    }
    const std::span<const Member> all(members_);
    return Members(all.subspan(firsts_[ordinal], firsts_[ordinal + 1] - firsts_[ordinal]));
  }
  std::string KeyAt(solve::Ordinal ordinal) const;
  pypi::Version VersionAt(solve::Ordinal ordinal) const;
  // As the first of its files spells it.
  std::string_view VersionTextAt(solve::Ordinal ordinal) const;
  // The first release whose key is not below `key`.
  solve::Ordinal LowerBound(std::string_view key) const;

 private:
  // Fill the table from one listing, and from several; give the pre-releases.
  solve::OrdinalSet Select(const ReleaseSurvey& survey);
  solve::OrdinalSet Merge(const ReleaseSurvey& survey);
  solve::OrdinalSet SetOf(const std::vector<solve::Ordinal>& ordinals) const;
  Member FirstOf(solve::Ordinal ordinal) const {
    const Members members = MembersOf(ordinal);
    return std::span<const Member>(members).front();
  }

  const std::vector<index::Listing>& listings_;
  std::uint32_t size_ = 0;
  std::optional<std::vector<std::uint32_t>> selected_;  // of one listing, unless it is all of it
  // Of several listings.
  std::vector<std::uint64_t> heads_;   // KeyHead of each release, ascending
  std::vector<std::uint32_t> firsts_;  // in members_, one more than there are releases
  std::vector<Member> members_;
  const solve::OrdinalSet prereleases_;  // made last
};

}  // namespace flowstone::resolve
