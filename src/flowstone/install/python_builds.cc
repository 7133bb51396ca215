#include "flowstone/install/python_builds.h"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "flowstone/base/check.h"
#include "flowstone/base/text.h"
#include "flowstone/python_builds_table.h"

namespace flowstone::install {
namespace {

struct Platform {
  std::string_view target;
  std::string_view name;  // in the names of archives
};
constexpr std::array<Platform, 4> kPlatforms = {{
    {.target = "linux-x86_64", .name = "x86_64-unknown-linux-gnu"},
    {.target = "linux-aarch64", .name = "aarch64-unknown-linux-gnu"},
    {.target = "darwin-x86_64", .name = "x86_64-apple-darwin"},
    {.target = "darwin-aarch64", .name = "aarch64-apple-darwin"},
}};
constexpr std::size_t kColumns = 5;
constexpr std::size_t kTimeOfBuild = 13;  // "20210103T1125"

// Whether "pgo-20210103T1125.tar.zst" has a time in it. Archives without say the release instead.
bool HasTimeOfBuild(std::string_view archive) {
  const std::string_view stem = archive.substr(0, archive.find(".tar"));
  return stem.size() > kTimeOfBuild && stem[stem.size() - 5] == 'T' &&
         std::ranges::all_of(stem.substr(stem.size() - 4), IsAsciiDigit);
}

Error BadLine(std::string_view line) {
  return {.code = ErrorCode::kCorrupt,
          .message = "the table of Python builds has the line \"" + std::string(line) + "\""};
}

Result<PythonBuild> ParseLine(std::string_view line) {
  const std::vector<std::string_view> columns = SplitText(line, '\t');
  if (columns.size() != kColumns) {
    return BadLine(line);
  }
  const auto* platform = std::ranges::find(kPlatforms, columns[2], &Platform::target);
  Result<pypi::Version> version = pypi::Version::Parse(columns[0]);
  const Result<Digest> sha256 = Digest::Parse(columns[4]);
  if (platform == kPlatforms.end() || !version || !sha256) {
    return BadLine(line);
  }
  const std::string release(columns[1]);
  const std::string_view archive = columns[3];
  return PythonBuild{.version = *std::move(version),
                     .release = release,
                     .target = std::string(platform->target),
                     .variant = archive.starts_with("freethreaded") ? PythonVariant::kFreeThreaded
                                                                    : PythonVariant::kDefault,
                     .archive = release + "/cpython-" + std::string(columns[0]) +
                                (HasTimeOfBuild(archive) ? "" : "%2B" + release) + "-" +
                                std::string(platform->name) + "-" + std::string(archive),
                     .sha256 = *sha256};
}

bool IsBetterBuild(const PythonBuild& a, const PythonBuild& b) {
  if (a.version.is_prerelease() != b.version.is_prerelease()) {
    return b.version.is_prerelease();
  }
  if (a.version != b.version) {
    return a.version > b.version;
  }
  return std::tie(a.variant, b.release) < std::tie(b.variant, a.release);
}

}  // namespace

std::string PythonBuild::ShownVersion() const {
  return version.ToString() + (variant == PythonVariant::kFreeThreaded ? "t" : "");
}

std::string PythonBuild::DirectoryName() const {
  return "cpython-" + ShownVersion() + "+" + release + "-" + target;
}

bool PythonBuild::Matches(const PythonRequest& request) const {
  return !request.path() &&
         request.MatchesBuild(version, variant == PythonVariant::kFreeThreaded ? "t" : "");
}

std::string_view HostPythonTarget() {
#if defined(__GLIBC__) && defined(__x86_64__)
  return "linux-x86_64";
#elif defined(__GLIBC__) && defined(__aarch64__)
  return "linux-aarch64";
#elif defined(__APPLE__) && defined(__x86_64__)
  return "darwin-x86_64";
#elif defined(__APPLE__) && defined(__aarch64__)
  return "darwin-aarch64";
#else
  return "";
#endif
}

Result<PythonBuilds> PythonBuilds::Parse(std::string_view table) {
  PythonBuilds parsed;
  for (const std::string_view line : SplitLines(table)) {
    if (line.empty() || line.starts_with('#')) {
      continue;
    }
    FLOWSTONE_LET(PythonBuild build, ParseLine(line));
    parsed.builds_.push_back(std::move(build));
  }
  std::ranges::sort(parsed.builds_, IsBetterBuild);
  return parsed;
}

PythonBuilds PythonBuilds::BuiltIn(std::string_view target) {
  Result<PythonBuilds> all = Parse(kPythonBuildsTable);
  FLOWSTONE_CHECK(all.has_value());
  all->KeepTarget(target);
  return *std::move(all);
}

void PythonBuilds::KeepTarget(std::string_view target) {
  std::erase_if(builds_, [&](const PythonBuild& build) { return build.target != target; });
}

const PythonBuild* PythonBuilds::Best(const PythonRequest& request) const {
  const auto found = std::ranges::find_if(
      builds_, [&](const PythonBuild& build) { return build.Matches(request); });
  return found == builds_.end() ? nullptr : &*found;
}

}  // namespace flowstone::install
