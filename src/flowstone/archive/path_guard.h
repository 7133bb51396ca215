// The one check between a name in an archive and a path on the disk.
//
// A name is accepted or refused, never repaired, so that no two readers of an archive can disagree
// about what it contains. Refused: what is not UTF-8; control characters and those that are
// not seen; backslashes; absolute paths and drives; empty, "." and ".." components; components over
// 255 bytes, paths over 1,024, more than 64 components.
#pragma once

#include <string>
#include <string_view>

#include "flowstone/base/result.h"

namespace flowstone::archive {

// The path as it may be joined to a directory: relative, normalised, without the final "/" that
// marks a directory. kCorrupt, naming the member and the rule, when refused.
Result<std::string> GuardMemberPath(std::string_view name);

// Checks that a symbolic link at the guarded `path` with this target stays inside the archive's
// root. ".." may only lead the target: behind a name it could climb out through another link.
Status GuardLinkTarget(std::string_view path, std::string_view target);

// A name as it may be shown: quoted, with everything unprintable as \xNN, and cut when very long.
std::string QuoteMemberName(std::string_view name);

}  // namespace flowstone::archive
