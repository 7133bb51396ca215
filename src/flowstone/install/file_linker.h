// FileLinker: brings single files of an archive into an environment, by the link mode that was
// chosen, and by copying where that fails after all. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string>

#include "flowstone/base/result.h"
#include "flowstone/install/link_mode.h"
#include "flowstone/os/filesystem.h"

namespace flowstone::install {

enum class FileAccess : std::uint8_t {
  kReadOnly,  // as in the archive
  kWritable,  // by the owner, where the file is not the archive's own
};

// That a FileLinker in `mode` copied files instead.
std::string CopiedInsteadWarning(std::size_t files, LinkMode mode);

class FileLinker {
 public:
  // Borrows `filesystem`, which must be that of this machine to clone.
  FileLinker(os::FileSystem& filesystem, LinkMode mode, FileAccess access)
      : filesystem_(filesystem), mode_(mode), access_(access) {}

  // `to` comes to be what the archive has at `from`; both are absolute. kConflict when something is
  // at `to`.
  Status Place(const std::string& from, const std::string& to);
  // The same for `names` of the directory `from`, which come to have these names in `to`.
  Status PlaceAll(const std::string& from, std::span<const std::string> names,
                  const std::string& to);

  // How many files were copied although the mode is another: another file system, somebody else's
  // files, too many links to one.
  std::size_t copied_instead() const { return copied_instead_; }

 private:
  Status Copy(const std::string& from, const std::string& to);
  Status Clone(const std::string& from, const std::string& to);
  // After a link or clone was refused: copies if copying can help.
  Status CopyInstead(const Error& refusal, const std::string& from, const std::string& to);

  os::FileSystem& filesystem_;
  const LinkMode mode_;
  const FileAccess access_;
  std::atomic<bool> is_refused_ = false;  // always: it need not be tried again
  std::atomic<std::size_t> copied_instead_ = 0;
};

}  // namespace flowstone::install
