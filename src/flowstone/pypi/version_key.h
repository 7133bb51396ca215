// The bytes that order a version. A key is the epoch, the release without trailing zeros, and a
// chain of tags:
//
//   key     = epoch *release suffix [local]
//   suffix  = DEV n | [pre n] FINAL | [pre n] POST n (FINAL | DEV n) | pre n DEV n
//   pre     = A | B | RC
//   local   = 1*(STR bytes 00 | NUM number) END
//   number  = 20+n for n < C0 | E0+length, big-endian bytes | F0, 2-byte length, decimal digits
//
// Bytes are in hexadecimal; the last form is for numbers beyond 64 bits. The tags, in order: END
// 01, DEV 02, A 03, B 04, RC 05, FINAL 06, POST 07, AFTER_POSTS 08, STR 10, NUM 11.
//
// Every tag is below every number, so a shorter release sorts below a longer one whatever follows:
// 1.0.dev1 < 1.0a1 < 1.0 < 1.0+abc < 1.0.post1 < 1.0.1. AFTER_POSTS closes the post-releases of a
// final release, above which there is no least version. Examples: 1.2 is
// 20 21 22 06, and 1.0rc1.dev2 is 20 21 05 21 02 22.
//
// Between versions lie boundaries, each the key of the least version above it; they make every set
// of versions that specifiers describe a list of half-open intervals with one form.
#pragma once

#include <string>
#include <string_view>

#include "flowstone/pypi/version_parts.h"

namespace flowstone::pypi {

std::string VersionKey(const VersionParts& parts);
// The least key above every local label of a version that has none: above 1.0+anything.
std::string KeyAboveLocals(const VersionParts& parts);
// The least key above every post-release of a version, which is no dev-release.
std::string KeyAbovePosts(const VersionParts& parts);
// The least key above one version with a local label: above 1.0+abc, below 1.0+abc.1.
std::string KeyAboveExactly(const VersionParts& parts);

// What a key says, for printing it. A boundary that is no version says which.
struct DecodedKey {
  std::string version;       // normalised
  bool after_posts = false;  // above all post-releases of `version`
  bool after_exact = false;  // directly above `version`, which has a local label
};
DecodedKey DecodeKey(std::string_view key);

// The key of 0.dev0, below which there is no version.
const std::string& LeastKey();

}  // namespace flowstone::pypi
