#include "flowstone/install/compiled_archives.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "flowstone/base/text.h"
#include "flowstone/install/compilation_lock.h"
#include "flowstone/install/installed_info.h"
#include "flowstone/install/staging_directory.h"
#include "flowstone/install/wheel_unpacker.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/path.h"

namespace flowstone::install {
namespace {

constexpr std::string_view kPycache = "__pycache__";
constexpr std::string_view kSource = ".py";
constexpr std::size_t kLongestName = 255;
constexpr std::uint32_t kBytecodeMode = 0444;
// Archives that are compiled together: each holds the lock of its staging directory.
constexpr std::size_t kArchivesAtOnce = 64;

// Whether Python looks for modules in the directory.
bool HasModules(std::string_view directory) {
  return (directory == "site" || directory.starts_with("site/")) &&
         os::BaseName(std::string(directory)) != kPycache;
}

// "a.cpython-311.pyc" for "a.py"; empty for what is no source.
std::string BytecodeName(std::string_view source, const std::string& cache_tag) {
  if (!source.ends_with(kSource)) {
    return "";
  }
  source.remove_suffix(kSource.size());
  std::string name = std::string(source) + "." + cache_tag + ".pyc";
  return source.empty() || name.size() > kLongestName ? "" : name;
}

std::string BytecodeDirectory(const PlannedDirectory& directory) {
  return directory.path + "/" + std::string(kPycache);
}

// One archive on its way to its bytecode.
class Compilation {
 public:
  static Result<Compilation> Begin(os::FileSystem& filesystem, const CacheLayout& layout,
                                   const ArchivePlan& base, const std::string& cache_tag) {
    FLOWSTONE_LET(StagingDirectory staging, StagingDirectory::Create(filesystem, layout));
    // Who is asked for bytecode does not wait for one who may have the lowest priority.
    FLOWSTONE_LET(std::optional<CompilationLock> lock,
                  CompilationLock::Try(filesystem, layout, base.wheel, cache_tag));
    Compilation compilation(filesystem, layout, base, cache_tag, std::move(staging));
    if (lock) {
      compilation.lock_.emplace(*std::move(lock));
    }
    DropInstalledInfo(compilation.plan_);  // which does not list bytecode
    FLOWSTONE_TRY(compilation.CloneFiles());
    FLOWSTONE_TRY(compilation.ChooseSources());
    return compilation;
  }

  const std::vector<BytecodeJob>& jobs() const { return jobs_; }

  // REQUIRES: the jobs were run.
  Result<ArchivePlan> Publish() {
    for (const std::string& directory : targets_) {
      FLOWSTONE_TRY(TakeBytecode(directory));
    }
    std::ranges::sort(plan_.directories, {}, &PlannedDirectory::path);
    plan_.bytecode = cache_tag_;
    FLOWSTONE_TRY(WriteInstalledInfo(*filesystem_, staging_.path(), plan_));
    FLOWSTONE_TRY(WriteNew(kPlanFileName, plan_.Serialize()));
    FLOWSTONE_TRY(staging_.PublishUnlessThere(layout_->ArchiveDirectory(plan_.wheel, cache_tag_)));
    return std::move(plan_);
  }

 private:
  Compilation(os::FileSystem& filesystem, const CacheLayout& layout, const ArchivePlan& base,
              std::string cache_tag, StagingDirectory staging)
      : filesystem_(&filesystem),
        layout_(&layout),
        plan_(base),
        cache_tag_(std::move(cache_tag)),
        staging_(std::move(staging)) {}

  std::string At(const std::string& path) const { return staging_.path() + "/" + path; }

  Status CloneFiles() {
    const std::string from = layout_->ArchiveDirectory(plan_.wheel);
    for (const PlannedDirectory& directory : plan_.directories) {
      FLOWSTONE_TRY(filesystem_->MakeDirectory(At(directory.path), 0755));
      for (const PlannedFile& file : directory.files) {
        const std::string path = os::JoinPath(directory.path, file.name);
        FLOWSTONE_TRY(LinkOrCopy(os::JoinPath(from, path), At(path)));
      }
    }
    return Ok();
  }

  Status LinkOrCopy(const std::string& from, const std::string& to) {
    const Status linked = filesystem_->MakeHardLink(from, to);
    return linked || linked.error().code == ErrorCode::kNotFound
               ? linked
               : os::CopyFile(*filesystem_, from, to);
  }

  Status ChooseSources() {
    for (const PlannedDirectory& directory : plan_.directories) {
      if (!HasModules(directory.path)) {
        continue;
      }
      const std::string target = BytecodeDirectory(directory);
      for (const PlannedFile& file : directory.files) {
        const std::string name = BytecodeName(file.name, cache_tag_);
        if (name.empty() || plan_.Has(target, name)) {
          continue;
        }
        if (targets_.insert(target).second) {
          FLOWSTONE_TRY(os::MakeDirectories(*filesystem_, At(target), 0755));
        }
        const std::string source = os::JoinPath(directory.path, file.name);
        jobs_.push_back({.source = At(source),
                         .target = At(os::JoinPath(target, name)),
                         .name = source.substr(source.find('/') + 1),
                         .size = file.size});
      }
    }
    return Ok();
  }

  // Enters what the compiler made into the plan, and removes what a killed one left half-made.
  Status TakeBytecode(const std::string& directory) {
    PlannedDirectory& planned = DirectoryAt(directory);
    std::vector<PlannedFile> files = planned.files.ToVector();
    FLOWSTONE_LET(const std::vector<os::DirectoryEntry> entries,
                  filesystem_->ListDirectory(At(directory)));
    const std::string ending = "." + cache_tag_ + ".pyc";
    for (const os::DirectoryEntry& entry : entries) {
      const std::string path = At(directory + "/" + entry.name);
      if (entry.type == os::FileType::kDirectory || planned.files.Has(entry.name)) {
        continue;
      }
      if (!entry.name.ends_with(ending)) {
        FLOWSTONE_TRY(filesystem_->RemoveFile(path));
        continue;
      }
      FLOWSTONE_TRY(filesystem_->SetMode(path, kBytecodeMode));
      FLOWSTONE_LET(const os::FileDigest content, os::DigestOfFile(*filesystem_, path));
      files.push_back({.name = entry.name,
                       .size = content.size,
                       .digest = content.digest,
                       .mode = kBytecodeMode,
                       .origin = FileOrigin::kCompiled});
    }
    planned.files = std::move(files);
    return Ok();
  }

  PlannedDirectory& DirectoryAt(const std::string& path) {
    const auto place = std::ranges::find(plan_.directories, path, &PlannedDirectory::path);
    return place != plan_.directories.end()
               ? *place
               : plan_.directories.emplace_back(PlannedDirectory{.path = path, .files = {}});
  }

  Status WriteNew(const std::string& path, const std::string& content) {
    FLOWSTONE_LET(const std::unique_ptr<os::OutputFile> file,
                  filesystem_->OpenOutput(At(path), os::Existing::kRefuse, kBytecodeMode));
    FLOWSTONE_TRY(file->Write(content));
    return file->Close();
  }

  os::FileSystem* filesystem_;
  const CacheLayout* layout_;
  ArchivePlan plan_;
  std::string cache_tag_;
  std::optional<CompilationLock> lock_;  // none when another compiles the same
  StagingDirectory staging_;
  std::set<std::string> targets_;  // directories of bytecode
  std::vector<BytecodeJob> jobs_;
};

}  // namespace

bool LacksBytecode(const ArchivePlan& plan, const std::string& cache_tag) {
  return plan.bytecode.empty() &&
         std::ranges::any_of(plan.directories, [&](const PlannedDirectory& directory) {
           return HasModules(directory.path) &&
                  std::ranges::any_of(directory.files, [&](const PlannedFile& file) {
                    const std::string name = BytecodeName(file.name, cache_tag);
                    return !name.empty() && !plan.Has(BytecodeDirectory(directory), name);
                  });
         });
}

Result<std::vector<ArchivePlan>> CompiledArchives::Provide(std::span<const WheelArtifact> wheels) {
  std::map<Digest, ArchivePlan> plans;
  std::vector<WheelArtifact> others;
  const std::string& tag = parts_.interpreter.cache_tag;
  FLOWSTONE_LET(const bool has_compiled, parts_.cache.HasCompiled(tag));
  for (const WheelArtifact& wheel : wheels) {
    std::optional<ArchivePlan> compiled;
    if (has_compiled) {
      FLOWSTONE_LET(compiled, parts_.cache.FindCompiled(wheel.digest, tag, wheels.size()));
    }
    if (compiled) {
      plans.insert_or_assign(wheel.digest, *std::move(compiled));
    } else {
      others.push_back(wheel);
    }
  }
  FLOWSTONE_LET(std::vector<ArchivePlan> unpacked, parts_.archives.Provide(others));
  if (use_ == BytecodeUse::kCompile && !unpacked.empty()) {
    FLOWSTONE_TRY(Compile(unpacked));
  }
  for (ArchivePlan& plan : unpacked) {
    const Digest wheel = plan.wheel;
    plans.insert_or_assign(wheel, std::move(plan));
  }
  std::vector<ArchivePlan> provided;
  provided.reserve(wheels.size());
  const bool are_distinct = plans.size() == wheels.size();
  for (const WheelArtifact& wheel : wheels) {
    ArchivePlan& plan = plans.at(wheel.digest);
    if (are_distinct) {
      provided.push_back(std::move(plan));
    } else {
      provided.push_back(plan);
    }
  }
  return provided;
}

Result<ArchivePlan> CompiledArchives::PlanToCompile(const ArchivePlan& plan) {
  FLOWSTONE_LET(std::optional<ArchivePlan> kept, parts_.cache.Find(plan.wheel));
  if (!kept) {
    return Error{.code = ErrorCode::kCorrupt,
                 .message = "the archive of " + plan.name + " " + plan.version +
                            " was damaged while it was in use"}
        .WithHint("try again: it is fetched anew");
  }
  return *std::move(kept);
}

Status CompiledArchives::Compile(std::span<ArchivePlan> plans) {
  std::map<Digest, ArchivePlan*> distinct;
  for (ArchivePlan& plan : plans) {
    distinct.emplace(plan.wheel, &plan);
  }
  std::vector<ArchivePlan*> order;
  order.reserve(distinct.size());
  for (const auto& [wheel, plan] : distinct) {
    order.push_back(plan);
  }
  parts_.progress.Start(Phase::kCompile, CountOf(order.size(), "package"), 0);
  files_ = 0;
  for (std::size_t begin = 0; begin < order.size(); begin += kArchivesAtOnce) {
    const std::size_t count = std::min(kArchivesAtOnce, order.size() - begin);
    if (Status done = CompileTogether(std::span(order).subspan(begin, count)); !done) {
      parts_.progress.Abandon(Phase::kCompile);
      return done;
    }
  }
  parts_.progress.Finish(Phase::kCompile);
  for (ArchivePlan& plan : plans) {  // those that are there twice
    plan = *distinct.at(plan.wheel);
  }
  return Ok();
}

Status CompiledArchives::CompileTogether(std::span<ArchivePlan* const> plans) {
  std::vector<Compilation> compilations;
  std::vector<BytecodeJob> jobs;
  compilations.reserve(plans.size());
  for (const ArchivePlan* plan : plans) {
    FLOWSTONE_LET(const ArchivePlan base, PlanToCompile(*plan));
    FLOWSTONE_LET(Compilation compilation,
                  Compilation::Begin(parts_.filesystem, parts_.cache.layout(), base,
                                     parts_.interpreter.cache_tag));
    jobs.insert(jobs.end(), compilation.jobs().begin(), compilation.jobs().end());
    compilations.push_back(std::move(compilation));
  }
  files_ += jobs.size();
  parts_.progress.SetTotal(Phase::kCompile, files_);
  FLOWSTONE_TRY(CompileBytecode(
      parts_.processes, parts_.interpreter.executable, jobs, parts_.compiler,
      [&](std::size_t count) { parts_.progress.Advance(Phase::kCompile, count, ""); }));
  for (std::size_t i = 0; i < plans.size(); ++i) {
    FLOWSTONE_LET(ArchivePlan compiled, compilations[i].Publish());
    compiled.warnings = std::move(plans[i]->warnings);  // with those of this time
    *plans[i] = std::move(compiled);
  }
  return Ok();
}

}  // namespace flowstone::install
