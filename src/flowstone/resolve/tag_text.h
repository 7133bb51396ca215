// Tags of wheels in words: what "cp310" and "macosx_11_0_arm64" stand for.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "flowstone/pypi/version.h"

namespace flowstone::resolve {

// "CPython 3.10", "free-threaded CPython 3.13", "Python 2", "PyPy 3.9"; of a stable ABI
// "CPython 3.9 or later". The tag itself when it is none that is known here.
std::string InterpreterText(std::string_view python, std::string_view abi);

// "macOS arm64", "Linux x86_64", "Linux x86_64 with musl", "Windows x86_64". The tag itself when it
// is none that is known here.
std::string PlatformText(std::string_view platform);

// 2.39 of "manylinux_2_39_x86_64" and of the older names; nothing for other platforms.
std::optional<pypi::Version> GlibcOf(std::string_view platform);

// 3.10 of "cp310"; nothing for tags of other implementations or of all Pythons 3.
std::optional<pypi::Version> CPythonOf(std::string_view python);

}  // namespace flowstone::resolve
