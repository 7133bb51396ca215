// WrittenRequirement: a requirement as people write it on a command line or in a requirements file:
// what PEP 508 allows, and also a bare path, URL or repository, and an editable project.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/project/source_line.h"
#include "flowstone/pypi/requirement.h"

namespace flowstone::project {

// Whether changes of a local project are seen without installing it again.
enum class Editing : std::uint8_t { kInstalled, kEditable };

struct FileHash {
  std::string algorithm = {};  // "sha256", "sha384" or "sha512"
  std::string hex = {};        // lower case

  friend auto operator<=>(const FileHash&, const FileHash&) = default;
};

struct WrittenRequirement {
  // Its name is empty when only the project at `url` knows it. A path is a "file:" URL here.
  pypi::Requirement requirement = {};
  Editing editing = Editing::kInstalled;
  std::vector<FileHash> hashes = {};                                     // sorted, once each
  std::map<std::string, std::vector<std::string>> config_settings = {};  // of a build
  SourceLine source = {};

  // As it was meant, for messages: "numpy>=2", "./libs/core".
  std::string ToString() const;

  friend bool operator==(const WrittenRequirement&, const WrittenRequirement&) = default;
};

// `directory` (absolute) is where relative paths start, as pip has it: the working directory, also
// for the lines of a file that lies elsewhere. kInvalid when the text is no requirement.
Result<WrittenRequirement> ParseWrittenRequirement(std::string_view text,
                                                   const std::string& directory);

// What follows `-e`: a path or a repository, with or without a name before it. kInvalid for
// anything else.
Result<WrittenRequirement> ParseEditable(std::string_view text, const std::string& directory);

// "name @ ./path" and "name @ file:path" start at `directory` too; kInvalid for an address that is
// neither a URL nor a path.
Status MakeUrlAbsolute(pypi::Requirement& requirement, const std::string& directory);

// "sha256:…" with a digest of the right length; MD5 and SHA-1 are refused.
Result<FileHash> ParseFileHash(std::string_view text);

}  // namespace flowstone::project
