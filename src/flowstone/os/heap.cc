#include "flowstone/os/heap.h"

#include <malloc.h>

namespace flowstone::os {

void ShareOneHeap() {
  mallopt(M_ARENA_MAX, 1);
}

}  // namespace flowstone::os
