#include "flowstone/lock/target_text.h"

#include <algorithm>
#include <string>

#include "flowstone/pypi/tags.h"
#include "flowstone/pypi/target.h"

namespace flowstone::lock {
namespace {

// The platform of the best tag that names a libc or system version, without the machine.
std::string NewestPlatform(const pypi::Target& target) {
  const auto best = std::ranges::find_if(target.tags.tags(), [](const pypi::Tag& tag) {
    return tag.platform.starts_with("manylinux") || tag.platform.starts_with("musllinux") ||
           tag.platform.starts_with("macosx");
  });
  if (best == target.tags.tags().end()) {
    return "";
  }
  const std::string suffix = "_" + target.markers.platform_machine;
  std::string platform = best->platform;
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
