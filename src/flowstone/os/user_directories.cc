#include "flowstone/os/user_directories.h"

#include <array>
#include <optional>
#include <pwd.h>
#include <unistd.h>

#include "flowstone/os/path.h"

namespace flowstone::os {
namespace {

std::optional<std::string> HomeInUserDatabase() {
  std::array<char, 16384> buffer;  // enough for any entry seen; a larger one counts as missing
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(::getuid(), &entry, buffer.data(), buffer.size(), &found) != 0 ||
      found == nullptr || found->pw_dir == nullptr || *found->pw_dir == '\0') {
    return std::nullopt;
  }
  return std::string(found->pw_dir);
}

}  // namespace

Result<std::string> UserHome(const Environment& environment) {
  if (const std::optional<std::string> home = environment.GetNonEmpty("HOME")) {
    return NormalizePath(*home);
  }
  if (const std::optional<std::string> home = HomeInUserDatabase()) {
    return NormalizePath(*home);
  }
  return Error{.code = ErrorCode::kNotFound,
               .message = "user " + std::to_string(::getuid()) +
                          " has no home directory: HOME is not set and the user database has none",
               .hints = {"set HOME, or FLOWSTONE_HOME, to a directory that you may write to"}};
}

Result<std::string> UserCacheHome(const Environment& environment) {
  const std::optional<std::string> cache = environment.GetNonEmpty("XDG_CACHE_HOME");
  if (cache && IsAbsolutePath(*cache)) {
    return NormalizePath(*cache);
  }
  FLOWSTONE_LET(const std::string home, UserHome(environment));
  return JoinPath(home, ".cache");
}

Result<std::string> FlowstoneHome(const Environment& environment) {
  if (const std::optional<std::string> home = environment.GetNonEmpty("FLOWSTONE_HOME")) {
    if (!IsAbsolutePath(*home)) {
      return Error{.code = ErrorCode::kInvalid,
                   .message = "FLOWSTONE_HOME is '" + *home + "', which is not an absolute path"};
    }
    return NormalizePath(*home);
  }
  FLOWSTONE_LET(const std::string cache, UserCacheHome(environment));
  return JoinPath(cache, "flowstone");
}

}  // namespace flowstone::os
