// Which level runs.
#include <stddef.h>
#include "CKernels.h"

extern const ward_kernels ward_kernels_base;

#if defined(__x86_64__)
extern const ward_kernels ward_kernels_v3, ward_kernels_v4;

int32_t ward_best_level(void) {
  __builtin_cpu_init();
  if (__builtin_cpu_supports("x86-64-v4")) return 2;
  return __builtin_cpu_supports("x86-64-v3") ? 1 : 0;
}

const ward_kernels *ward_kernels_at(int32_t level) {
  if (level > ward_best_level()) return NULL;
  return level == 2 ? &ward_kernels_v4 : level == 1 ? &ward_kernels_v3 : &ward_kernels_base;
}

void ward_pause(void) { __builtin_ia32_pause(); }
#else
int32_t ward_best_level(void) { return 0; }
const ward_kernels *ward_kernels_at(int32_t level) { return level == 0 ? &ward_kernels_base : NULL; }
void ward_pause(void) { __asm__ volatile("" ::: "memory"); }
#endif
