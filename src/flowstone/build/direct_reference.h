// DirectReference: what the URL of `name @ URL` points to: an archive, a directory, a repository.
//
//   https://index.example/pkg-1.0.tar.gz#sha256=…&subdirectory=python
//   file:///home/me/pkg            a directory or an archive: the disk tells
//   file:///home/me/pkg#editable=true
//   git+https://host.example/pkg.git@v1.2#subdirectory=python
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "flowstone/base/digest.h"
#include "flowstone/base/result.h"

namespace flowstone::build {

enum class ReferenceKind : std::uint8_t {
  kArchive,     // http(s)
  kLocal,       // a path of this machine
  kRepository,  // git
};

enum class EditableUse : std::uint8_t { kWheel, kEditable };

struct DirectReference {
  ReferenceKind kind = ReferenceKind::kArchive;
  // Without credentials, fragment and revision: what locks and messages say.
  std::string url = {};
  // The same with the credentials that were written into it: for the transfer alone.
  std::string secret_url = {};
  std::string path = {};          // kLocal: absolute, normalised
  std::string revision = {};      // kRepository: a branch, tag or commit; empty for the default one
  std::string subdirectory = {};  // of the project inside the source; relative and inside
  std::map<std::string, std::string> hashes = {};  // algorithm → lower-case digits
  // A directory whose changes are seen without installing it again.
  EditableUse use = EditableUse::kWheel;

  // Whether two references name one source: everything but credentials and hashes.
  bool IsSameSourceAs(const DirectReference& other) const;
  // As it may be shown and remembered.
  std::string ToString() const;

  // kInvalid for other schemes and version control systems, for a subdirectory that leads out of
  // the source, and for a revision that is no name.
  static Result<DirectReference> Parse(std::string_view given);
};

// The URL of an editable project, for requirements: all they have is a URL.
std::string EditableUrl(const std::string& url);

}  // namespace flowstone::build
