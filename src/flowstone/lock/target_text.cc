#include "flowstone/lock/target_text.h"

#include <algorithm>
#include <string>
#include <vector>

#include "flowstone/pypi/tag_list.h"
#include "flowstone/pypi/target.h"

namespace flowstone::lock {
namespace {

// The platform of the best tag that names a libc or system version, without the machine.
std::string NewestPlatform(const pypi::Target& target) {
  const std::vector<std::string>& platforms = target.tags.platforms();
  const auto best = std::ranges::find_if(platforms, [](const std::string& platform) {
    return platform.starts_with("manylinux") || platform.starts_with("musllinux") ||
           platform.starts_with("macosx");
  });
  if (best == platforms.end()) {
    return "";
  }
  const std::string suffix = "_" + target.markers.platform_machine;
  std::string platform = *best;
  if (platform.ends_with(suffix)) {
    platform.resize(platform.size() - suffix.size());
  }
  return platform;
}

}  // namespace

std::string DescribeTarget(const pypi::Target& target) {
  const std::string& implementation = target.markers.platform_python_implementation;
  std::string text = implementation.empty() ? "Python" : implementation;
  text += " " + target.python_full_version.ToString();
  if (!target.markers.sys_platform.empty()) {
    text += " on " + target.markers.sys_platform;
  }
  if (!target.markers.platform_machine.empty()) {
    text += " " + target.markers.platform_machine;
  }
  const std::string platform = NewestPlatform(target);
  return platform.empty() ? text : text + ", up to " + platform;
}

}  // namespace flowstone::lock
