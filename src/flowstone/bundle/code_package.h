// Code packages: the scanned code of a flow, hashed, stored and brought back.
//
// The id of a package is that of its TreeManifest. In the datastore a package is its manifest
// (`tree/`), the list of the packs that hold its files (`code/`), and packs that only ever hold
// content that was not there before, so that a changed line costs the bytes of one file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "flowstone/base/digest.h"
#include "flowstone/base/result.h"
#include "flowstone/bundle/code_scan.h"
#include "flowstone/bundle/tree_manifest.h"
#include "flowstone/os/filesystem.h"
#include "flowstone/store/datastore.h"
#include "flowstone/store/pack.h"

namespace flowstone::bundle {

// A package whose files are still where the scan found them.
class CodePackage {
 public:
  // Reads and hashes every file once, on two threads. An unreadable file is an error that names it.
  static Result<CodePackage> Build(os::FileSystem& files, const CodeScan& scan);

  const Digest& id() const { return id_; }
  const TreeManifest& manifest() const { return manifest_; }

  struct StoreOutcome {
    std::uint64_t new_files = 0;  // contents that were not there
    std::uint64_t new_bytes = 0;  // of the pack that they went into
  };
  // Stores what the datastore lacks; nothing when it has the package. `base` is an earlier package
  // (of the flow's latest run) whose files need not be stored again. kConflict when a file changed
  // since Build.
  Result<StoreOutcome> Store(os::FileSystem& files, store::Datastore& datastore,
                             const std::optional<Digest>& base) const;

  // A reproducible .tar.gz, user files at its root: times, owners and order are constant. The same
  // bytes on every machine with the same libdeflate.
  Result<std::string> ExportTarGz(os::FileSystem& files) const;

 private:
  CodePackage(TreeManifest manifest, std::vector<ScannedFile> sources);
  // The content of entry `index`; kConflict when it is not what Build hashed.
  Result<std::string> ReadSource(os::FileSystem& files, std::size_t index) const;

  Digest id_;
  TreeManifest manifest_;
  std::vector<ScannedFile> sources_;  // one per entry of manifest_, in the same order
};

// A package in a datastore. Not thread-safe.
class StoredCodePackage {
 public:
  // kNotFound when the datastore does not have it. `datastore` outlives the package.
  static Result<StoredCodePackage> Load(store::Datastore& datastore, const Digest& id);

  const Digest& id() const { return id_; }
  const TreeManifest& manifest() const { return manifest_; }
  // The content of one file, verified.
  Result<std::string> ReadFile(std::string_view path);
  // Writes the tree to `directory`, which must not exist (kConflict); it appears whole or not at
  // all. Its parent must exist.
  Status ExtractTo(os::FileSystem& files, const std::string& directory);
  Result<std::string> ExportTarGz();

 private:
  StoredCodePackage(Digest id, TreeManifest manifest, std::vector<store::PackReader> packs)
      : id_(id), manifest_(std::move(manifest)), packs_(std::move(packs)) {}
  Result<std::string> ReadContent(const TreeEntry& entry);
  Status WriteTree(os::FileSystem& files, const std::string& directory);

  Digest id_;
  TreeManifest manifest_;
  std::vector<store::PackReader> packs_;
};

}  // namespace flowstone::bundle
