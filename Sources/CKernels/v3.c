// The kernels for x86-64-v3 (AVX2 and FMA: 16 registers of 8 floats).
#if defined(__x86_64__)
#include <immintrin.h>
#include <math.h>
#include <stdint.h>
#include <string.h>
#define LEVEL_NAME "v3"
#define LEVEL_TABLE ward_kernels_v3
#define WIDE 0
#define PICKS 1
#define FUSES 1
#pragma clang diagnostic ignored "-Wpsabi"
#pragma clang attribute push(__attribute__((target("arch=x86-64-v3"))), apply_to = function)
#include "kernels/all.h"
#pragma clang attribute pop
#endif
