#include "flowstone/exec/line_buffer.h"

namespace flowstone::exec {

std::string LineBuffer::Append(std::string_view bytes) {
  std::string lines;
  if (const std::size_t newline = bytes.rfind('\n'); newline != std::string_view::npos) {
    lines = std::exchange(partial_, {});
    lines.append(bytes.substr(0, newline + 1));
    bytes.remove_prefix(newline + 1);
  }
  partial_.append(bytes);
  if (partial_.size() >= kMaxLine) {
    lines.append(partial_);
    partial_.clear();
  }
  return lines;
}

}  // namespace flowstone::exec
