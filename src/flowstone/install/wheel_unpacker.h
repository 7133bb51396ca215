// Unpacking one wheel into a directory, by the wheel specification.
//
// Everything is checked on the way: the WHEEL file, the one dist-info directory and its agreement
// with the file name, every row of RECORD against the bytes (sha256, sha384 or sha512), the spread
// of `.data`, the names of scripts and entry points. Nothing of the wheel is executed.
#pragma once

#include <cstddef>
#include <string>

#include "flowstone/archive/byte_source.h"
#include "flowstone/base/digest.h"
#include "flowstone/base/result.h"
#include "flowstone/install/archive_plan.h"
#include "flowstone/os/filesystem.h"

namespace flowstone::install {

// The file in an archive's directory that holds its plan.
inline constexpr const char* kPlanFileName = "plan";

struct UnpackOptions {
  std::size_t threads = 1;  // that inflate and write the members of this wheel
};

// Writes the content of the wheel and its plan into `directory`, which exists and is empty.
// `file_name` is the wheel's published name, `wheel` the digest of its bytes, which the caller has
// verified. `source` must be thread-safe when more than one thread is asked for. After an error the
// directory holds rubbish: the caller removes it.
//
// kCorrupt: the bytes contradict themselves (zip, RECORD, WHEEL); kInvalid: a wheel that must not
// be installed (two dist-info directories, reserved script names, a scheme that does not exist);
// kIo: the disk is too small, with numbers, before anything is written.
Result<ArchivePlan> UnpackWheel(os::FileSystem& filesystem, archive::ByteSource& source,
                                const std::string& file_name, const Digest& wheel,
                                const std::string& directory, const UnpackOptions& options = {});

}  // namespace flowstone::install
