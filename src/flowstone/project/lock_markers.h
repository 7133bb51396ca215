// Markers of locks: what other tools write into them, in the words of PEP 751.
#pragma once

#include <string>
#include <string_view>

#include "flowstone/base/result.h"
#include "flowstone/pypi/marker.h"
#include "flowstone/pypi/name.h"

namespace flowstone::project {

// `"net" in extras`
pypi::Marker WhenExtra(const pypi::ExtraName& extra);
// `"dev" in dependency_groups`
pypi::Marker WhenGroup(const pypi::GroupName& group);

// `extra == "net"` in the marker of a package of the lock means that the extra of the project was
// asked for. Where uv has declared conflicts, the name says whose extra or group it is
// ("extra-4-demo-net"): `project` is the one that the lock is of. kInvalid for those of others.
Result<pypi::Marker> ParseMarkerOfLock(std::string_view text, const pypi::Name& project);

}  // namespace flowstone::project
