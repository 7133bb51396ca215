#include "flowstone/install/file_linker.h"

#include "flowstone/base/text.h"
#include "flowstone/os/clone_file.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/path.h"

namespace flowstone::install {
namespace {

constexpr std::uint32_t kOwnerMayWrite = 0200;

}  // namespace

std::string CopiedInsteadWarning(std::size_t files, LinkMode mode) {
  return CountOf(files, "file") + " had to be copied: the link mode " +
         std::string(LinkModeName(mode)) + " is not possible for them here";
}

Status FileLinker::Place(const std::string& from, const std::string& to) {
  switch (mode_) {
    case LinkMode::kSymlink:
      return filesystem_.MakeSymlink(from, to);
    case LinkMode::kCopy:
      return Copy(from, to);
    case LinkMode::kHardlink:
    case LinkMode::kClone:
      break;
  }
  if (is_refused_) {
    ++copied_instead_;
    return Copy(from, to);
  }
  Status placed = mode_ == LinkMode::kClone ? Clone(from, to) : filesystem_.MakeHardLink(from, to);
  return placed ? placed : CopyInstead(placed.error(), from, to);
}

Status FileLinker::PlaceAll(const std::string& from, std::span<const std::string> names,
                            const std::string& to) {
  while (!names.empty()) {
    if (mode_ == LinkMode::kHardlink && !is_refused_) {
      names = names.subspan(filesystem_.MakeHardLinks(from, names, to));
    }
    if (!names.empty()) {  // this one was refused, or there is another way for all
      FLOWSTONE_TRY(Place(os::JoinPath(from, names.front()), os::JoinPath(to, names.front())));
      names = names.subspan(1);
    }
  }
  return Ok();
}

Status FileLinker::Clone(const std::string& from, const std::string& to) {
  FLOWSTONE_LET(const os::FileInfo info, filesystem_.Stat(from));
  const std::uint32_t more = access_ == FileAccess::kWritable ? kOwnerMayWrite : 0;
  return os::CloneFile(from, to, info.mode | more);
}

Status FileLinker::Copy(const std::string& from, const std::string& to) {
  FLOWSTONE_TRY(os::CopyFile(filesystem_, from, to));
  if (access_ == FileAccess::kReadOnly) {
    return Ok();
  }
  FLOWSTONE_LET(const os::FileInfo info, filesystem_.Stat(to));
  return filesystem_.SetMode(to, info.mode | kOwnerMayWrite);
}

Status FileLinker::CopyInstead(const Error& refusal, const std::string& from,
                               const std::string& to) {
  const bool is_always = refusal.code == ErrorCode::kInvalid ||  // another file system
                         refusal.code == ErrorCode::kDenied;     // protected_hardlinks
  const bool is_full = refusal.message.find("too many links") != std::string::npos;
  if (!is_always && !is_full) {
    return refusal;
  }
  is_refused_ = is_refused_ || is_always;
  ++copied_instead_;
  return Copy(from, to);
}

}  // namespace flowstone::install
