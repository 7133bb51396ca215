#include "flowstone/install/wheel_layout.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "flowstone/archive/path_guard.h"
#include "flowstone/base/text.h"
#include "flowstone/install/relocatable_script.h"
#include "flowstone/os/path.h"

namespace flowstone::install {
namespace {

constexpr std::string_view kDistInfo = ".dist-info";
constexpr std::string_view kData = ".data";
constexpr std::array<std::string_view, 4> kInstallersOwn = {"RECORD", "INSTALLER", "REQUESTED",
                                                            "direct_url.json"};

Error Refused(std::string message) {
  return {.code = ErrorCode::kInvalid, .message = std::move(message)};
}

std::string_view FirstComponent(std::string_view path) {
  return path.substr(0, path.find('/'));
}

std::string_view AfterFirstComponent(std::string_view path) {
  const std::size_t slash = path.find('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
}

// Whether "Demo_Project-1.0" + suffix is of the wheel's project and version, however spelt.
bool BelongsTo(const pypi::WheelName& wheel, std::string_view directory, std::string_view suffix) {
  const std::string_view stem = directory.substr(0, directory.size() - suffix.size());
  const std::size_t dash = stem.rfind('-');
  if (dash == std::string_view::npos) {
    return false;
  }
  const Result<pypi::Version> version = pypi::Version::Parse(stem.substr(dash + 1));
  return version && *version == wheel.version &&
         pypi::NormalizeName(stem.substr(0, dash)) == wheel.name.ToString();
}

Result<std::string> FindDistInfo(std::span<const archive::ZipMember> members,
                                 const pypi::WheelName& wheel) {
  std::set<std::string_view> found;
  for (const archive::ZipMember& member : members) {
    const std::string_view first = FirstComponent(member.name);
    const bool is_directory =
        first.size() < member.name.size() || member.type == archive::ZipMemberType::kDirectory;
    if (is_directory && first.ends_with(kDistInfo)) {
      found.insert(first);
    }
  }
  if (found.empty()) {
    return Refused("the wheel has no .dist-info directory");
  }
  if (found.size() > 1) {
    return Refused("the wheel has several .dist-info directories, among them " +
                   std::string(*found.begin()) + " and " + std::string(*std::next(found.begin())));
  }
  const std::string_view only = *found.begin();
  if (!BelongsTo(wheel, only, kDistInfo)) {
    return Refused("the wheel is named " + wheel.name.ToString() + " " + wheel.version.ToString() +
                   " but contains " + std::string(only));
  }
  return std::string(only);
}

// Files of the `data` scheme land directly in the environment, among what makes it one.
Status CheckDataPath(std::string_view path) {
  const std::string lower = AsciiLower(path);
  const std::string_view first = FirstComponent(lower);
  const std::string_view rest = AfterFirstComponent(lower);
  const bool is_own_file = lower == "pyvenv.cfg" || lower == "flowstone-environment.json";
  const bool is_interpreter = first == "bin" && IsReservedScriptName(rest);
  const bool is_library = (first == "lib" && rest.starts_with("python")) || first == "lib64";
  if (is_own_file || is_interpreter || is_library || lower == "bin" || lower == "lib") {
    return Refused("the wheel's data file " + std::string(path) +
                   " would replace a part of the environment");
  }
  return Ok();
}

// Where "<scheme>/<rest>" below the .data directory goes.
Result<std::string> SpreadData(std::string_view path, const pypi::WheelName& wheel) {
  const std::string scheme(FirstComponent(path));
  const std::string rest(AfterFirstComponent(path));
  if (rest.empty()) {
    return Refused("the wheel's .data directory has the file " + scheme + " outside any scheme");
  }
  if (scheme == "purelib" || scheme == "platlib") {
    return "site/" + rest;
  }
  if (scheme == "headers") {
    return "include/" + wheel.name.ToString() + "/" + rest;
  }
  if (scheme == "data") {
    FLOWSTONE_TRY(CheckDataPath(rest));
    return "data/" + rest;
  }
  if (scheme == "scripts") {
    if (IsReservedScriptName(rest)) {
      return Refused("the wheel's script " + rest + " would stand in for an interpreter");
    }
    return "bin/" + rest;
  }
  return Refused("the wheel's .data directory has the unknown scheme \"" + scheme + "\"");
}

// Other systems drop a space or a dot at the end of a name, and would take the file for another.
Status CheckPortable(std::string_view path) {
  for (const std::string_view component : SplitText(path, '/')) {
    if (component.ends_with(' ') || component.ends_with('.')) {
      return Refused("the wheel's file " + archive::QuoteMemberName(path) +
                     " has a name that ends with a space or a dot");
    }
  }
  return Ok();
}

bool IsInstallersOwn(std::string_view name) {
  return std::ranges::find(kInstallersOwn, name) != kInstallersOwn.end();
}

}  // namespace

Result<WheelLayout> LayOutWheel(std::span<const archive::ZipMember> members,
                                const pypi::WheelName& wheel) {
  WheelLayout layout;
  FLOWSTONE_LET(layout.dist_info, FindDistInfo(members, wheel));
  std::unordered_map<std::string, std::string> destinations;  // by their lower case
  for (std::size_t i = 0; i < members.size(); ++i) {
    const archive::ZipMember& member = members[i];
    if (member.type == archive::ZipMemberType::kDirectory) {
      continue;
    }
    const std::string_view first = FirstComponent(member.name);
    const std::string_view rest = AfterFirstComponent(member.name);
    FLOWSTONE_TRY(CheckPortable(member.name));
    if (first == layout.dist_info && IsInstallersOwn(rest)) {
      if (rest != "RECORD") {
        layout.warnings.push_back("the wheel's own " + member.name + " was left out");
      }
      continue;
    }
    std::string destination = "site/" + member.name;
    if (!rest.empty() && first.ends_with(kData) && BelongsTo(wheel, first, kData)) {
      FLOWSTONE_LET(destination, SpreadData(rest, wheel));
    }
    const auto [twin, is_new] = destinations.try_emplace(AsciiLower(destination), destination);
    if (!is_new && twin->second == destination) {
      return Refused("the wheel has two files for " + destination);
    }
    if (!is_new) {
      layout.warnings.push_back(twin->second + " and " + destination +
                                " differ only in case: a file system that does not see that has "
                                "no place for both");
    }
    if (os::DirName(destination) == "bin" && IsActivationScriptName(os::BaseName(destination))) {
      layout.warnings.push_back("the wheel has a program " + destination +
                                ", as virtual environments do");
    }
    layout.placements.push_back({.member = i, .destination = std::move(destination)});
  }
  return layout;
}

}  // namespace flowstone::install
