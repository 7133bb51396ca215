#include "flowstone/lock/lock.h"

#include <algorithm>
#include <optional>

#include "flowstone/base/digest.h"
#include "flowstone/base/result.h"
#include "flowstone/pypi/name.h"

namespace flowstone::lock {

std::optional<Digest> LockedFile::Sha256() const {
  const auto found = hashes.find("sha256");
  if (found == hashes.end()) {
    return std::nullopt;
  }
  const Result<Digest> digest = Digest::Parse(found->second);
  return digest ? std::optional(*digest) : std::nullopt;
}

const LockedPackage* Lock::Find(const pypi::Name& name) const {
  const auto found = std::ranges::find_if(
      packages, [&](const LockedPackage& package) { return package.name == name; });
  return found == packages.end() ? nullptr : &*found;
}

}  // namespace flowstone::lock
