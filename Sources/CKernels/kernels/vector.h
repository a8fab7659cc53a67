// The vector of 16 images and how the inner loops use it. Included once for each instruction set level.
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "CKernels.h"

#define L WARD_LANES
#define INLINE static inline __attribute__((always_inline))

typedef float v16 __attribute__((vector_size(64), aligned(64), may_alias));
typedef float v8 __attribute__((vector_size(32), aligned(32), may_alias));
typedef float v16u __attribute__((vector_size(64), aligned(4), may_alias));  // unaligned memory
typedef int32_t i16 __attribute__((vector_size(64), aligned(64), may_alias));
typedef double d16 __attribute__((vector_size(128), aligned(64), may_alias));
typedef uint8_t b16 __attribute__((vector_size(16), aligned(16), may_alias));

// What one register holds: a whole vector where there are 32 wide ones, else half a one, and all is done twice.
#if WIDE
typedef v16 part;
typedef i16 ipart;
#else
typedef v8 part;
typedef int32_t ipart __attribute__((vector_size(32), aligned(32), may_alias));
#endif
enum { PARTS = sizeof(v16) / sizeof(part) };

#define UNROLL _Pragma("clang loop unroll(full)")

// Nothing that stands after this is loaded before it.
#define IN_TURN __asm__ volatile("" ::: "memory")

// The compiler forgets where a pointer came from. Else it computes the addresses of all points of a tile beforehand and, as
// there are more than registers, loads each from the stack.
#define FORGET(pointer) __asm__("" : "+r"(pointer))

// Not zeros plus s: that is an addition for every use, and no load can make it.
INLINE v8 splat8(float s) { return (v8){s, s, s, s, s, s, s, s}; }
INLINE v16 splat(float s) { return (v16){s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s}; }
INLINE v16 choose(i16 mask, v16 a, v16 b) { return (v16)(((i16)a & mask) | ((i16)b & ~mask)); }
// NaN stays NaN: hiding one here would hide it from the check of the loss.
INLINE v16 relu(v16 x) { return choose(x < 0.0f, splat(0), x); }

#if WIDE
INLINE part part_relu(part x) { return relu(x); }
INLINE part part_splat(float s) { return splat(s); }
#else
INLINE part part_splat(float s) { return splat8(s); }
INLINE part part_relu(part x) { return (part)((ipart)x & ~(ipart)(x < 0.0f)); }
#endif

// Where rounding is that of fewer products, a later pixel of a window wins only if it is larger by more than that: those of
// flat parts of an image are equal, and the first of equals wins in the plain sum.
#define WINS_BY 3e-6f

INLINE float sum_lanes(v16 a) {
  typedef float v8 __attribute__((vector_size(32)));
  typedef float v4 __attribute__((vector_size(16)));
  v8 b = __builtin_shufflevector(a, a, 0, 1, 2, 3, 4, 5, 6, 7) +
         __builtin_shufflevector(a, a, 8, 9, 10, 11, 12, 13, 14, 15);
  v4 c = __builtin_shufflevector(b, b, 0, 1, 2, 3) + __builtin_shufflevector(b, b, 4, 5, 6, 7);
  return (c[0] + c[2]) + (c[1] + c[3]);
}

// 16 vectors to their 16 sums, pairwise: lane j of the result is the sum over the lanes of a[j].
INLINE v16 sum_each(const v16 *a) {
  v16 b[8], c[4], d[2];
#pragma clang loop unroll(full)
  for (int i = 0; i < 8; i++)
    b[i] = __builtin_shufflevector(a[i], a[i + 8], 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23) +
           __builtin_shufflevector(a[i], a[i + 8], 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
#pragma clang loop unroll(full)
  for (int i = 0; i < 4; i++)
    c[i] = __builtin_shufflevector(b[i], b[i + 4], 0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27) +
           __builtin_shufflevector(b[i], b[i + 4], 4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31);
#pragma clang loop unroll(full)
  for (int i = 0; i < 2; i++)
    d[i] = __builtin_shufflevector(c[i], c[i + 2], 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29) +
           __builtin_shufflevector(c[i], c[i + 2], 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31);
  return __builtin_shufflevector(d[0], d[1], 0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30) +
         __builtin_shufflevector(d[0], d[1], 1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31);
}

// Sums each of `count` vectors over its lanes.
static void sum_vectors(const v16 *lanes, int count, float *sums, int accumulate) {
  int i = 0;
  for (; i + 16 <= count; i += 16) {
    const v16 s = sum_each(lanes + i);
    v16u *to = (v16u *)(sums + i);
    *to = accumulate ? *to + s : s;
  }
  for (; i < count; i++) sums[i] = (accumulate ? sums[i] : 0) + sum_lanes(lanes[i]);
}
