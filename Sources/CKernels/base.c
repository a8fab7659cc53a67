// The kernels for any processor.
#define LEVEL_NAME "base"
#define LEVEL_TABLE ward_kernels_base
#define WIDE 0
#define PICKS 0
#ifdef __FP_FAST_FMAF
#define FUSES 1
#else
#define FUSES 0
#endif
#pragma clang diagnostic ignored "-Wpsabi"
#include "kernels/all.h"
