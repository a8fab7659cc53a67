// Fully connected layers over one group: x[inputs][16], y[outputs][16], w[outputs][inputs].

#if WIDE
enum { DENSE_OUTPUTS = 12, DENSE_INPUTS = 24 };
#else
enum { DENSE_OUTPUTS = 4, DENSE_INPUTS = 6 };
#endif

INLINE void dense_outputs(const int B, int inputs, const v16 *x, const float *w, const float *b, v16 *y, int activate) {
  v16 acc[24];
#pragma clang loop unroll(full)
  for (int j = 0; j < B; j++) acc[j] = splat(b ? b[j] : 0);
  for (int i = 0; i < inputs; i++) {
    const v16 v = x[i];
#pragma clang loop unroll(full)
    for (int j = 0; j < B; j++) acc[j] += v * w[(ptrdiff_t)j * inputs + i];
  }
#pragma clang loop unroll(full)
  for (int j = 0; j < B; j++) y[j] = activate ? relu(acc[j]) : acc[j];
}

static void dense_forward(int32_t inputs, int32_t outputs, const float *x, const float *w, const float *b, float *y,
                          int32_t activate) {
  // A sum alone waits for each of its terms. Where fours would leave some, fives come first, as many as leave none.
  const int fives = WIDE || outputs % 4 * 5 > outputs ? 0 : outputs % 4 * 5;
  int o = 0;
#define BLOCKS(B, end)                                                                                  \
  for (; o + (B) <= (end); o += (B))                                                                    \
    dense_outputs(B, inputs, (const v16 *)x, w + (ptrdiff_t)o * inputs, b ? b + o : 0, (v16 *)y + o, activate);
  BLOCKS(5, fives)
  BLOCKS(DENSE_OUTPUTS, outputs)
  BLOCKS(5, outputs)
  BLOCKS(1, outputs)
#undef BLOCKS
}

// Outputs that are taken at once. Those without a gradient in any image are left out: behind a ReLU they are many.
enum { DENSE_CHUNK = 240 };

// Writes which of `count` outputs have a gradient, and returns how many.
INLINE int dense_alive(int groups, const v16 *gy, ptrdiff_t group, int count, int *alive) {
  int found = 0;
  for (int o = 0; o < count; o++) {
    i16 any = {0};
    for (int g = 0; g < groups; g++) any |= (i16)(gy[g * group + o] != 0.0f);
    alive[found] = o;
    found += __builtin_reduce_or(any) != 0;
  }
  return found;
}

INLINE void dense_inputs(const int B, int inputs, const int *alive, int count, const v16 *gy, const float *w, v16 *gx,
                         int accumulate) {
  v16 acc[24];
#pragma clang loop unroll(full)
  for (int j = 0; j < B; j++) acc[j] = accumulate ? gx[j] : splat(0);
  for (int n = 0; n < count; n++) {
    const v16 v = gy[alive[n]];
    const float *row = w + (ptrdiff_t)alive[n] * inputs;
#pragma clang loop unroll(full)
    for (int j = 0; j < B; j++) acc[j] += v * row[j];
  }
#pragma clang loop unroll(full)
  for (int j = 0; j < B; j++) gx[j] = acc[j];
}

static void dense_input_gradient(int32_t inputs, int32_t outputs, const float *gy, const float *w, float *gx) {
  for (int first = 0; first < outputs; first += DENSE_CHUNK, w += (ptrdiff_t)DENSE_CHUNK * inputs) {
    const v16 *g = (const v16 *)gy + first;
    int alive[DENSE_CHUNK], i = 0;
    const int count = dense_alive(1, g, 0, outputs - first < DENSE_CHUNK ? outputs - first : DENSE_CHUNK, alive);
#define BLOCK(B)                            \
  for (; i + (B) <= inputs; i += (B))       \
    dense_inputs(B, inputs, alive, count, g, w + i, (v16 *)gx + i, first > 0);
    BLOCK(DENSE_INPUTS)
    BLOCK(4)
    BLOCK(1)
#undef BLOCK
  }
}

// 16 vectors of 16 lanes, transposed.
#if WIDE
// Pairs, then fours, within each quarter of a vector, then the quarters: steps that neither need an index nor write over what
// they read.
INLINE void transpose(const v16 *in, v16 *out) {
  v16 a[16], b[16];
#define IN_QUARTERS(x, y, i, j, k, l)                                                                              \
  __builtin_shufflevector(x, y, i, j, k, l, (i) + 4, (j) + 4, (k) + 4, (l) + 4, (i) + 8, (j) + 8, (k) + 8, (l) + 8, \
                          (i) + 12, (j) + 12, (k) + 12, (l) + 12)
#define QUARTERS(x, y, i, j)                                                                                           \
  __builtin_shufflevector(x, y, i, (i) + 1, (i) + 2, (i) + 3, j, (j) + 1, (j) + 2, (j) + 3, (i) + 16, (i) + 17, (i) + 18, \
                          (i) + 19, (j) + 16, (j) + 17, (j) + 18, (j) + 19)
  UNROLL for (int i = 0; i < 16; i += 2) {
    a[i] = IN_QUARTERS(in[i], in[i + 1], 0, 16, 1, 17);
    a[i + 1] = IN_QUARTERS(in[i], in[i + 1], 2, 18, 3, 19);
  }
  UNROLL for (int i = 0; i < 16; i += 4) {
    UNROLL for (int k = 0; k < 2; k++) {
      b[i + 2 * k] = IN_QUARTERS(a[i + k], a[i + k + 2], 0, 1, 16, 17);
      b[i + 2 * k + 1] = IN_QUARTERS(a[i + k], a[i + k + 2], 2, 3, 18, 19);
    }
  }
  UNROLL for (int i = 0; i < 16; i += 8) {
    UNROLL for (int k = 0; k < 4; k++) {
      a[i + k] = QUARTERS(b[i + k], b[i + k + 4], 0, 8);
      a[i + k + 4] = QUARTERS(b[i + k], b[i + k + 4], 4, 12);
    }
  }
  UNROLL for (int k = 0; k < 8; k++) {
    out[k] = QUARTERS(a[k], a[k + 8], 0, 8);
    out[k + 8] = QUARTERS(a[k], a[k + 8], 4, 12);
  }
#undef IN_QUARTERS
#undef QUARTERS
}
#else
// Four blocks of 8 by 8: pairs, then fours, within each quarter of a vector, then the quarters.
INLINE void transpose(const v16 *in, v16 *out) {
  for (int block = 0; block < 4; block++) {
    const v8 *from = (const v8 *)in + block % 2 * 16 + block / 2;
    v8 *to = (v8 *)out + block / 2 * 16 + block % 2, a[8], b[8];
    UNROLL for (int i = 0; i < 4; i++) {
      const v8 x = from[4 * i], y = from[4 * i + 2];
      a[2 * i] = __builtin_shufflevector(x, y, 0, 8, 1, 9, 4, 12, 5, 13);
      a[2 * i + 1] = __builtin_shufflevector(x, y, 2, 10, 3, 11, 6, 14, 7, 15);
    }
    UNROLL for (int i = 0; i < 8; i += 4) {
      UNROLL for (int k = 0; k < 2; k++) {
        b[i + 2 * k] = __builtin_shufflevector(a[i + k], a[i + k + 2], 0, 1, 8, 9, 4, 5, 12, 13);
        b[i + 2 * k + 1] = __builtin_shufflevector(a[i + k], a[i + k + 2], 2, 3, 10, 11, 6, 7, 14, 15);
      }
    }
    UNROLL for (int i = 0; i < 4; i++) {
      to[2 * i] = __builtin_shufflevector(b[i], b[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
      to[2 * i + 8] = __builtin_shufflevector(b[i], b[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
    }
  }
}
#endif

// The first `count` lanes, to memory that ends there.
INLINE void add_first(int count, v16 x, float *to, int accumulate) {
  v16 old = splat(0);
  if (accumulate) memcpy(&old, to, count * sizeof(float));
  old += x;
  memcpy(to, &old, count * sizeof(float));
}

// Of the OB outputs that `which` says, over the images of all groups.
INLINE void dense_weights(const int OB, const int IB, int inputs, int padded, int groups, const float *rows,
                          const v16 *gy, ptrdiff_t group, const int *which, float *gw, int accumulate, int tail) {
  v16 acc[24];
#pragma clang loop unroll(full)
  for (int j = 0; j < OB; j++) {
#pragma clang loop unroll(full)
    for (int k = 0; k < IB; k++) acc[j * IB + k] = splat(0);
  }
  for (int g = 0; g < groups; g++) {
    const float *in = (const float *)((const v16 *)rows + g * group), *slopes[6];
#pragma clang loop unroll(full)
    for (int j = 0; j < OB; j++) slopes[j] = (const float *)(gy + g * group + which[j]);
    for (int image = 0; image < L; image++, in += padded) {
      v16 x[4];
#pragma clang loop unroll(full)
      for (int k = 0; k < IB; k++) x[k] = *(const v16 *)(in + k * L);
#pragma clang loop unroll(full)
      for (int j = 0; j < OB; j++) {
#pragma clang loop unroll(full)
        for (int k = 0; k < IB; k++) acc[j * IB + k] += x[k] * slopes[j][image];
      }
    }
  }
#pragma clang loop unroll(full)
  for (int j = 0; j < OB; j++) {
#pragma clang loop unroll(full)
    for (int k = 0; k < IB; k++) {
      float *to = gw + (ptrdiff_t)which[j] * inputs + k * L;
      if (tail && k == IB - 1) {
        add_first(tail, acc[j * IB + k], to, accumulate);
      } else {
        *(v16u *)to = accumulate ? *(v16u *)to + acc[j * IB + k] : acc[j * IB + k];
      }
    }
  }
}

// x transposed: one row of inputs an image.
static void dense_rows(int32_t inputs, const float *x, float *rows) {
  const int padded = ward_whole_lanes(inputs);
  v16 block[L], turned[L];
  for (int i = 0; i < padded; i += L) {
    for (int k = 0; k < L; k++) block[k] = i + k < inputs ? ((const v16 *)x)[i + k] : splat(0);
    transpose(block, turned);
    for (int k = 0; k < L; k++) *(v16 *)(rows + (ptrdiff_t)k * padded + i) = turned[k];
  }
}

// `group`: vectors from one group's rows, and gradients, to the next's.
static void dense_weight_gradient(int32_t inputs, int32_t outputs, int32_t groups, const float *rows, const float *gy,
                                  int64_t group, float *gw, int32_t accumulate) {
  const int padded = ward_whole_lanes(inputs);
  const int tail = inputs % L;
  for (int first = 0; first < outputs; first += DENSE_CHUNK) {
    const v16 *g = (const v16 *)gy + first;
    float *to = gw + (ptrdiff_t)first * inputs;
    const int here = outputs - first < DENSE_CHUNK ? outputs - first : DENSE_CHUNK;
    int alive[DENSE_CHUNK];
    const int count = dense_alive(groups, g, group, here, alive);
    for (int o = 0, n = 0; o < here && !accumulate; o++) {
      if (n < count && alive[n] == o) n++;
      else memset(to + (ptrdiff_t)o * inputs, 0, inputs * sizeof(float));
    }
    for (int n = 0; n < count;) {
      const int left = count - n, ob = left >= 6 ? 6 : left >= 3 ? 3 : 1;
      for (int i = 0; i < padded;) {
        const int wide = WIDE && padded - i >= 4 * L ? 4 : 1, short_by = i + wide * L == padded ? tail : 0;
#define RUN(OB, IB) dense_weights(OB, IB, inputs, padded, groups, rows + i, g, group, alive + n, to + i, accumulate, short_by)
        if (ob == 6 && wide == 4) RUN(6, 4);
        else if (ob == 6) RUN(6, 1);
        else if (ob == 3 && wide == 4) RUN(3, 4);
        else if (ob == 3) RUN(3, 1);
        else if (wide == 4) RUN(1, 4);
        else RUN(1, 1);
#undef RUN
        i += wide * L;
      }
      n += ob;
    }
  }
}

// The gradient of the biases.
static void dense_sums(int32_t outputs, const float *gy, float *gb, int32_t accumulate) {
  sum_vectors((const v16 *)gy, outputs, gb, accumulate);
}
