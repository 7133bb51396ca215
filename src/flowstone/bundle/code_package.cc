#include "flowstone/bundle/code_package.h"

#include <algorithm>
#include <atomic>
#include <functional>
#include <future>
#include <unordered_set>

#include "flowstone/archive/gzip.h"
#include "flowstone/archive/tar_writer.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/path.h"
#include "flowstone/os/temp_dir.h"
#include "flowstone/store/code_record.h"
#include "flowstone/store/object_key.h"

namespace flowstone::bundle {
namespace {

constexpr int kHashThreads = 2;
// A package whose files are spread over more packs than this is packed anew.
constexpr std::size_t kMostPacks = 16;
constexpr std::uint32_t kRegularBits = 0644;
constexpr std::uint32_t kExecutableBits = 0755;
constexpr std::uint32_t kDirectoryBits = 0755;

using ReadEntry = std::function<Result<std::string>(const TreeEntry& entry)>;

Result<std::string> ReadScanned(os::FileSystem& files, const ScannedFile& file) {
  if (file.generated) {
    return *file.generated;
  }
  return files.ReadFile(file.source);
}

Result<TreeEntry> HashScanned(os::FileSystem& files, const ScannedFile& file) {
  FLOWSTONE_LET(const std::string content,
                Annotate(ReadScanned(files, file), "while packaging '" + file.path + "'"));
  return TreeEntry{.path = file.path,
                   .mode = file.executable ? FileMode::kExecutable : FileMode::kRegular,
                   .size = content.size(),
                   .sha256 = Digest::Of(content)};
}

// The entries of all files, in their order. Of several failures the first file's is returned.
Result<std::vector<TreeEntry>> HashAll(os::FileSystem& files,
                                       const std::vector<ScannedFile>& scanned) {
  std::vector<std::optional<Result<TreeEntry>>> entries(scanned.size());
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < scanned.size(); i = next++) {
      entries[i] = HashScanned(files, scanned[i]);
    }
  };
  std::vector<std::future<void>> helpers;
  for (int i = 1; i < kHashThreads; ++i) {
    helpers.push_back(std::async(std::launch::async, work));
  }
  work();
  for (std::future<void>& helper : helpers) {
    helper.get();
  }
  std::vector<TreeEntry> hashed;
  hashed.reserve(entries.size());
  for (std::optional<Result<TreeEntry>>& entry : entries) {
    FLOWSTONE_TRY(*entry);
    hashed.push_back(**std::move(entry));
  }
  return hashed;
}

Result<std::string> WriteTarGz(const TreeManifest& manifest, const ReadEntry& read) {
  std::string tar;
  archive::TarWriter writer(archive::AppendTo(tar));
  for (const TreeEntry& entry : manifest.entries()) {
    FLOWSTONE_LET(const std::string content, read(entry));
    const archive::TarFileMode mode = entry.mode == FileMode::kExecutable
                                          ? archive::TarFileMode::kExecutable
                                          : archive::TarFileMode::kRegular;
    FLOWSTONE_TRY(writer.AddFile(entry.path, content, mode));
  }
  FLOWSTONE_TRY(writer.Finish());
  return archive::GzipCompress(tar);
}

std::string PackKey(const Digest& pack) {
  return store::ContentKey(store::ContentFamilyName(store::ContentFamily::kPack), pack);
}

struct OpenPack {
  Digest id;
  store::PackReader reader;
};

// The packs of a package that is in the datastore.
Result<std::vector<OpenPack>> OpenPacks(store::Datastore& datastore, const Digest& package) {
  FLOWSTONE_LET(const std::string json, datastore.objects().Get(store::CodeRecordKey(package)));
  FLOWSTONE_LET(const store::CodeRecord record, store::CodeRecord::Parse(json));
  std::vector<OpenPack> packs;
  for (const Digest& pack : record.packs) {
    FLOWSTONE_LET(store::PackReader reader,
                  store::PackReader::Open(datastore.objects(), PackKey(pack)));
    packs.push_back({pack, std::move(reader)});
  }
  return packs;
}

// The packs of an earlier package, or none when it cannot serve: it only saves bytes.
std::vector<OpenPack> OpenBase(store::Datastore& datastore, const std::optional<Digest>& base) {
  if (!base) {
    return {};
  }
  Result<std::vector<OpenPack>> packs = OpenPacks(datastore, *base);
  if (!packs || packs->size() >= kMostPacks) {
    return {};
  }
  return *std::move(packs);
}

Status WriteFile(os::FileSystem& files, const std::string& path, const std::string& content,
                 FileMode mode) {
  FLOWSTONE_LET(const std::unique_ptr<os::OutputFile> file,
                files.OpenOutput(path, os::Existing::kRefuse,
                                 mode == FileMode::kExecutable ? kExecutableBits : kRegularBits));
  FLOWSTONE_TRY(file->Write(content));
  return file->Close();
}

}  // namespace

CodePackage::CodePackage(TreeManifest manifest, std::vector<ScannedFile> sources)
    : id_(manifest.Id()), manifest_(std::move(manifest)), sources_(std::move(sources)) {}

Result<CodePackage> CodePackage::Build(os::FileSystem& files, const CodeScan& scan) {
  std::vector<ScannedFile> sources = scan.files;
  std::sort(sources.begin(), sources.end(),
            [](const ScannedFile& a, const ScannedFile& b) { return a.path < b.path; });
  FLOWSTONE_LET(std::vector<TreeEntry> entries, HashAll(files, sources));
  FLOWSTONE_LET(TreeManifest manifest, TreeManifest::Of(std::move(entries)));
  return CodePackage(std::move(manifest), std::move(sources));
}

Result<std::string> CodePackage::ReadSource(os::FileSystem& files, std::size_t index) const {
  FLOWSTONE_LET(std::string content, ReadScanned(files, sources_[index]));
  if (Digest::Of(content) != manifest_.entries()[index].sha256) {
    return Error{.code = ErrorCode::kConflict,
                 .message = "'" + sources_[index].source + "' changed while it was packaged",
                 .hints = {"start the run again"}};
  }
  return content;
}

Result<CodePackage::StoreOutcome> CodePackage::Store(os::FileSystem& files,
                                                     store::Datastore& datastore,
                                                     const std::optional<Digest>& base) const {
  const std::string record_key = store::CodeRecordKey(id_);
  FLOWSTONE_LET(const std::optional<std::uint64_t> there, datastore.objects().Head(record_key));
  if (there) {
    return StoreOutcome();
  }
  store::CodeRecord record;
  std::unordered_set<Digest> wanted;
  for (const TreeEntry& entry : manifest_.entries()) {
    wanted.insert(entry.sha256);
  }
  for (const OpenPack& pack : OpenBase(datastore, base)) {
    std::size_t used = 0;
    for (const Digest& content : pack.reader.ContentsInOrder()) {
      used += wanted.erase(content);
    }
    if (used > 0) {
      record.packs.push_back(pack.id);
    }
  }
  StoreOutcome outcome{.new_files = wanted.size()};
  if (!wanted.empty()) {
    store::PackWriter writer;
    for (std::size_t i = 0; i < sources_.size(); ++i) {
      const Digest& sha256 = manifest_.entries()[i].sha256;
      if (wanted.contains(sha256)) {
        FLOWSTONE_LET(const std::string content, ReadSource(files, i));
        FLOWSTONE_TRY(writer.Add(sha256, content));
      }
    }
    const std::string pack = std::move(writer).Finish();
    FLOWSTONE_LET(const Digest pack_id, datastore.PutContent(store::ContentFamily::kPack, pack));
    record.packs.push_back(pack_id);
    outcome.new_bytes = pack.size();
  }
  FLOWSTONE_TRY(datastore.PutContent(store::ContentFamily::kTree, manifest_.ToString()));
  // The record comes last: a package that has one is whole.
  FLOWSTONE_TRY(datastore.objects().PutIfAbsent(record_key, record.ToJson()));
  return outcome;
}

Result<std::string> CodePackage::ExportTarGz(os::FileSystem& files) const {
  std::size_t index = 0;
  return WriteTarGz(manifest_,
                    [&](const TreeEntry& /*entry*/) { return ReadSource(files, index++); });
}

Result<StoredCodePackage> StoredCodePackage::Load(store::Datastore& datastore, const Digest& id) {
  const std::string frame = "while reading the code package " + id.ToString();
  FLOWSTONE_LET(const std::string text,
                Annotate(datastore.GetContent(store::ContentFamily::kTree, id), frame));
  FLOWSTONE_LET(TreeManifest manifest, Annotate(TreeManifest::Parse(text), frame));
  FLOWSTONE_LET(std::vector<OpenPack> packs, Annotate(OpenPacks(datastore, id), frame));
  std::vector<store::PackReader> readers;
  readers.reserve(packs.size());
  for (OpenPack& pack : packs) {
    readers.push_back(std::move(pack.reader));
  }
  for (const TreeEntry& entry : manifest.entries()) {
    const bool held = std::any_of(
        readers.begin(), readers.end(),
        [&entry](const store::PackReader& reader) { return reader.Contains(entry.sha256); });
    if (!held) {
      return Error{.code = ErrorCode::kCorrupt,
                   .message = "no pack of the code package " + id.ToString() + " holds '" +
                              entry.path + "'"};
    }
  }
  return StoredCodePackage(id, std::move(manifest), std::move(readers));
}

Result<std::string> StoredCodePackage::ReadContent(const TreeEntry& entry) {
  for (store::PackReader& reader : packs_) {
    if (reader.Contains(entry.sha256)) {
      return Annotate(reader.Read(entry.sha256), "while reading '" + entry.path + "'");
    }
  }
  FLOWSTONE_CHECK(false);  // Load made sure
}

Result<std::string> StoredCodePackage::ReadFile(std::string_view path) {
  const TreeEntry* entry = manifest_.Find(path);
  if (entry == nullptr) {
    return Error{
        .code = ErrorCode::kNotFound,
        .message = "there is no '" + std::string(path) + "' in the code package " + id_.ToString()};
  }
  return ReadContent(*entry);
}

Status StoredCodePackage::WriteTree(os::FileSystem& files, const std::string& directory) {
  std::string made;  // entries are sorted, so those of one folder come together
  for (const TreeEntry& entry : manifest_.entries()) {
    const std::string path = os::JoinPath(directory, entry.path);
    if (std::string folder = os::DirName(path); folder != made) {
      FLOWSTONE_TRY(os::MakeDirectories(files, folder));
      made = std::move(folder);
    }
    FLOWSTONE_LET(const std::string content, ReadContent(entry));
    FLOWSTONE_TRY(WriteFile(files, path, content, entry.mode));
  }
  return Ok();
}

Status StoredCodePackage::ExtractTo(os::FileSystem& files, const std::string& directory) {
  FLOWSTONE_LET(const bool exists, os::Exists(files, directory));
  if (exists) {
    return Error{.code = ErrorCode::kConflict, .message = "'" + directory + "' exists already"};
  }
  FLOWSTONE_LET(os::TempDir staging,
                os::TempDir::Create(files, os::DirName(directory), ".flowstone-code-"));
  FLOWSTONE_TRY(WriteTree(files, staging.path()));
  FLOWSTONE_TRY(files.SetMode(staging.path(), kDirectoryBits));
  FLOWSTONE_TRY(files.Rename(staging.path(), directory));
  (void)staging.Release();  // it has its final name now
  return Ok();
}

Result<std::string> StoredCodePackage::ExportTarGz() {
  return WriteTarGz(manifest_, [this](const TreeEntry& entry) { return ReadContent(entry); });
}

}  // namespace flowstone::bundle
