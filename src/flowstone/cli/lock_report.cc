#include "flowstone/cli/lock_report.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

#include "flowstone/base/text.h"
#include "flowstone/cli/progress_display.h"

namespace flowstone::cli {
namespace {

std::string Versions(const lock::PackageDifference& package) {
  if (package.change == lock::PackageChange::kAdded) {
    return package.after;
  }
  if (package.before == package.after || package.change == lock::PackageChange::kRemoved) {
    return package.before;
  }
  return package.before + " -> " + package.after;
}

}  // namespace

std::string DifferenceText(const lock::LockDifference& difference) {
  std::string text;
  for (const std::string& input : difference.inputs) {
    text += fmt::format("input    {}\n", input);
  }
  for (const lock::PackageDifference& package : difference.packages) {
    text += fmt::format("{:<8} {} {}\n", lock::PackageChangeName(package.change),
                        package.name.ToString(), Versions(package));
    for (const std::string& fact : package.facts) {
      text += fmt::format("             {}\n", fact);
    }
    for (const std::string& cause : package.causes) {
      text += fmt::format("         because: {}\n", cause);
    }
  }
  return text;
}

std::string DifferenceJson(const lock::LockDifference& difference) {
  nlohmann::json packages = nlohmann::json::array();
  for (const lock::PackageDifference& package : difference.packages) {
    packages.push_back({{"name", package.name.ToString()},
                        {"change", lock::PackageChangeName(package.change)},
                        {"before", package.before},
                        {"after", package.after},
                        {"facts", package.facts},
                        {"causes", package.causes}});
  }
  const nlohmann::json document = {{"same", difference.empty()},
                                   {"inputs", difference.inputs},
                                   {"packages", std::move(packages)}};
  return document.dump(2);
}

std::string CountersText(const app::ResolveCounters& counters) {
  return fmt::format("{} and metadata of {} read with {} ({}); {} tried, {}, {}; {}",
                     CountOf(counters.pages, "project page"), CountOf(counters.metadata, "release"),
                     CountOf(counters.requests, "request"), FormatBytes(counters.bytes),
                     CountOf(counters.candidates, "candidate"),
                     CountOf(counters.decisions, "decision"),
                     CountOf(counters.conflicts, "conflict"), FormatDuration(counters.nanoseconds));
}

}  // namespace flowstone::cli
