// `cache dir`, `cache size`, `cache clean`: the cache of this user.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <map>
#include <utility>

#include "flowstone/base/text.h"
#include "flowstone/cli/engine_command_line.h"
#include "flowstone/cli/output_options.h"
#include "flowstone/cli/progress_display.h"
#include "flowstone/install/cache_cleaner.h"
#include "flowstone/install/cache_inventory.h"
#include "flowstone/os/user_directories.h"
#include "flowstone/project/cutoff.h"

namespace flowstone::cli {
namespace {

using install::CacheKind;

constexpr std::int64_t kNsPerUs = 1000;

CacheKind KindAt(std::size_t index) {
  return static_cast<CacheKind>(index);
}

Result<install::CleaningWish> CleaningWishOf(const EngineSession& session, std::int64_t now_ns) {
  install::CleaningWish wish;
  for (const std::string& name : session.arguments.Values("kind")) {
    FLOWSTONE_LET(const CacheKind kind,
                  Annotate(install::ParseCacheKind(name), "while reading --kind"));
    wish.kinds.insert(kind);
  }
  if (const auto text = session.arguments.Value("older-than")) {
    FLOWSTONE_LET(
        const std::int64_t moment_us,
        Annotate(project::ParseCutoff(*text, now_ns / kNsPerUs), "while reading --older-than"));
    wish.unused_since_ns = moment_us * kNsPerUs;
  }
  if (const auto text = session.arguments.Value("max-size")) {
    FLOWSTONE_LET(wish.max_bytes,
                  Annotate(install::ParseByteSize(*text), "while reading --max-size"));
  }
  return wish;
}

nlohmann::json CleaningJson(const install::CleaningReport& report, const std::string& home,
                            bool is_look) {
  nlohmann::json kinds = nlohmann::json::object();
  for (std::size_t i = 0; i < install::kCacheKinds; ++i) {
    const install::KindUsage& before = report.inventory.kinds.at(i);
    const install::KindUsage& removed = report.removed_kinds.at(i);
    kinds[std::string(CacheKindName(KindAt(i)))] = {{"items", before.items},
                                                    {"bytes", before.bytes},
                                                    {"removed_items", removed.items},
                                                    {"removed_bytes", removed.bytes}};
  }
  nlohmann::json removed = nlohmann::json::array();
  for (const std::size_t i : report.removed) {
    const install::CacheItem& item = report.inventory.items[i];
    removed.push_back({{"kind", CacheKindName(item.kind)}, {"path", item.path}});
  }
  nlohmann::json kept = nlohmann::json::array();
  for (const auto& [i, reason] : report.kept) {
    const install::CacheItem& item = report.inventory.items[i];
    kept.push_back({{"kind", CacheKindName(item.kind)}, {"path", item.path}, {"reason", reason}});
  }
  const std::uint64_t before = report.inventory.total();
  return {{"directory", home},
          {"dry_run", is_look},
          {"before", before},
          {"after", before - report.gone},
          {"freed", report.freed},
          {"kinds", std::move(kinds)},
          {"removed", std::move(removed)},
          {"kept", std::move(kept)}};
}

// "2 environments", "1 environment".
std::string CountOfKind(std::size_t count, CacheKind kind) {
  std::string_view name = CacheKindName(kind);
  if (count == 1 && name.ends_with('s')) {
    name.remove_suffix(1);
  }
  return fmt::format("{} {}", count, name);
}

// "kept 2 environments: in use by process 42 (python)", once for each reason.
std::string KeptLines(const install::CleaningReport& report) {
  std::map<std::pair<CacheKind, std::string>, std::size_t> counts;
  for (const auto& [i, reason] : report.kept) {
    ++counts[{report.inventory.items[i].kind, reason}];
  }
  std::string lines;
  for (const auto& [what, count] : counts) {
    lines += fmt::format("kept {}: {}\n", CountOfKind(count, what.first), what.second);
  }
  return lines;
}

std::string CleaningText(const install::CleaningReport& report, bool is_look) {
  std::string text;
  for (std::size_t i = 0; i < install::kCacheKinds; ++i) {
    const install::KindUsage& removed = report.removed_kinds.at(i);
    if (removed.items > 0) {
      text += fmt::format("{} {} of {}, {}\n", is_look ? "would remove" : "removed", removed.items,
                          CountOfKind(report.inventory.kinds.at(i).items, KindAt(i)),
                          FormatBytes(removed.bytes));
    }
  }
  text += KeptLines(report);
  const std::uint64_t before = report.inventory.total();
  text += is_look ? fmt::format("{} of {} would be freed\n", FormatBytes(report.freed),
                                FormatBytes(before))
                  : fmt::format("{} freed, {} left\n", FormatBytes(report.freed),
                                FormatBytes(before - report.gone));
  if (report.gone > report.freed) {
    text += fmt::format("{} more are of files that other places link, and stay on the disk\n",
                        FormatBytes(report.gone - report.freed));
  }
  return text;
}

}  // namespace

Result<int> CommandCacheDir(EngineSession& session) {
  FLOWSTONE_LET(const std::string home, os::FlowstoneHome(session.machine.environment));
  session.console.Out(home + "\n");
  return 0;
}

Result<int> CommandCacheSize(EngineSession& session) {
  FLOWSTONE_LET(const std::string home, os::FlowstoneHome(session.machine.environment));
  FLOWSTONE_LET(
      const install::CacheInventory inventory,
      install::TakeInventory(session.machine.filesystem, home, session.machine.clock.NowNs()));
  nlohmann::json kinds = nlohmann::json::object();
  std::string text;
  for (std::size_t i = 0; i < install::kCacheKinds; ++i) {
    const install::KindUsage& usage = inventory.kinds.at(i);
    const std::string_view name = CacheKindName(KindAt(i));
    kinds[std::string(name)] = {{"items", usage.items}, {"bytes", usage.bytes}};
    text += fmt::format("{:<13} {:>6} {:>10}\n", name, usage.items, FormatBytes(usage.bytes));
  }
  text += fmt::format("{:<13} {:>6} {:>10}\n", "all", "", FormatBytes(inventory.total()));
  const nlohmann::json json = {
      {"directory", home}, {"bytes", inventory.total()}, {"kinds", std::move(kinds)}};
  session.console.Out(session.arguments.Has("json") ? json.dump(2) + "\n" : text);
  return 0;
}

Result<int> CommandCacheClean(EngineSession& session) {
  FLOWSTONE_LET(const std::string home, os::FlowstoneHome(session.machine.environment));
  const std::int64_t now_ns = session.machine.clock.NowNs();
  FLOWSTONE_LET(const install::CleaningWish wish, CleaningWishOf(session, now_ns));
  const bool is_look = session.arguments.Has("dry-run");
  install::CacheCleaner cleaner(
      session.machine.filesystem, home,
      [&session](const std::string& text) { session.console.Err(text + "\n"); });
  FLOWSTONE_LET(const install::CleaningReport report,
                is_look ? cleaner.Look(wish, now_ns) : cleaner.Clean(wish, now_ns));
  if (session.arguments.Has("json")) {
    session.console.Out(CleaningJson(report, home, is_look).dump(2) + "\n");
  } else if (VerbosityOf(session.arguments) != Verbosity::kQuiet) {
    session.console.Out(CleaningText(report, is_look));
  }
  return 0;
}

}  // namespace flowstone::cli
