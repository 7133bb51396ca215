#include "flowstone/os/private_layer.h"

#include <climits>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <fcntl.h>
#include <memory>
#include <sched.h>
#include <string_view>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "flowstone/os/errno_error.h"
#include "flowstone/os/file_descriptor.h"
#include "flowstone/os/forked_child.h"
#include "flowstone/os/path.h"

namespace flowstone::os {
namespace {

constexpr std::string_view kDescriptorFolder = "/proc/self/fd/";
// What /proc/mounts shows.
constexpr const char* kLayerName = "flowstone-private-layer";

// A path to what an open descriptor is of, also where something is mounted over it. It has no
// characters that options of mounts give a meaning to.
class DescriptorPath {
 public:
  explicit DescriptorPath(int fd) {
    char* const number = std::ranges::copy(kDescriptorFolder, text_.begin()).out;
    *std::to_chars(number, text_.end() - 1, fd).ptr = '\0';
  }
  const char* c_str() const { return text_.data(); }

 private:
  std::array<char, kDescriptorFolder.size() + 12> text_{};
};

enum class Owner : std::uint8_t { kMachine, kOwnNamespace };

UniqueFd OpenDirectory(const char* path) {
  return UniqueFd(::open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

// A new directory of the layer: "u0", "w0".
UniqueFd MakeLayerDirectory(int layer, char kind, std::size_t number) {
  std::array<char, 24> name{kind};
  *std::to_chars(name.begin() + 1, name.end() - 1, number).ptr = '\0';
  if (::mkdirat(layer, name.data(), 0700) != 0) {
    return UniqueFd();
  }
  return UniqueFd(::openat(layer, name.data(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

// The upper directory is what the merged one looks like: rights and owner are those of the lower
// one, as far as they can be given away.
bool Resemble(int upper, int lower) {
  struct stat status {};
  if (::fstat(lower, &status) != 0) {
    return false;
  }
  (void)!::fchown(upper, status.st_uid, status.st_gid);
  return ::fchmod(upper, status.st_mode & 07777U) == 0;
}

bool SetOption(int context, const char* name, const char* value) {
  return ::fsconfig(context, FSCONFIG_SET_STRING, name, value, 0) == 0;
}

// An overlay over `lower` that is attached nowhere; nothing, with errno, where there is none.
UniqueFd MakeOverlay(int lower, int layer, std::size_t number, Owner owner) {
  const UniqueFd upper = MakeLayerDirectory(layer, 'u', number);
  const UniqueFd work = MakeLayerDirectory(layer, 'w', number);
  if (!upper || !work || !Resemble(upper.get(), lower)) {
    return UniqueFd();
  }
  const UniqueFd context(::fsopen("overlay", FSOPEN_CLOEXEC));
  if (!context || !SetOption(context.get(), "source", kLayerName) ||
      !SetOption(context.get(), "lowerdir", DescriptorPath(lower).c_str()) ||
      !SetOption(context.get(), "upperdir", DescriptorPath(upper.get()).c_str()) ||
      !SetOption(context.get(), "workdir", DescriptorPath(work.get()).c_str())) {
    return UniqueFd();
  }
  if (owner == Owner::kMachine) {
    (void)SetOption(context.get(), "redirect_dir", "on");  // only then directories can be renamed
  } else if (::fsconfig(context.get(), FSCONFIG_SET_FLAG, "userxattr", nullptr, 0) != 0) {
    return UniqueFd();
  }
  if (::fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) {
    return UniqueFd();
  }
  return UniqueFd(::fsmount(context.get(), FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV));
}

bool Attach(int mount, const char* path) {
  return ::move_mount(mount, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH) == 0;
}

Error NamespaceError(int number, const std::string& action) {
  Error error = ErrnoError(MeansNoMoreNamespaces(number) ? EPERM : number, action);
  error.code = ErrorCode::kDenied;
  error.hints = {
      "containers and system settings (user.max_user_namespaces, "
      "kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns) may forbid "
      "user namespaces and mounts in them"};
  if (MeansNoMoreNamespaces(number)) {
    error.message = "cannot " + action + ": no more user namespaces are allowed";
  }
  return error;
}

}  // namespace

Result<PrivateLayer> PrivateLayer::Prepare(const std::vector<std::string>& directories) {
  PrivateLayer layer;
  layer.maps_ = IdentityMaps::OfCaller();
  for (const std::string& directory : directories) {
    const std::unique_ptr<char, decltype(&std::free)> real(::realpath(directory.c_str(), nullptr),
                                                           &std::free);
    if (real != nullptr) {
      layer.directories_.emplace_back(real.get());
    } else if (errno != ENOENT) {
      return ErrnoError(errno, "find '" + directory + "'");
    }
  }
  const std::unique_ptr<char, decltype(&std::free)> here(::getcwd(nullptr, 0), &std::free);
  if (here != nullptr && std::ranges::any_of(layer.directories_, [&](const std::string& path) {
        return IsWithin(path, here.get());
      })) {
    layer.working_directory_ = here.get();
  }
  return layer;
}

Status PrivateLayer::Enter() const {
  if (const Failure failure = TryEnter(); failure.stage != Stage::kNone) {
    return ErrorOf(failure);
  }
  return Ok();
}

PrivateLayer::Failure PrivateLayer::TryEnter() const {
  if (directories_.empty()) {
    return {};
  }
  Owner owner = Owner::kMachine;
  if (::unshare(CLONE_NEWNS) != 0) {
    owner = Owner::kOwnNamespace;
    if (errno != EPERM || !UnshareAsSelf(CLONE_NEWNS, maps_)) {
      return {.stage = Stage::kNamespaces, .number = errno};
    }
  }
  // What is mounted later outside is still seen in here, but not the other way round.
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0) {
    return {.stage = Stage::kMounts, .number = errno};
  }
  // The layer has to be mounted somewhere while overlays of it are made: on the first directory.
  const char* const first = directories_.front().c_str();
  const UniqueFd below = OpenDirectory(first);
  if (!below || ::mount(kLayerName, first, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0700") != 0) {
    return {.stage = Stage::kMounts, .number = errno};
  }
  const UniqueFd layer = OpenDirectory(first);
  for (std::size_t i = directories_.size(); i-- > 0;) {
    const char* const path = directories_[i].c_str();
    const UniqueFd other = i == 0 ? UniqueFd() : OpenDirectory(path);
    const UniqueFd overlay = MakeOverlay(i == 0 ? below.get() : other.get(), layer.get(), i, owner);
    if (!overlay || (i == 0 && ::umount2(first, MNT_DETACH) != 0) || !Attach(overlay.get(), path)) {
      return {.stage = Stage::kOverlay, .number = errno, .directory = static_cast<std::int32_t>(i)};
    }
  }
  if (!working_directory_.empty() && ::chdir(working_directory_.c_str()) != 0) {
    return {.stage = Stage::kWorkingDirectory, .number = errno};
  }
  return {};
}

Error PrivateLayer::ErrorOf(const Failure& failure) const {
  switch (failure.stage) {
    case Stage::kNone:
    case Stage::kNamespaces:
      break;
    case Stage::kMounts:
      return NamespaceError(failure.number, "mount anything in a namespace of our own");
    case Stage::kOverlay: {
      Error error = ErrnoError(
          failure.number, "lay an overlay over '" +
                              directories_.at(static_cast<std::size_t>(failure.directory)) + "'");
      error.code = ErrorCode::kDenied;
      error.hints = {
          "the kernel may have no overlayfs (modprobe overlay), not for this user (Linux 5.11), "
          "not over "
          "the file system of that directory, or no more of them over each other"};
      return error;
    }
    case Stage::kWorkingDirectory:
      return ErrnoError(failure.number, "go to '" + working_directory_ + "'");
  }
  return NamespaceError(failure.number, "get a mount namespace of our own");
}

Status ProbePrivateLayer(const std::string& directory) {
  FLOWSTONE_LET(const PrivateLayer layer, PrivateLayer::Prepare({directory}));
  FLOWSTONE_LET(LaunchReport report, LaunchReport::Open(0));
  const pid_t child = ::fork();
  if (child < 0) {
    return ErrnoError(errno, "start a process");
  }
  if (child == 0) {
    const PrivateLayer::Failure failure = layer.TryEnter();
    if (failure.stage != PrivateLayer::Stage::kNone) {
      report.Fail({.stage = static_cast<std::int32_t>(failure.stage),
                   .number = failure.number,
                   .detail = failure.directory});
    }
    ::_exit(0);
  }
  const auto failure = report.Wait();
  BuryChild(child);
  if (failure) {
    return layer.ErrorOf({.stage = static_cast<PrivateLayer::Stage>(failure->stage),
                          .number = failure->number,
                          .directory = failure->detail});
  }
  return Ok();
}

}  // namespace flowstone::os
