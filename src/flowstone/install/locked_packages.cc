#include "flowstone/install/locked_packages.h"

#include <utility>

#include "flowstone/install/direct_url.h"
#include "flowstone/os/path.h"

namespace flowstone::install {
namespace {

// A path of the lock wins over its URL: the file is here.
std::string LocationOf(const lock::LockedFile& file, const std::string& lock_directory) {
  if (file.path) {
    return os::AbsolutePath(lock_directory, *file.path);
  }
  return file.url.value_or("");
}

}  // namespace

Result<std::vector<EnvironmentPackage>> PackagesOfLock(const lock::Lock& lock,
                                                       const pypi::Target& target,
                                                       const lock::SelectOptions& options,
                                                       const std::string& lock_directory) {
  FLOWSTONE_LET(const std::vector<lock::SelectedWheel> selected,
                lock::SelectWheels(lock, target, options));
  std::vector<EnvironmentPackage> packages;
  for (const lock::SelectedWheel& wheel : selected) {
    EnvironmentPackage package{.wheel = {.name = wheel.name.ToString(),
                                         .version = wheel.version.ToString(),
                                         .file_name = wheel.file.name,
                                         .location = LocationOf(wheel.file, lock_directory),
                                         .digest = wheel.sha256,
                                         .size = wheel.file.size},
                               .wish = wheel.is_requested ? Wish::kRequested : Wish::kDependency,
                               .direct_url = {}};
    const lock::LockedPackage* locked = lock.Find(wheel.name);
    if (locked != nullptr && locked->direct) {
      package.direct_url = DirectUrlOf(*locked->direct, lock_directory);
    }
    packages.push_back(std::move(package));
  }
  return packages;
}

}  // namespace flowstone::install
