// ReadRequirementsFile: a requirements or constraints file in pip's full syntax, with the files
// that it names. Nothing in it is passed over: what has no meaning here is an error.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/os/environment.h"
#include "flowstone/project/name_choice.h"
#include "flowstone/project/source_line.h"
#include "flowstone/project/written_requirement.h"

namespace flowstone::project {

// A value of an option, and where it was given.
struct SourcedText {
  std::string text = {};
  SourceLine source = {};

  friend bool operator==(const SourcedText&, const SourcedText&) = default;
};

// What option lines say. They hold for everything that is resolved together, whichever file they
// stand in.
struct FileOptions {
  std::optional<SourcedText> index_url = {};  // the last one
  std::vector<SourcedText> extra_index_urls = {};
  std::vector<SourcedText> find_links = {};  // URLs, or absolute paths
  std::vector<SourcedText> trusted_hosts = {};
  bool no_index = false;
  std::optional<bool> require_hashes = {};
  std::optional<SourcedText> prefer_binary = {};
  NameChoice binaries = {};                // first: only wheels; second: no wheels
  NameChoice releases = {};                // first: also pre-releases; second: only final releases
  std::vector<SourcedText> features = {};  // `--use-feature`

  friend bool operator==(const FileOptions&, const FileOptions&) = default;
};

struct RequirementsFile {
  std::vector<WrittenRequirement> requirements = {};
  std::vector<WrittenRequirement> constraints = {};  // named, without extras
  FileOptions options = {};

  friend bool operator==(const RequirementsFile&, const RequirementsFile&) = default;
};

enum class FileRole : std::uint8_t { kRequirements, kConstraints };

struct RequirementsContext {
  // Absolute; relative paths of requirements start here.
  std::string working_directory;
  // For `${NAME}`.
  const os::Environment& environment;
  // The bytes at an absolute path, an http or https URL, or "-" (standard input).
  std::function<Result<std::string>(const std::string& place)> read;
  // Whether anything is at an absolute path: find-links start beside the file if it is there, else
  // at the working directory.
  std::function<bool(const std::string& path)> exists;
};

// `place` is a path, a URL or "-". `-r` and `-c` in a file start beside it. Errors name file and
// line: kInvalid for what cannot be read as requirements and for files that include themselves;
// those of `read` otherwise.
Result<RequirementsFile> ReadRequirementsFile(const std::string& place, FileRole role,
                                              const RequirementsContext& context);

}  // namespace flowstone::project
