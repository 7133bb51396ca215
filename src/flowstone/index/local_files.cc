#include "flowstone/index/local_files.h"

#include "flowstone/index/page_file.h"
#include "flowstone/net/url.h"
#include "flowstone/os/path.h"

namespace flowstone::index {

Result<IndexFile> DescribeDistribution(os::FileSystem& files, const std::string& path) {
  FLOWSTONE_LET(const os::FileInfo info, files.Stat(path));
  if (info.type != os::FileType::kFile) {
    return Error{.code = ErrorCode::kInvalid, .message = path + " is not a file"};
  }
  IndexFile file;
  file.filename = os::BaseName(path);
  file.url = net::Url::FromPath(path).ToString();
  file.size = info.size;
  return file;
}

Result<std::vector<IndexFile>> ListDistributions(os::FileSystem& files,
                                                 const std::string& directory) {
  FLOWSTONE_LET(const std::vector<os::DirectoryEntry> entries, files.ListDirectory(directory));
  std::vector<IndexFile> found;
  for (const os::DirectoryEntry& entry : entries) {
    if (!HasDistributionSuffix(entry.name)) {
      continue;
    }
    // What vanished meanwhile, dangles or is a directory is not a distribution.
    if (auto file = DescribeDistribution(files, os::JoinPath(directory, entry.name))) {
      found.push_back(*std::move(file));
    }
  }
  return found;
}

}  // namespace flowstone::index
