// JsonReader: reads a JSON text (RFC 8259) from front to back without building anything of it.
//
// For large documents whose shape is known: project pages and archive plans. Small ones are
// nlohmann::json's. A shared library for it would bring libstdc++.so into every process: 0.8 ms.
//
//   if (reader.EnterObject()) {
//     while (const auto key = reader.NextKey()) {
//       if (*key == "name") { name = reader.TakeString().value_or(""); } else { reader.Skip(); }
//     }
//   }
//   if (!reader.Finish()) …
//
// Each value is taken, entered or skipped exactly once; the Take functions leave a value of another
// type where it is. After the first fault of the text nothing comes any more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace flowstone {

enum class JsonType : std::uint8_t { kObject, kArray, kString, kNumber, kBoolean, kNull, kNone };

class JsonReader {
 public:
  // `text` outlives the reader and what it returns. Text that is not UTF-8 is a fault.
  explicit JsonReader(std::string_view text);

  // Of the value that comes next; kNone when none does.
  JsonType Peek();

  // False, and nothing is consumed, when the next value is something else.
  bool EnterObject();
  bool EnterArray();
  // The next key of the object; its value comes next. Nothing after the last one. Valid until the
  // next key is read.
  std::optional<std::string_view> NextKey();
  // Whether the array has another element, which comes next.
  bool NextElement();

  // Valid until the next string is taken.
  std::optional<std::string_view> TakeString();
  std::optional<bool> TakeBoolean();
  // Nothing for a negative number, a fraction, an exponent or what 64 bits do not hold.
  std::optional<std::uint64_t> TakeUnsigned();
  // Consumes the next value, whatever it is.
  void Skip();

  // Whether the text was one well-formed value and all of it was read.
  bool Finish();

 private:
  void SkipSpace();
  bool Consume(char c);
  void Fail();
  // Moves on to the next member of a container that ends with `end`; false when it is over.
  bool NextMember(char end);
  // The string at the cursor. Its escapes are resolved in `unescaped`.
  std::optional<std::string_view> ReadString(std::string& unescaped);
  std::optional<std::string_view> ReadEscaped(std::size_t begin, std::string& unescaped);
  bool AppendEscape(std::string& unescaped);
  std::optional<std::uint32_t> ReadHex4();
  // The number at the cursor, as it is written.
  std::optional<std::string_view> ReadNumber();
  bool ReadDigits();
  bool ReadWord(std::string_view word);

  std::string_view text_;
  std::size_t position_ = 0;
  int depth_ = 0;          // of Skip
  bool is_first_ = false;  // the container was just entered
  bool is_broken_ = false;
  std::string key_;
  std::string value_;
};

}  // namespace flowstone
