#include "flowstone/cli/lock_report.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
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

// A project has hundreds of files: a few of each kind are shown, the others are counted.
std::string FactLines(const std::vector<std::string>& facts) {
  constexpr std::size_t shown = 3;
  std::map<std::string_view, std::size_t> counts;  // by kind: "file added"
  std::string text;
  for (const std::string& fact : facts) {
    const std::string_view kind = std::string_view(fact).substr(0, fact.find(':'));
    if (++counts[kind] <= shown) {
      text += fmt::format("             {}\n", fact);
    }
  }
  for (const auto& [kind, count] : counts) {
    if (count > shown) {
      text += fmt::format("             {}: {} more\n", kind, count - shown);
    }
  }
  return text;
}

// Phases are compared with each other: in one unit.
std::string Milliseconds(std::int64_t nanoseconds) {
  return fmt::format("{:.1f} ms", static_cast<double>(nanoseconds) / 1e6);
}

}  // namespace

std::string ChangeText(const lock::PackageDifference& package) {
  return fmt::format("{} {} {}", lock::PackageChangeName(package.change), package.name.ToString(),
                     Versions(package));
}

std::string DifferenceText(const lock::LockDifference& difference) {
  std::string text;
  for (const std::string& input : difference.inputs) {
    text += fmt::format("input    {}\n", input);
  }
  for (const lock::PackageDifference& package : difference.packages) {
    text += fmt::format("{:<8} {} {}\n", lock::PackageChangeName(package.change),
                        package.name.ToString(), Versions(package));
    text += FactLines(package.facts);
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
  std::string text = fmt::format(
      "{} ({} cached) and metadata of {} ({} cached) read with {} ({}); {} tried, {}, {}\n",
      CountOf(counters.pages, "project page"), counters.cached_pages,
      CountOf(counters.metadata, "release"), counters.cached_metadata,
      CountOf(counters.requests, "request"), FormatBytes(counters.bytes),
      CountOf(counters.candidates, "candidate"), CountOf(counters.decisions, "decision"),
      CountOf(counters.conflicts, "conflict"));
  if (const auto& phases = counters.phases) {
    text += fmt::format("{}: pages {}, metadata {}, solving {}; writing {}\n",
                        FormatDuration(counters.nanoseconds), Milliseconds(phases->pages_ns),
                        Milliseconds(phases->metadata_ns), Milliseconds(phases->solving_ns),
                        Milliseconds(phases->writing_ns));
  }
  return text;
}

nlohmann::json CountersJson(const app::ResolveCounters& counters) {
  nlohmann::json json = {
      {"pages", counters.pages},           {"cached_pages", counters.cached_pages},
      {"metadata", counters.metadata},     {"cached_metadata", counters.cached_metadata},
      {"candidates", counters.candidates}, {"decisions", counters.decisions},
      {"conflicts", counters.conflicts},   {"requests", counters.requests},
      {"bytes", counters.bytes},           {"nanoseconds", counters.nanoseconds}};
  if (const auto& phases = counters.phases) {
    json["phases"] = {{"pages", phases->pages_ns},
                      {"metadata", phases->metadata_ns},
                      {"solving", phases->solving_ns},
                      {"writing", phases->writing_ns}};
  }
  return json;
}

}  // namespace flowstone::cli
