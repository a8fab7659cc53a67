// Optimiser steps over a range of the parameters. The sum over the shards' gradients is fused in: each value is read once.

INLINE float gradient_at(const ward_step *s, int64_t i, const float *shards, int count, int64_t stride,
                         const float *extra) {
  float g = shards[i];
  for (int k = 1; k < count; k++) g += shards[k * stride + i];
  g *= s->scale;
  return extra ? g + extra[i] : g;
}

INLINE v16 at(const float *x) { return *(const v16u *)x; }

// 16 parameters. One square root and one division each are most of the time.
INLINE void adam_16(const ward_step *s, const float *shards, int count, int64_t stride, const float *extra, float *w,
                    float *m, float *v) {
  v16 g = at(shards);
  for (int k = 1; k < count; k++) g += at(shards + k * stride);
  g *= s->scale;
  if (extra) g += at(extra);
  g += s->decay * at(w);
  const v16 first = s->beta1 * at(m) + s->one_minus_beta1 * g;
  const v16 second = s->beta2 * at(v) + s->one_minus_beta2 * (g * g);
  const v16 size = __builtin_elementwise_sqrt(second) * s->correction2_root + s->epsilon;
  *(v16u *)m = first;
  *(v16u *)v = second;
  *(v16u *)w = at(w) * (1 - s->decoupled_decay) - (s->rate * s->correction1) * first / size;
}

static void adam(const ward_step *s, int64_t from, int64_t to, const float *shards, int32_t count, int64_t stride,
                 const float *extra, float *w, float *m, float *v) {
  const ward_step step = *s;
  int64_t i = from;
  if (count == 4 && !extra) {
    for (; i + L <= to; i += L) adam_16(&step, shards + i, 4, stride, 0, w + i, m + i, v + i);
  } else {
    for (; i + L <= to; i += L)
      adam_16(&step, shards + i, count, stride, extra ? extra + i : 0, w + i, m + i, v + i);
  }
  const size_t rest = (to - i) * sizeof(float);
  if (rest == 0) return;
  float last[4][L] = {{0}};  // the same arithmetic on what is left, so that no bit depends on where pieces end
  for (int j = 0; j < to - i; j++) last[0][j] = gradient_at(&step, i + j, shards, count, stride, extra);
  memcpy(last[1], w + i, rest);
  memcpy(last[2], m + i, rest);
  memcpy(last[3], v + i, rest);
  ward_step unscaled = step;
  unscaled.scale = 1;
  adam_16(&unscaled, last[0], 1, 0, 0, last[1], last[2], last[3]);
  memcpy(w + i, last[1], rest);
  memcpy(m + i, last[2], rest);
  memcpy(v + i, last[3], rest);
}

static void sgd(const ward_step *s, int64_t from, int64_t to, const float *shards, int32_t count, int64_t stride,
                const float *extra, float *restrict w, float *restrict velocity) {
  const ward_step step = *s;
  for (int64_t i = from; i < to; i++) {
    float g = gradient_at(&step, i, shards, count, stride, extra) + step.decay * w[i];
    if (step.momentum != 0) {
      velocity[i] = step.first ? g : step.momentum * velocity[i] + g;
      g = step.nesterov ? g + step.momentum * velocity[i] : velocity[i];
    }
    w[i] -= step.rate * g;
  }
}

static double gradient_square(const ward_step *s, int64_t from, int64_t to, const float *shards, int32_t count,
                              int64_t stride, const float *extra) {
  d16 squares = {0};
  int64_t i = from;
  for (; i + L <= to; i += L) {
    v16 g = at(shards + i);
    for (int k = 1; k < count; k++) g += at(shards + k * stride + i);
    g *= s->scale;
    if (extra) g += at(extra + i);
    const d16 wide = __builtin_convertvector(g, d16);
    squares += wide * wide;
  }
  double sum = 0;
  for (int lane = 0; lane < L; lane++) sum += squares[lane];
  for (; i < to; i++) {
    const double g = gradient_at(s, i, shards, count, stride, extra);
    sum += g * g;
  }
  return sum;
}

static void sign_step(int64_t count, const float *origin, const float *gradient, float alpha, float epsilon,
                      int32_t clips, float *x) {
  const float bottom = clips ? 0 : -INFINITY, top = clips ? 1 : INFINITY;
  for (int64_t i = 0; i < count; i++) {
    const float g = gradient[i], o = origin[i];
    const float s = g > 0 ? 1.0f : g < 0 ? -1.0f : 0.0f;
    float next = x[i] + alpha * s;
    const float low = o - epsilon < bottom ? bottom : o - epsilon, high = o + epsilon > top ? top : o + epsilon;
    next = next < low ? low : next;
    x[i] = next > high ? high : next;
  }
}

// e to the power of each lane from -87 to 87: a power of two times the series of e^r for |r| <= ln(2)/2, whose ninth term
// is below the last bit. NaN stays NaN.
INLINE v16 exponential(v16 x) {
  const v16 magic = splat(0x1.8p23f);  // what is added to it keeps no fraction
  const v16 k = (x * 1.44269504f + magic) - magic;
  const v16 r = (x - k * 0x1.62e4p-1f) - k * 0x1.7f7d1cp-20f;  // ln(2) in two parts: k times the first is exact
  v16 sum = r * (1.0f / 5040) + 1.0f / 720;
  sum = sum * r + 1.0f / 120;
  sum = sum * r + 1.0f / 24;
  sum = sum * r + 1.0f / 6;
  sum = sum * r + 0.5f;
  sum = sum * r + 1.0f;
  sum = sum * r + 1.0f;
  return sum * (v16)((__builtin_convertvector(k, i16) + 127) << 23);
}

INLINE v16 tanh_box_16(v16 x) {
  const v16 down = x * -2.0f;
  return 1.0f / (1.0f + exponential(choose(down > 87.0f, splat(87), choose(down < -87.0f, splat(-87), down))));
}

static void tanh_box(int64_t count, const float *x, float *y) {
  int64_t i = 0;
  for (; i + L <= count; i += L) *(v16u *)(y + i) = tanh_box_16(at(x + i));
  float last[L] = {0};
  memcpy(last, x + i, (count - i) * sizeof(float));
  *(v16u *)last = tanh_box_16(at(last));
  memcpy(y + i, last, (count - i) * sizeof(float));
}

static float peak(int64_t rounds) {
  enum { SUMS = WIDE ? 24 : 6 };
  volatile float factor = 0.999f, term = 0.001f;  // read once: the compiler may not know them
  const v16 x = splat(factor), y = splat(term);
  v16 acc[SUMS];
#pragma clang loop unroll(full)
  for (int j = 0; j < SUMS; j++) acc[j] = splat((float)j);
  for (int64_t r = 0; r < rounds * (24 / SUMS); r++) {
#pragma clang loop unroll(full)
    for (int j = 0; j < SUMS; j++) acc[j] = acc[j] * x + y;
  }
  v16 total = splat(0);
#pragma clang loop unroll(full)
  for (int j = 0; j < SUMS; j++) total += acc[j];
  return sum_lanes(total);
}
