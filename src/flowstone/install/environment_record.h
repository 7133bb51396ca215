// EnvironmentRecord: `flowstone-environment.json`, the last file of an environment to be written.
// It says what the environment is and which file on this machine its interpreter is, so that one
// read and one stat tell whether the environment can be used (docs/formats/environment.md). Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "flowstone/base/digest.h"
#include "flowstone/base/result.h"
#include "flowstone/install/environment_spec.h"
#include "flowstone/install/file_stamp.h"
#include "flowstone/install/link_mode.h"

namespace flowstone::install {

inline constexpr const char* kEnvironmentRecordName = "flowstone-environment.json";

struct RecordedPackage {
  std::string name;
  std::string version;
  Digest wheel;
  std::string bytecode = {};  // cache tag, when it is the archive with bytecode
  friend bool operator==(const RecordedPackage&, const RecordedPackage&) = default;
};

struct EnvironmentRecord {
  Digest id;
  std::string interpreter;  // its file
  FileStamp interpreter_stamp;
  Digest interpreter_identity;
  std::string python_version;
  std::string site_packages;  // below the environment
  LinkMode link_mode = LinkMode::kHardlink;
  std::vector<RecordedPackage> packages;  // sorted by name

  static EnvironmentRecord Of(const EnvironmentSpec& spec, const Digest& id,
                              std::string site_packages, LinkMode link_mode);
  std::string Serialize() const;
  // kCorrupt when it is damaged or of another format version.
  static Result<EnvironmentRecord> Parse(std::string_view text);

  friend bool operator==(const EnvironmentRecord&, const EnvironmentRecord&) = default;
};

}  // namespace flowstone::install
