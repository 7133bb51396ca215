// VenvFiles: whose the files of a virtual environment are, by the RECORDs in it. Paths are below
// the environment.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/install/environment_scheme.h"
#include "flowstone/install/installed_packages.h"
#include "flowstone/os/filesystem.h"

namespace flowstone::install {

class VenvFiles {
 public:
  // Borrows `filesystem`; `directory` is absolute.
  VenvFiles(os::FileSystem& filesystem, std::string directory, EnvironmentScheme scheme)
      : filesystem_(filesystem), directory_(std::move(directory)), scheme_(std::move(scheme)) {}

  // The files of the package are not to be removed, whoever else lists them.
  void AddStaying(const InstalledPackage& package);
  // They may be removed and replaced.
  void AddLeaving(const InstalledPackage& package);

  // The name of the package that stays and lists the file; nothing when none does.
  std::optional<std::string> StayingOwner(const std::string& path) const;
  bool IsLeaving(const std::string& path) const { return leaving_.contains(path); }

  // Removes the files that the package lists, their bytecode, and the directories that this leaves
  // empty; but nothing outside the environment, nothing that makes it one, and nothing of those
  // that stay.
  Status Remove(const InstalledPackage& package);
  // About files that were listed and lie elsewhere.
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  // The files that RECORD lists and that lie in the environment.
  std::vector<std::string> FilesOf(const InstalledPackage& package);
  // Whether the directory really lies in the environment, links followed.
  bool IsInside(const std::string& directory);
  Status RemoveOne(const std::string& path, std::set<std::string>& touched);
  Status RemoveBytecode(const std::string& source, std::set<std::string>& touched);
  Status RemoveEmptied(std::set<std::string> touched);
  std::string At(const std::string& path) const { return directory_ + "/" + path; }

  os::FileSystem& filesystem_;
  const std::string directory_;
  const EnvironmentScheme scheme_;
  std::unordered_map<std::string, std::string> staying_;  // path → name of the package
  std::set<std::string> leaving_;
  std::map<std::string, bool> inside_;  // what IsInside found out
  std::vector<std::string> warnings_;
};

}  // namespace flowstone::install
