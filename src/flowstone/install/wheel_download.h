// Bringing the bytes of one wheel into a file, hashed on the way.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "flowstone/base/progress.h"
#include "flowstone/base/result.h"
#include "flowstone/install/cache_layout.h"
#include "flowstone/install/wheel_artifact.h"
#include "flowstone/net/transport.h"
#include "flowstone/os/filesystem.h"

namespace flowstone::install {

// Whether the location is on this machine's disk: a path or a file: URL.
bool IsLocal(std::string_view location);

// Writes the wheel at its http(s) location to `path`, where an earlier attempt, of this process or
// of one that was killed, may have left its beginning: that is not fetched again (Range, If-Range).
// A transfer that breaks off is continued while it moves on; what came of it stays at `path` when
// it is given up. kCorrupt names both digests, and nothing stays; every message names the location
// without credentials. Only one may write to `path` at a time.
Status DownloadWheel(os::FileSystem& filesystem, net::Transport& transport, ProgressSink& progress,
                     const WheelArtifact& wheel, const std::string& path);

// Removes what DownloadWheel wrote to `path` and beside it. Ok when nothing is there.
Status RemovePartialWheel(os::FileSystem& filesystem, const std::string& path);

// Removes the beginnings of wheels that nobody has continued for a week. Failures are left to the
// next time.
void RemoveStaleDownloads(os::FileSystem& filesystem, const CacheLayout& layout,
                          std::int64_t now_ns);

// The path of the file at a local location.
Result<std::string> LocalPath(const std::string& location);

// Copies the wheel at `from` to `path`, with the same verification.
Status CopyWheel(os::FileSystem& filesystem, const WheelArtifact& wheel, const std::string& from,
                 const std::string& path);
// Verifies the bytes at `path`; `origin` says where they came from.
Status VerifyWheel(os::FileSystem& filesystem, const WheelArtifact& wheel, const std::string& path,
                   const std::string& origin);

}  // namespace flowstone::install
