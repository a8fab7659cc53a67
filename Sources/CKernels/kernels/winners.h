// The gradient by the input of a 5x5 convolution under a 2x2 maximum, straight from the gradient of the pooled image and the
// winners. Of the four pixels of a window one at most has a gradient: 36 products spread it, each with the weight that, lane
// by lane, belongs to the winner, where the four pixels would take 100.
//
// The sums are plain: what no unit with a gradient sees stays exactly zero, and equal pixels stay equal. Each takes its terms
// by output, then row, then column, however the registers are filled.

enum { WINDOW = 5, SPREAD_OUT = WINDOW + 1, MOST_SPREAD = 6 };

// What `slope` adds to P pixels of two rows: those from column `first` on of what its window spreads out to. `weights`: of
// that window, [column][upper, lower][winner].
INLINE void spread_window(const int P, const int first, part slope, ipart won, const float *weights, part *upper,
                          part *lower) {
#if WIDE
  // Two columns a register, of which a lane picks one of 16 weights: on Zen 4 a load that repeats four of them takes the
  // place of a pick.
  const ipart which[4] = {won, won | 4, won | 8, won | 12};
#endif
  UNROLL for (int x = 0; x < SPREAD_OUT; x++) {
    const int p = x - first;
    if (p < 0 || p >= P) continue;
#if WIDE
    const __m512 both = _mm512_loadu_ps(weights + x / 2 * L);
    upper[p] += slope * (part)_mm512_permutexvar_ps((__m512i)which[x % 2 * 2], both);
    lower[p] += slope * (part)_mm512_permutexvar_ps((__m512i)which[x % 2 * 2 + 1], both);
#elif PICKS
    const float *four = weights + x * 8;
    upper[p] += slope * (part)_mm256_permutevar_ps(_mm256_broadcast_ps((const __m128 *)four), (__m256i)won);
    lower[p] += slope * (part)_mm256_permutevar_ps(_mm256_broadcast_ps((const __m128 *)(four + 4)), (__m256i)won);
#else
    UNROLL for (int q = 0; q < 4; q++) {
      if (x - q % 2 < 0 || x - q % 2 >= WINDOW) continue;
      const part s = (part)((ipart)slope & (won == q));
      upper[p] += s * weights[x * 8 + q];
      lower[p] += s * weights[x * 8 + 4 + q];
    }
#endif
  }
}

// P pixels of two rows of gx, of which the first pixel lies an even number from the padding's corner. `slope` and `won`:
// the first window that reaches them; those before `from` and from `to` on lie outside. `first` to `last`: the rows of
// windows that do, counted upwards.
INLINE void spread_windows(const int P, int outputs, const v16 *slope, const i16 *won, ptrdiff_t row, ptrdiff_t plane,
                           int first, int last, int from, int to, const float *packed, part *upper, part *lower) {
  const int windows = (P + SPREAD_OUT) / 2 - 1;
  UNROLL for (int p = 0; p < P; p++) upper[p] = lower[p] = (part){0};
  for (int o = 0; o < outputs; o++) {
    for (int d = first; d < last; d++) {
      const part *s = (const part *)(slope + o * plane - d * row);
      const ipart *w = (const ipart *)(won + o * plane - d * row);
      const float *weights = packed + (o * (SPREAD_OUT / 2) + d) * SPREAD_OUT * 8;
      UNROLL for (int i = 0; i < windows; i++) {
        if (i < from || i >= to) continue;
        spread_window(P, SPREAD_OUT - 2 - 2 * i, s[i * PARTS], w[i * PARTS], weights, upper, lower);
      }
    }
  }
}

// [input][output][pair of rows][column][upper, lower][winner]: what a window spreads out to, zero where its weights end.
static void winners_pack(const ward_conv *conv, const float *w, float *packed) {
  for (int c = 0; c < conv->inputs; c++) {
    for (int o = 0; o < conv->outputs; o++) {
      const float *from = w + ((ptrdiff_t)o * conv->inputs + c) * WINDOW * WINDOW;
      for (int d = 0; d < SPREAD_OUT / 2; d++) {
        for (int x = 0; x < SPREAD_OUT; x++) {
          for (int q = 0; q < 8; q++) {
            const int ky = 2 * d + q / 4 - q % 4 / 2, kx = x - q % 2;
            *packed++ = ky < 0 || kx < 0 || ky >= WINDOW || kx >= WINDOW ? 0 : from[ky * WINDOW + kx];
          }
        }
      }
    }
  }
}

static void winners_input_gradient(const ward_conv *conv, ward_planes gys, const float *gy, const uint8_t *winner,
                                   const float *packed, ward_planes gxs, float *gx, float *scratch) {
  const int outputs = conv->outputs, pad = conv->pad_w, width = gys.width;
  const ptrdiff_t plane = gys.height * width;
  v16 *slopes = (v16 *)scratch;
  i16 *won = (i16 *)(slopes + outputs * plane);
  const b16 *which = (const b16 *)winner;
  for (int o = 0; o < outputs; o++) {  // without what is dead, which says 4
    for (int i = 0; i < gys.height; i++) {
      const v16 *from = (const v16 *)gy + (ptrdiff_t)o * gys.plane + i * gys.row;
      for (int j = 0; j < width; j++) {
        const ptrdiff_t at = o * plane + i * width + j;
        won[at] = __builtin_convertvector(which[at], i16);
        slopes[at] = choose(won[at] < 4, from[j], splat(0));
      }
    }
  }
  for (int c = 0; c < conv->inputs; c++, packed += outputs * SPREAD_OUT * SPREAD_OUT * 4) {
    for (int pair = conv->pad_h / 2; 2 * pair - conv->pad_h < gxs.height; pair++) {
      const int y = 2 * pair - conv->pad_h, first = pair < gys.height ? 0 : pair - gys.height + 1;
      const int last = pair + 1 < SPREAD_OUT / 2 ? pair + 1 : SPREAD_OUT / 2;
      for (int x = pad / 2 * 2; x < gxs.width + pad;) {
        const int left = gxs.width + pad - x, start = x / 2 - (SPREAD_OUT / 2 - 1);
        const ptrdiff_t at = (ptrdiff_t)pair * width + start;
        v16 *line = (v16 *)gx + (ptrdiff_t)c * gxs.plane + y * gxs.row + x - pad;
// Whether the two rows and the first column lie in the image: one more of each is made where the padding is odd.
#define RUN(P)                                                                                                     \
  for (int half = 0; half < PARTS; half++) {                                                                       \
    part upper[MOST_SPREAD], lower[MOST_SPREAD];                                                                   \
    spread_windows(P, outputs, (const v16 *)((const part *)(slopes + at) + half),                                  \
                   (const i16 *)((const part *)(won + at) + half), width, plane, first, last, -start, width - start, \
                   packed, upper, lower);                                                                          \
    UNROLL for (int p = 0; p < P; p++) {                                                                           \
      if (x + p < pad || p >= left) continue;                                                                      \
      if (y >= 0) ((part *)(line + p))[half] = upper[p];                                                           \
      if (y + 1 < gxs.height) ((part *)(line + p + gxs.row))[half] = lower[p];                                     \
    }                                                                                                              \
  }                                                                                                                \
  x += P;
        if (left == 5 || left == 6 || left > 8) { RUN(6) }
        else if (left > 2) { RUN(4) }
        else { RUN(2) }
#undef RUN
      }
    }
  }
}
