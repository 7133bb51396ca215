// SdistName: what the file name of a source distribution says (PEP 625): NAME-VERSION.tar.gz or
// .zip.
#pragma once

#include <string_view>

#include "flowstone/base/result.h"
#include "flowstone/pypi/name.h"
#include "flowstone/pypi/version.h"

namespace flowstone::pypi {

struct SdistName {
  Name name;
  Version version;

  // The last dash ends the name: right for names that follow PEP 625.
  static Result<SdistName> Parse(std::string_view filename);
  // Older files have dashes in names and versions ("foo-bar-1.0-1.tar.gz"): knowing the project
  // tells them apart. kInvalid when the file is of another project.
  static Result<SdistName> ParseFor(const Name& project, std::string_view filename);

  friend bool operator==(const SdistName&, const SdistName&) = default;
};

}  // namespace flowstone::pypi
