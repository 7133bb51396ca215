// ReleaseSurvey: decides about the releases of one project from the columns of its listings, a few
// numbers for each file. Looking at a release costs no memory, and most releases are like another:
// looking at one decides about all. Judging one makes values of what the scope can use of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "flowstone/index/listing.h"
#include "flowstone/index/package_index.h"
#include "flowstone/resolve/direct_wishes.h"
#include "flowstone/resolve/file_verdicts.h"
#include "flowstone/resolve/release_judge.h"
#include "flowstone/resolve/scope.h"

namespace flowstone::resolve {

class ReleaseSurvey {
 public:
  // A version in one listing.
  struct Member {
    std::uint32_t source;
    std::uint32_t version;
  };
  struct FileRef {
    std::uint32_t source;
    std::uint32_t file;
  };
  // Which reason a release has for not being usable, without its words: releases with equal
  // symptoms have equal reasons.
  struct Symptom {
    enum class Kind : std::uint8_t {
      kPrerelease,
      kYanked,
      kHash,
      kPython,
      kTags,
      kSource,
      kNothing
    };
    Kind kind = Kind::kNothing;
    std::uint64_t detail = 0;

    friend auto operator<=>(const Symptom&, const Symptom&) = default;
  };
  struct Finding {
    bool has_wheel = false;
    bool has_source = false;
    std::optional<FileRef> best = {};  // of wheels; nothing when the names have to decide
    Symptom symptom = {};              // when there is neither

    bool is_usable() const { return has_wheel || has_source; }
  };

  // The references outlive this. `scope` is the one of `verdicts`. `exclude_newer_us`: files of
  // that moment and later do not exist.
  ReleaseSurvey(const index::ProjectFiles& files, const Scope& scope, const ReleaseJudge& judge,
                const DirectWishes& wishes, std::optional<std::int64_t> exclude_newer_us,
                FileVerdicts& verdicts);

  // `members`: one version, in each listing that has it. All files of it count but those that an
  // earlier listing has and those that are too new. Whether any counts:
  bool HasFiles(std::span<const Member> members) const {
    const Member& first = members.front();
    return CountsWhole(files_.listings[first.source].NewestUploadUs(first.version)) ||
           AnyFileCounts(members);
  }
  // Of a version that has files.
  Finding Look(std::span<const Member> members) const;
  ProjectVersion Judge(std::span<const Member> members) const;
  // What exists of it.
  std::vector<index::IndexFile> Files(std::span<const Member> members) const;

 private:
  enum class Objection : std::uint8_t { kNone, kPolicy, kTags, kPython, kYanked, kHash };

  // What was found out about the releases of one shape in one listing.
  struct ShapeFinding {
    enum class Extent : std::uint8_t { kNotAsked, kAllReleases, kEachItsOwn };

    Extent extent = Extent::kNotAsked;
    Finding finding = {};  // `best` counts from the first file of a release
  };

  // How good the wheels of one tag set are, which is asked when the first of them is met.
  struct TagFinding {
    bool is_known = false;
    std::optional<std::size_t> priority = {};  // 0 being the best; nothing: not usable
  };

  // Whether yanked files of a release may be used: asked only when one is met.
  class YankPermit;

  bool AnyFileCounts(std::span<const Member> members) const;
  Finding LookAtFiles(std::span<const Member> members) const;
  // Of a release that has no usable file.
  Symptom SymptomOf(std::span<const Member> members) const;
  ReleaseJudge::Rejections RejectionsOf(std::span<const Member> members) const;
  // The same for a release all files of which count, with one look for all releases of its shape.
  Finding LookAtShape(const Member& member, const index::Listing::VersionFacts& facts) const;
  // Calls visit(FileRef, FileFacts) for every file that counts.
  template <class Visit>
  void EachFile(std::span<const Member> members, const Visit& visit) const;
  Objection ObjectionTo(const FileRef& ref, const index::Listing::FileFacts& facts,
                        YankPermit& permit) const;
  // Of a wheel. Not remembered for other projects: a set is read in less time than it is found
  // among those of all projects.
  std::optional<std::size_t> PriorityOf(const FileRef& ref,
                                        const index::Listing::FileFacts& facts) const;
  // Found out when the first file with the same Requires-Python is met.
  const PythonVerdict& OnPython(const FileRef& ref, const index::Listing::FileFacts& facts) const;
  // Of all files of a version in one listing.
  bool CountsWhole(std::int64_t newest_upload_us) const {
    return !has_end() || newest_upload_us < end_us_;
  }
  bool has_end() const { return end_us_ != std::numeric_limits<std::int64_t>::max(); }
  pypi::Version VersionOf(std::span<const Member> members) const;

  const index::ProjectFiles& files_;
  const Scope& scope_;
  const ReleaseJudge& judge_;
  const DirectWishes& wishes_;
  const std::int64_t end_us_;  // no file is of that moment or later
  const bool asks_hashes_;
  FileVerdicts& verdicts_;

  // What was found out so far about one listing.
  struct Known {
    std::vector<TagFinding> tags;               // by tag set
    std::vector<const PythonVerdict*> pythons;  // by Requires-Python; null: not asked
    std::vector<ShapeFinding> shapes;           // by shape
  };
  mutable std::vector<Known> known_;  // by source
};

}  // namespace flowstone::resolve
