#include "flowstone/cli/environment_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include "flowstone/base/text.h"
#include "flowstone/cli/progress_display.h"
#include "flowstone/install/link_mode.h"
#include "flowstone/install/provision_log.h"

namespace flowstone::cli {
namespace {

using install::Provision;
using install::ProvisionSource;

// Enough to find an environment by.
constexpr std::size_t kShownDigits = 12;

struct SourceWords {
  ProvisionSource source;
  std::string_view counted;  // "4 downloaded"
  std::string_view single;   // "numpy 2.1.0: downloaded"
};
constexpr std::array<SourceWords, 4> kSourceWords = {{
    {ProvisionSource::kCache, "from cache", "was unpacked in the cache"},
    {ProvisionSource::kDatastore, "from the datastore", "unpacked from the datastore"},
    {ProvisionSource::kDisk, "unpacked", "unpacked from this machine"},
    {ProvisionSource::kNetwork, "downloaded", "downloaded"},
}};

std::string InBrackets(std::uint64_t bytes) {
  return bytes == 0 ? "" : fmt::format(" ({})", FormatBytes(bytes));
}

std::string ShortId(const install::Environment& environment) {
  return environment.id.ToString().substr(0, kShownDigits);
}

std::string_view WhyThere(install::EnvironmentOutcome outcome) {
  switch (outcome) {
    case install::EnvironmentOutcome::kReused:
      return "was there, and is as it was made";
    case install::EnvironmentOutcome::kBuilt:
      return "was made: there was none of these packages for this Python";
    case install::EnvironmentOutcome::kRebuilt:
      return "was made anew";
  }
  return "";
}

}  // namespace

std::string EnvironmentSummary(const install::Environment& environment, std::int64_t elapsed_ns) {
  std::vector<std::string> parts = {CountOf(environment.package_count, "package")};
  for (const SourceWords& words : kSourceWords) {
    std::size_t count = 0;
    std::uint64_t bytes = 0;
    for (const Provision& provision : environment.provisions) {
      if (provision.source == words.source) {
        ++count;
        bytes += provision.bytes;
      }
    }
    if (count > 0) {
      parts.push_back(fmt::format("{} {}{}", count, words.counted, InBrackets(bytes)));
    }
  }
  const bool was_there = environment.outcome == install::EnvironmentOutcome::kReused;
  parts.push_back(fmt::format("environment {} {} {}", ShortId(environment),
                              was_there ? "found in" : "in", FormatDuration(elapsed_ns)));
  return JoinText(parts, ", ");
}

std::vector<std::string> EnvironmentDecisions(const app::LockedEnvironment& locked,
                                              const install::Environment& environment) {
  std::vector<std::string> lines = {
      fmt::format("Python {} at {}", locked.interpreter.version.ToString(),
                  locked.interpreter.executable),
      fmt::format("{} of {} of the lock are for this Python and this machine",
                  environment.package_count, CountOf(locked.lock.packages.size(), "package"))};
  for (const Provision& provision : environment.provisions) {
    const auto words = std::ranges::find(kSourceWords, provision.source, &SourceWords::source);
    lines.push_back(fmt::format("{} {}: {}{}", provision.name, provision.version, words->single,
                                InBrackets(provision.bytes)));
  }
  lines.push_back(fmt::format("link mode {}", install::LinkModeName(environment.link_mode)));
  lines.push_back(
      fmt::format("environment {} {}", ShortId(environment), WhyThere(environment.outcome)));
  return lines;
}

}  // namespace flowstone::cli
