// ReleaseJudge: what the policies say about the versions of a project, and the words for why one
// cannot be used.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "flowstone/index/project_page.h"
#include "flowstone/pypi/name.h"
#include "flowstone/pypi/version.h"
#include "flowstone/pypi/wheel_name.h"
#include "flowstone/resolve/direct_wishes.h"
#include "flowstone/resolve/policies.h"
#include "flowstone/resolve/request.h"
#include "flowstone/resolve/scope.h"

namespace flowstone::resolve {

struct UsableWheel {
  index::IndexFile file;
  std::size_t priority;  // of its best tag, 0 being the best
  pypi::BuildTag build;
};

// What keeps a version from being used.
enum class Rejection : std::uint8_t {
  kNone,
  kPrerelease,
  kYanked,
  kHash,
  kPython,
  kTags,
  kNoSource,    // only sources may be used
  kOnlySource,  // only wheels may be used
  kNoFile,
};

// A version with the files of it that can be used.
struct ProjectVersion {
  pypi::Version version;
  std::vector<UsableWheel> wheels = {};  // best first
  // The first gzipped tar archive, which every tool reads, or the first archive.
  std::optional<index::IndexFile> source = {};
  std::vector<index::IndexFile> files = {};  // all that exist, when none can be used
  Rejection rejection = Rejection::kNone;    // why there is neither
  std::string unusable = {};                 // the same in words; empty when there is one

  // The file whose metadata counts for the release; null when it is unusable.
  const index::IndexFile* MetadataFile() const {
    return wheels.empty() ? (source ? &*source : nullptr) : &wheels.front().file;
  }
};

// What is known about a project before it is read.
struct ProjectHistory {
  std::vector<pypi::Version> preferred = {};  // to take while nothing speaks against it, in order
  // With YankedMode::kPinnedAnywhere: those that turned out to be pinned by nothing.
  std::vector<pypi::Version> unpinned = {};
};

class ReleaseJudge {
 public:
  // `request`, `scope` and `wishes` outlive this.
  ReleaseJudge(const ResolveRequest& request, const Scope& scope, const DirectWishes& wishes,
               pypi::Name name, ProjectHistory history)
      : request_(request),
        scope_(scope),
        wishes_(wishes),
        name_(std::move(name)),
        history_(std::move(history)),
        binaries_(request.policies.binaries.For(name_)),
        prereleases_(request.policies.PrereleasesFor(name_)) {}

  const ProjectHistory& history() const { return history_; }
  BinaryPolicy binaries() const { return binaries_; }
  PrereleaseMode prereleases() const { return prereleases_; }
  // Whether files that are yanked with an empty text are as good as others (CountsAsYanked).
  bool IgnoresEmptyYanks() const { return request_.policies.yanked == YankedMode::kPinnedAnywhere; }

  // Why pre-releases of the project may not be used, when it has final releases or none; empty when
  // they may.
  enum class Finals : std::uint8_t { kNone, kSome };
  std::string PrereleaseObjection(Finals finals) const;
  bool MayBeYanked(const pypi::Version& version) const;

  // Why files were left out.
  struct Rejections {
    std::vector<std::string_view> tags = {};  // sets that do not fit
    std::string python = {};
    std::optional<std::string> yanked = {};
    std::string hash = {};
    bool has_source = false;  // whether there is one at all
  };
  // The reason that came nearest to fitting.
  Rejection ReasonOf(const Rejections& rejections) const;
  std::string Explain(Rejection reason, const Rejections& rejections) const;

 private:
  const ResolveRequest& request_;
  const Scope& scope_;
  const DirectWishes& wishes_;
  const pypi::Name name_;
  const ProjectHistory history_;
  const BinaryPolicy binaries_;
  const PrereleaseMode prereleases_;
};

bool IsWheel(const index::IndexFile& file);

// Whether the file is yanked by the rules of the tool whose policy that is: to pip, an empty text
// in JSON is no reason and the file not yanked.
bool CountsAsYanked(const index::IndexFile& file, YankedMode mode);

}  // namespace flowstone::resolve
