// Static metadata: what a source says about itself that building it cannot change. Reading it runs
// nothing.
//
// A published sdist promises with PKG-INFO of Metadata 2.2 and newer (PEP 643) what its `Dynamic`
// fields do not take back. A [project] table promises what its `dynamic` does not list (PEP 621).
// The PKG-INFO of a source *tree* promises nothing: it is a leftover of an earlier build.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "flowstone/base/result.h"
#include "flowstone/os/filesystem.h"
#include "flowstone/pypi/version.h"

namespace flowstone::build {

enum class SourceKind : std::uint8_t { kSdist, kTree };

// The METADATA of the project in `directory`, as far as resolving needs it; nothing when only
// building tells. `published` is the version that the file name of an sdist states. kInvalid for a
// pyproject.toml that breaks the standards.
Result<std::optional<std::string>> ReadStaticMetadata(
    os::FileSystem& filesystem, const std::string& directory, SourceKind kind,
    const std::optional<pypi::Version>& published = std::nullopt);

}  // namespace flowstone::build
