// ArchivePlan: what an unpacked wheel consists of, computed once when it is unpacked, so that
// building an environment reads one file per wheel and never walks a tree.
//
// Paths are relative to the archive's directory, where files lie as their scheme wants them:
// `site/` (site-packages), `bin/` (scripts, entry points included, ready to be linked), `include/`
// and `data/`; `requested/` has the dist-info directory once more, for those who asked for the
// package (installed_record.h). The format on disk is docs/formats/archive-plan.md. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "flowstone/base/digest.h"
#include "flowstone/base/result.h"
#include "flowstone/install/planned_files.h"

namespace flowstone::install {

struct PlannedDirectory {
  std::string path;  // "site/numpy/core"
  PlannedFiles files;
  friend bool operator==(const PlannedDirectory&, const PlannedDirectory&) = default;
};

struct ArchivePlan {
  Digest wheel;                               // of the wheel file
  std::string name;                           // normalised
  std::string version;                        // as the file name has it
  std::string dist_info;                      // "numpy-2.1.0.dist-info", below site/
  std::vector<std::string> tags;              // of the WHEEL file, sorted
  std::vector<PlannedDirectory> directories;  // sorted by path: parents before children
  std::vector<std::string> warnings;          // what was odd about the wheel
  // Directories with libraries that look for others outside the archive: neither they nor those
  // above them may be symbolic links in an environment (library_search_path.h). Sorted.
  std::vector<std::string> climbing = {};
  std::string bytecode = {};  // cache tag of the bytecode in it; none when empty

  std::uint64_t TotalBytes() const;
  std::size_t FileCount() const;
  bool Has(std::string_view directory, std::string_view file) const;

  // Bytes, and back. kCorrupt names the first thing that is wrong with them; kInvalid when another
  // version of Flowstone wrote them.
  std::string Serialize() const;
  static Result<ArchivePlan> Parse(std::string text);

  friend bool operator==(const ArchivePlan&, const ArchivePlan&) = default;
};

}  // namespace flowstone::install
