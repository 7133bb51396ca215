#include "flowstone/install/provision_log.h"

#include <algorithm>
#include <utility>

namespace flowstone::install {

void ProvisionLog::Note(const WheelArtifact& wheel, ProvisionSource source) {
  const std::uint64_t bytes = source == ProvisionSource::kNetwork ? wheel.size.value_or(0) : 0;
  const std::lock_guard lock(mutex_);
  provisions_.push_back(
      {.name = wheel.name, .version = wheel.version, .source = source, .bytes = bytes});
}

std::vector<Provision> ProvisionLog::Take() {
  const std::lock_guard lock(mutex_);
  std::vector<Provision> provisions = std::exchange(provisions_, {});
  std::ranges::stable_sort(provisions, {}, &Provision::name);
  return provisions;
}

}  // namespace flowstone::install
