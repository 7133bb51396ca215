#include "flowstone/os/heap.h"

#include <malloc.h>

namespace flowstone::os {

void ShareOneHeap() {
  constexpr int step = 1 << 20;
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_TOP_PAD, step);
}

}  // namespace flowstone::os
