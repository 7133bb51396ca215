#include "flowstone/install/wheel_unpacker.h"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "flowstone/install/background_sink.h"
#include "flowstone/install/disk_space.h"
#include "flowstone/install/installed_info.h"
#include "flowstone/install/library_search_path.h"
#include "flowstone/install/parallel.h"
#include "flowstone/install/record_check.h"
#include "flowstone/install/relocatable_script.h"
#include "flowstone/install/wheel_layout.h"
#include "flowstone/os/path.h"
#include "flowstone/pypi/entry_points.h"
#include "flowstone/pypi/header_fields.h"
#include "flowstone/pypi/wheel_metadata.h"

namespace flowstone::install {
namespace {

using archive::ZipMember;

constexpr std::uint32_t kReadOnly = 0444;
constexpr std::uint32_t kExecutable = 0555;
// Larger members are written while they are inflated, with two threads for one; smaller ones are
// faster as a whole.
constexpr std::uint64_t kWholeMember = std::uint64_t{1} << 20U;
// Starting a thread takes longer than unpacking so little.
constexpr std::uint64_t kBytesPerThread = std::uint64_t{1} << 20U;
constexpr std::size_t kMembersPerThread = 64;

// What happened to one member; workers fill one each.
struct UnpackedMember {
  PlannedFile file;
  RecordVerdict verdict = RecordVerdict::kVerified;
  bool climbs = false;  // a library that looks for others outside the archive
};

class Unpacker {
 public:
  Unpacker(os::FileSystem& filesystem, const archive::ZipReader& zip,
           const pypi::WheelName& wheel_name, std::string directory)
      : filesystem_(filesystem),
        zip_(zip),
        wheel_name_(wheel_name),
        directory_(std::move(directory)) {}

  Result<ArchivePlan> Run(const Digest& wheel, std::size_t threads) {
    threads_ = threads;
    plan_.wheel = wheel;
    plan_.name = wheel_name_.name.ToString();
    plan_.version = wheel_name_.version.text();
    FLOWSTONE_LET(layout_, LayOutWheel(zip_.members(), wheel_name_));
    plan_.dist_info = layout_.dist_info;
    plan_.warnings = layout_.warnings;
    FLOWSTONE_TRY(ReadWheelFile());
    FLOWSTONE_TRY(CheckMetadata());
    FLOWSTONE_TRY(ReadEntryPoints());
    DropReplacedScripts();
    FLOWSTONE_TRY(MakeRoom());
    FLOWSTONE_TRY(MakeAllDirectories());
    FLOWSTONE_TRY(UnpackMembers());
    FLOWSTONE_TRY(WriteGenerated());
    return Finish();
  }

 private:
  std::string InDistInfo(std::string_view name) const {
    return layout_.dist_info + "/" + std::string(name);
  }

  Result<std::string> ReadMetadataFile(std::string_view name) const {
    const ZipMember* member = zip_.Find(InDistInfo(name));
    if (member == nullptr) {
      return Error{.code = ErrorCode::kCorrupt, .message = "the wheel has no " + InDistInfo(name)};
    }
    return zip_.Read(*member);
  }

  Status ReadWheelFile() {
    FLOWSTONE_LET(const std::string text, ReadMetadataFile("WHEEL"));
    FLOWSTONE_LET(const pypi::WheelMetadata metadata, pypi::WheelMetadata::Parse(text));
    if (metadata.version_minor > 0) {
      plan_.warnings.push_back("the wheel follows version 1." +
                               std::to_string(metadata.version_minor) +
                               " of the wheel format; 1.0 is known");
    }
    for (const pypi::TagSet& tags : metadata.tags) {
      plan_.tags.push_back(tags.ToString());
    }
    std::ranges::sort(plan_.tags);
    return Ok();
  }

  // What was resolved by METADATA must be what the file name promised.
  Status CheckMetadata() const {
    FLOWSTONE_LET(const std::string text, ReadMetadataFile("METADATA"));
    const pypi::HeaderFields fields = pypi::HeaderFields::Parse(text);
    const std::string name(fields.Find("name").value_or(""));
    const std::string version(fields.Find("version").value_or(""));
    const Result<pypi::Version> parsed = pypi::Version::Parse(version);
    if (pypi::NormalizeName(name) != wheel_name_.name.ToString() || !parsed ||
        *parsed != wheel_name_.version) {
      return Error{.code = ErrorCode::kInvalid,
                   .message = "the wheel is named " + wheel_name_.name.ToString() + " " +
                              wheel_name_.version.ToString() + " but its METADATA says " + name +
                              " " + version};
    }
    return Ok();
  }

  Status ReadEntryPoints() {
    generated_["site/" + InDistInfo("INSTALLER")] = {"flowstone\n", kReadOnly};
    const ZipMember* member = zip_.Find(InDistInfo("entry_points.txt"));
    if (member == nullptr) {
      return Ok();
    }
    FLOWSTONE_LET(const std::string text, zip_.Read(*member));
    FLOWSTONE_LET(const pypi::EntryPoints entry_points, pypi::EntryPoints::Parse(text));
    for (const auto* scripts : {&entry_points.gui_scripts, &entry_points.console_scripts}) {
      for (const pypi::Script& script : *scripts) {
        if (IsActivationScriptName(script.name)) {
          plan_.warnings.push_back("the wheel has a program bin/" + script.name +
                                   ", as virtual environments do");
        }
        if (IsReservedScriptName(script.name)) {
          return Error{.code = ErrorCode::kInvalid,
                       .message = "the wheel's entry point " + script.name +
                                  " would stand in for an interpreter"};
        }
        generated_["bin/" + script.name] = {EntryPointScript(script), kExecutable};
      }
    }
    return Ok();
  }

  // An entry point wins over a script of the same name.
  void DropReplacedScripts() {
    std::erase_if(layout_.placements, [&](const Placement& placement) {
      if (!generated_.contains(placement.destination)) {
        return false;
      }
      plan_.warnings.push_back("the entry point replaces the wheel's script " +
                               placement.destination);
      return true;
    });
  }

  Status MakeRoom() const {
    std::uint64_t bytes = 0;
    for (const Placement& placement : layout_.placements) {
      bytes += RoundedToBlocks(zip_.members()[placement.member].size);
    }
    return CheckDiskSpace(filesystem_, directory_, bytes);
  }

  Status MakeAllDirectories() {
    std::set<std::string> directories;
    const auto add = [&directories](std::string path) {
      while (path != "." && directories.insert(path).second) {
        path = os::DirName(path);
      }
    };
    for (const Placement& placement : layout_.placements) {
      add(os::DirName(placement.destination));
    }
    for (const auto& [path, content] : generated_) {
      add(os::DirName(path));
    }
    for (const std::string& path : directories) {
      FLOWSTONE_TRY(filesystem_.MakeDirectory(os::JoinPath(directory_, path), 0755));
      files_[path];
    }
    return Ok();
  }

  Result<std::unique_ptr<os::OutputFile>> NewFile(const std::string& path, std::uint32_t mode) {
    Result<std::unique_ptr<os::OutputFile>> file =
        filesystem_.OpenOutput(os::JoinPath(directory_, path), os::Existing::kRefuse, mode);
    if (!file && file.error().code == ErrorCode::kConflict) {
      return Error{.code = ErrorCode::kInvalid,
                   .message =
                       "the wheel has two files that this file system cannot tell apart, "
                       "one of them " +
                       path}
          .WithHint("set FLOWSTONE_HOME to a directory on a file system that sees case");
    }
    return file;
  }

  Status WriteFile(const std::string& path, std::string_view bytes, std::uint32_t mode) {
    FLOWSTONE_LET(const std::unique_ptr<os::OutputFile> file, NewFile(path, mode));
    FLOWSTONE_TRY(file->Write(bytes));
    return file->Close();
  }

  // Inflates, verifies and writes one member. Called from several threads.
  Result<UnpackedMember> UnpackMember(const Placement& placement, const RecordCheck& record) {
    const ZipMember& member = zip_.members()[placement.member];
    const bool is_script = placement.destination.starts_with("bin/");
    UnpackedMember done;
    done.file.name = os::BaseName(placement.destination);
    done.file.mode = is_script || member.executable() ? kExecutable : kReadOnly;
    if (member.size > kWholeMember && !is_script && record.IsEnough(member.name)) {
      FLOWSTONE_TRY(UnpackInPieces(placement, record, done));
      return done;
    }
    FLOWSTONE_LET(std::string bytes, zip_.Read(member));
    done.file.digest = Digest::Of(bytes);
    if (!IsSignature(member.name)) {
      FLOWSTONE_LET(done.verdict, record.Compare(member.name, bytes, done.file.digest));
    }
    if (is_script) {
      if (std::optional<std::string> relocated = RelocateScript(bytes)) {
        bytes = *std::move(relocated);
        done.file.digest = Digest::Of(bytes);
        done.file.origin = FileOrigin::kRewritten;
      }
    }
    done.file.size = bytes.size();
    done.climbs = IsLibrary(done.file) && Climbs(bytes, placement);
    FLOWSTONE_TRY(WriteFile(placement.destination, bytes, done.file.mode));
    return done;
  }

  // The same for a large one, which is never in memory as a whole. What is written before it is
  // verified is in nobody's archive yet.
  Status UnpackInPieces(const Placement& placement, const RecordCheck& record,
                        UnpackedMember& done) {
    const ZipMember& member = zip_.members()[placement.member];
    FLOWSTONE_LET(const std::unique_ptr<os::OutputFile> file,
                  NewFile(placement.destination, done.file.mode));
    Hasher hasher;
    const archive::ByteSink write = [&](std::string_view piece) {
      hasher.Update(piece);
      return file->Write(piece);
    };
    if (threads_ > 1) {
      BackgroundSink background(write);
      FLOWSTONE_TRY(
          zip_.ReadPieces(member, [&](std::string_view piece) { return background.Put(piece); }));
      FLOWSTONE_TRY(background.Finish());
    } else {
      FLOWSTONE_TRY(zip_.ReadPieces(member, write));
    }
    FLOWSTONE_TRY(file->Close());
    done.file.size = member.size;
    done.file.digest = hasher.Finish();
    if (!IsSignature(member.name)) {
      FLOWSTONE_LET(done.verdict, record.CompareDigest(member.name, member.size, done.file.digest));
    }
    if (IsLibrary(done.file)) {
      FLOWSTONE_LET(const std::shared_ptr<const os::FileView> view,
                    filesystem_.MapFile(os::JoinPath(directory_, placement.destination)));
      done.climbs = Climbs(view->bytes(), placement);
    }
    return Ok();
  }

  static bool IsLibrary(const PlannedFile& file) {
    return file.name.find(".so") != std::string::npos;
  }

  bool Climbs(std::string_view library, const Placement& placement) const {
    return ClimbsOut(LibrarySearchPath(library), os::DirName(placement.destination),
                     [this](const std::string& path) { return files_.contains(path); });
  }

  // RECORD cannot list what signs it.
  bool IsSignature(const std::string& member) const {
    return member == InDistInfo("RECORD.jws") || member == InDistInfo("RECORD.p7s");
  }

  // The largest first, so that the one that takes longest does not begin last.
  std::vector<std::size_t> LargestFirst() const {
    std::vector<std::size_t> order(layout_.placements.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, std::greater<>(), [this](std::size_t placement) {
      return zip_.members()[layout_.placements[placement].member].size;
    });
    return order;
  }

  std::size_t UsefulThreads() const {
    std::uint64_t bytes = 0;
    for (const Placement& placement : layout_.placements) {
      bytes += zip_.members()[placement.member].size;
    }
    const std::size_t useful = 1 + std::max(static_cast<std::size_t>(bytes / kBytesPerThread),
                                            layout_.placements.size() / kMembersPerThread);
    return std::min(threads_, useful);
  }

  Status UnpackMembers() {
    FLOWSTONE_LET(const std::string text, ReadMetadataFile("RECORD"));
    FLOWSTONE_LET(const RecordCheck record, RecordCheck::Parse(text));
    FLOWSTONE_TRY(record.CheckNothingIsMissing(
        [this](const std::string& path) { return zip_.Find(path) != nullptr; }));
    plan_.warnings.insert(plan_.warnings.end(), record.warnings().begin(), record.warnings().end());
    std::vector<UnpackedMember> done(layout_.placements.size());
    const std::vector<std::size_t> order = LargestFirst();
    FLOWSTONE_TRY(ForEachInParallel(done.size(), UsefulThreads(), [&](std::size_t i) -> Status {
      FLOWSTONE_LET(done[order[i]], UnpackMember(layout_.placements[order[i]], record));
      return Ok();
    }));
    for (std::size_t i = 0; i < done.size(); ++i) {
      const Placement& placement = layout_.placements[i];
      if (done[i].verdict == RecordVerdict::kUnlisted) {
        plan_.warnings.push_back("RECORD has no hash of " + zip_.members()[placement.member].name);
      }
      const std::string directory = os::DirName(placement.destination);
      if (done[i].climbs) {
        plan_.climbing.push_back(directory);
      }
      files_[directory].push_back(std::move(done[i].file));
    }
    std::ranges::sort(plan_.climbing);
    const auto repeated = std::ranges::unique(plan_.climbing);
    plan_.climbing.erase(repeated.begin(), repeated.end());
    return Ok();
  }

  Status WriteGenerated() {
    for (const auto& [path, file] : generated_) {
      FLOWSTONE_LET(PlannedFile written, Generate(path, file.content, file.mode));
      files_[os::DirName(path)].push_back(std::move(written));
    }
    return Ok();
  }

  Result<PlannedFile> Generate(const std::string& path, std::string_view content,
                               std::uint32_t mode) {
    FLOWSTONE_TRY(WriteFile(path, content, mode));
    return PlannedFile{.name = os::BaseName(path),
                       .size = content.size(),
                       .digest = Digest::Of(content),
                       .mode = mode,
                       .origin = FileOrigin::kGenerated};
  }

  // Last of all the plan: a directory without it is no archive.
  Result<ArchivePlan> Finish() {
    for (auto& [path, files] : files_) {
      std::ranges::sort(files, {}, &PlannedFile::name);
      plan_.directories.push_back({.path = path, .files = std::move(files)});
    }
    FLOWSTONE_TRY(WriteInstalledInfo(filesystem_, directory_, plan_));
    FLOWSTONE_TRY(WriteFile(kPlanFileName, plan_.Serialize(), kReadOnly));
    return std::move(plan_);
  }

  struct GeneratedFile {
    std::string content;
    std::uint32_t mode = kReadOnly;
  };

  os::FileSystem& filesystem_;
  const archive::ZipReader& zip_;
  const pypi::WheelName& wheel_name_;
  std::string directory_;
  std::size_t threads_ = 1;
  WheelLayout layout_;
  ArchivePlan plan_;
  std::map<std::string, GeneratedFile> generated_;         // by destination
  std::map<std::string, std::vector<PlannedFile>> files_;  // by directory
};

}  // namespace

Result<ArchivePlan> UnpackWheel(os::FileSystem& filesystem, archive::ByteSource& source,
                                const std::string& file_name, const Digest& wheel,
                                const std::string& directory, const UnpackOptions& options) {
  FLOWSTONE_LET(const pypi::WheelName wheel_name, pypi::WheelName::Parse(file_name));
  FLOWSTONE_LET(const archive::ZipReader zip, archive::ZipReader::Open(source));
  return Unpacker(filesystem, zip, wheel_name, directory).Run(wheel, options.threads);
}

}  // namespace flowstone::install
