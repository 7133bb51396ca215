#include "flowstone/store/verify.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "flowstone/base/text.h"
#include "flowstone/store/code_record.h"
#include "flowstone/store/object_key.h"
#include "flowstone/store/run_records.h"

namespace flowstone::store {
namespace {

constexpr std::uint64_t kVerifyChunkSize = std::uint64_t{4} << 20U;

// Parts of a key below runs/: of a file of a flow, of a run, of a task.
constexpr std::size_t kFlowParts = 3;
constexpr std::size_t kRunParts = 4;
constexpr std::size_t kTaskParts = 6;

constexpr const char* kRerun =
    "remove it (its bytes are lost) and `resume` the runs that name it from the step that made it";
constexpr const char* kStoreAgain = "remove it; the next run that needs it stores it again";
constexpr const char* kRestore =
    "restore it from a copy of the datastore, or remove the run that it belongs to";
constexpr const char* kUpgrade =
    "leave it if a newer version of flowstone uses this datastore, else remove it";

// One walk over a datastore.
class Verifier {
 public:
  Verifier(Datastore& datastore, ProgressSink& progress)
      : datastore_(datastore), objects_(datastore.objects()), progress_(progress) {}

  Result<VerifyReport> Run() {
    FLOWSTONE_LET(const std::vector<std::string> keys, objects_.List(""));
    keys_.insert(keys.begin(), keys.end());
    progress_.Start(Phase::kVerify, "the datastore", 0);
    for (const std::string& key : keys) {
      FLOWSTONE_LET(const std::optional<std::uint64_t> size, objects_.Head(key));
      if (!size) {
        continue;  // removed since the list was made
      }
      VerifyKey(key, *size);
      report_.bytes += *size;
      progress_.Advance(Phase::kVerify, *size, key);
    }
    progress_.Finish(Phase::kVerify);
    return std::move(report_);
  }

 private:
  void VerifyKey(const std::string& key, std::uint64_t size) {
    if (key == "version") {
      return;  // checked when the datastore was opened
    }
    const std::vector<std::string_view> parts = SplitText(key, '/');
    if (parts.front() == "runs") {
      VerifyRunFile(key, parts);
      return;
    }
    const Result<Digest> digest = Digest::Parse(parts.back());
    if (!digest || ContentKey(parts.front(), *digest) != key) {
      AddUnknown(key);
      return;
    }
    ++report_.objects;
    VerifyContent(key, parts.front(), *digest, size);
  }

  void VerifyContent(const std::string& key, std::string_view family, const Digest& digest,
                     std::uint64_t size) {
    if (family == "blob") {
      const Result<std::string> content = datastore_.GetBlob(digest);
      if (!content) {
        Add(FindingKind::kCorruptObject, key, content.error().message, kRerun);
      }
    } else if (family == "art" || family == "lock" || family == "tree" || family == "pack") {
      VerifyStoredAsIs(key, digest, size);
    } else if (family == "code") {
      VerifyCode(key, digest);
    } else if (family == "req") {
      VerifyRequest(key, digest);
    } else if (family == "build") {
      VerifyBuild(key, digest);
    } else {
      AddUnknown(key);
    }
  }

  void VerifyStoredAsIs(const std::string& key, const Digest& digest, std::uint64_t size) {
    Hasher hasher;
    for (std::uint64_t offset = 0; offset < size; offset += kVerifyChunkSize) {
      const Result<std::string> chunk =
          objects_.GetRange(key, offset, std::min(kVerifyChunkSize, size - offset));
      if (!chunk) {
        Add(FindingKind::kCorruptObject, key, chunk.error().message, kStoreAgain);
        return;
      }
      hasher.Update(*chunk);
    }
    if (const Digest found = hasher.Finish(); found != digest) {
      Add(FindingKind::kCorruptObject, key, "its content has the sha256 " + found.ToString(),
          kStoreAgain);
    }
  }

  void VerifyCode(const std::string& key, const Digest& package) {
    if (const auto record = ReadRecord<CodeRecord>(key, kStoreAgain)) {
      Require(key, ContentKey("tree", package), "the manifest of its files", kStoreAgain);
      for (const Digest& pack : record->packs) {
        Require(key, ContentKey("pack", pack), "a pack of its files", kStoreAgain);
      }
    }
  }

  void VerifyRequest(const std::string& key, const Digest& request) {
    const Result<std::optional<ResolvedRequest>> resolved = datastore_.FindRequest(request);
    if (!resolved) {
      Add(FindingKind::kCorruptObject, key, resolved.error().message, kStoreAgain);
    } else if (*resolved) {
      Require(key, ContentKey("lock", (*resolved)->lock), "the lock it was resolved to",
              kStoreAgain);
    }
  }

  void VerifyBuild(const std::string& key, const Digest& inputs) {
    const Result<std::optional<BuiltArtifact>> built = datastore_.FindBuild(inputs);
    if (!built) {
      Add(FindingKind::kCorruptObject, key, built.error().message, kStoreAgain);
    } else if (*built) {
      Require(key, ContentKey("art", (*built)->wheel), "the wheel that was built", kStoreAgain);
    }
  }

  // runs/<flow>/latest · runs/<flow>/<run>/<file> · runs/<flow>/<run>/<step>/<task>/<file>
  void VerifyRunFile(const std::string& key, const std::vector<std::string_view>& parts) {
    const std::string_view name = parts.back();
    if (parts.size() == kFlowParts && name == "latest") {
      ++report_.records;
    } else if (parts.size() == kRunParts && name == "run.json") {
      VerifyRun(key);
    } else if (parts.size() == kRunParts && name == "end.json") {
      ReadRecord<RunEnd>(key, kRestore);
    } else if (parts.size() == kRunParts && name == "tags.json") {
      ReadRecord<RunTags>(key, kRestore);
    } else if (parts.size() == kTaskParts && name == "task.json") {
      ReadRecord<TaskRecord>(key, kRestore);
    } else if (parts.size() == kTaskParts && name.ends_with(".json")) {
      VerifyAttempt(key);
    } else if (parts.size() != kTaskParts ||
               !(name.ends_with(".stdout") || name.ends_with(".stderr"))) {
      AddUnknown(key);
    }
  }

  void VerifyRun(const std::string& key) {
    const auto record = ReadRecord<RunRecord>(key, kRestore);
    if (!record) {
      return;
    }
    if (record->code) {
      Require(key, CodeRecordKey(*record->code), "its code package", kRestore);
    }
    for (const auto& [step, environment] : record->environments) {
      RequireLock(key, environment);
    }
  }

  void VerifyAttempt(const std::string& key) {
    const auto record = ReadRecord<AttemptRecord>(key, kRestore);
    if (!record) {
      return;
    }
    for (const auto& [name, artifact] : record->artifacts) {
      Require(key, ContentKey("blob", artifact.sha256), "its artifact '" + name + "'", kRestore);
    }
    RequireLock(key, record->environment);
  }

  void RequireLock(const std::string& key, const std::optional<EnvironmentReference>& environment) {
    if (environment && environment->lock) {
      Require(key, ContentKey("lock", *environment->lock), "the lock of its environment", kRestore);
    }
  }

  template <class Record>
  std::optional<Record> ReadRecord(const std::string& key, const char* remedy) {
    ++report_.records;
    const Result<std::string> text = objects_.Get(key);
    const Result<Record> record = text ? Record::Parse(*text) : Result<Record>(text.error());
    if (!record) {
      Add(FindingKind::kMalformedRecord, key, record.error().message, remedy);
      return std::nullopt;
    }
    return *record;
  }

  void Require(const std::string& key, const std::string& target, const std::string& what,
               const char* remedy) {
    if (!keys_.contains(target)) {
      Add(FindingKind::kMissingReference, key, what + " is missing: '" + target + "'", remedy);
    }
  }

  void AddUnknown(const std::string& key) {
    Add(FindingKind::kUnknownObject, key, "nothing of this name belongs into a datastore",
        kUpgrade);
  }

  void Add(FindingKind kind, std::string key, std::string message, const char* remedy) {
    report_.findings.push_back(
        {.kind = kind, .key = std::move(key), .message = std::move(message), .remedy = remedy});
  }

  Datastore& datastore_;
  ObjectStore& objects_;
  ProgressSink& progress_;
  std::unordered_set<std::string> keys_;
  VerifyReport report_;  // keys come sorted, so findings do
};

}  // namespace

Result<VerifyReport> VerifyDatastore(Datastore& datastore, ProgressSink& progress) {
  return Verifier(datastore, progress).Run();
}

}  // namespace flowstone::store
