// ParsedMetadata: what the METADATA of a distribution says for resolving, as packed bytes that are
// read where they lie (packed_bytes.h). It is parsed and repaired once, when it is fetched; a text
// that cannot be read is remembered as such, with the reason.
//
// Of each dependency the parts are texts in their one normalised spelling, and a hash of all of
// them, so that readers who see thousands of equal dependencies look each one up instead of
// reading it again. Immutable, cheap to copy, keeps its bytes alive.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "flowstone/base/result.h"
#include "flowstone/index/packed_bytes.h"
#include "flowstone/pypi/metadata.h"

namespace flowstone::index {

class ParsedMetadata {
 public:
  struct Dependency {
    std::uint64_t hash = 0;       // of `text`; unequal texts may share it
    std::string_view text;        // all of the following, one after the other
    std::string_view name;        // normalised
    std::string_view extras;      // normalised, sorted, separated by commas
    std::string_view specifiers;  // as SpecifierSet writes them
    std::string_view url;         // of `name @ url`
    std::string_view marker;      // as Marker writes it; empty: always
  };

  // What is said about nothing: metadata that cannot be read, for no reason.
  ParsedMetadata() = default;

  static std::string Pack(const pypi::CoreMetadata& metadata);
  // Of metadata that cannot be read; `problem` is a sentence.
  static std::string PackProblem(std::string_view problem);
  // Reads a METADATA text; what cannot be read becomes its problem.
  static ParsedMetadata Of(std::string_view metadata_text);
  // Nothing when the bytes are none of parsed metadata. `owner` keeps them alive.
  static std::optional<ParsedMetadata> Open(std::string_view bytes,
                                            std::shared_ptr<const void> owner);

  bool is_readable() const;
  std::string_view problem() const;  // why not

  std::string_view name() const;     // normalised
  std::string_view version() const;  // as published
  std::string_view requires_python() const;
  std::size_t dependency_count() const;
  Dependency dependency(std::size_t i) const;
  std::size_t extra_count() const;
  std::string_view extra(std::size_t i) const;  // normalised; of Provides-Extra

  // What it says as METADATA, for whoever wants to say something else. Reads back to the same.
  std::string ToText() const;

  std::string_view bytes() const { return bytes_; }

 private:
  ParsedMetadata(std::string_view bytes, std::shared_ptr<const void> owner);

  std::string_view bytes_;
  std::shared_ptr<const void> owner_;  // shared with whoever else reads the same memory
  PackedView view_;
};

}  // namespace flowstone::index
