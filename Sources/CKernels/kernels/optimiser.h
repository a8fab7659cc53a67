// Optimiser steps over a range of the parameters. The sum over the shards' gradients is fused in: each value is read once.

INLINE float gradient_at(const ward_step *s, int64_t i, const float *shards, int count, int64_t stride,
                         const float *extra) {
  float g = shards[i];
  for (int k = 1; k < count; k++) g += shards[k * stride + i];
  g *= s->scale;
  return extra ? g + extra[i] : g;
}

static void adam(const ward_step *s, int64_t from, int64_t to, const float *shards, int32_t count, int64_t stride,
                 const float *extra, float *restrict w, float *restrict m, float *restrict v) {
  const ward_step step = *s;
#define STEP(COUNT, EXTRA)                                                          \
  for (int64_t i = from; i < to; i++) {                                             \
    const float g = gradient_at(&step, i, shards, COUNT, stride, EXTRA) + step.decay * w[i]; \
    m[i] = step.beta1 * m[i] + step.one_minus_beta1 * g;                            \
    v[i] = step.beta2 * v[i] + step.one_minus_beta2 * g * g;                        \
    const float size = sqrtf(v[i]) / step.correction2_root + step.epsilon;          \
    w[i] = w[i] * (1 - step.decoupled_decay) - step.rate * (m[i] * step.correction1) / size; \
  }
  if (!extra && count == 4) { STEP(4, 0) }
  else if (!extra && count == 1) { STEP(1, 0) }
  else if (count == 4) { STEP(4, extra) }
  else { STEP(count, extra) }
#undef STEP
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
  double sum = 0;
  for (int64_t i = from; i < to; i++) {
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

static float peak(int64_t rounds) {
  v16 acc[WIDE ? 24 : 6];
  const int n = WIDE ? 24 : 6;
#pragma clang loop unroll(full)
  for (int j = 0; j < n; j++) acc[j] = splat((float)j);
  v16 a = splat(0.999f), b = splat(0.001f);
  for (int64_t r = 0; r < rounds; r++) {
    __asm__ volatile("" : "+m"(a), "+m"(b));
    const v16 x = a, y = b;
#pragma clang loop unroll(full)
    for (int again = 0; again < 24 / (WIDE ? 24 : 6); again++) {
#pragma clang loop unroll(full)
      for (int j = 0; j < n; j++) acc[j] = acc[j] * x + y;
    }
  }
  v16 total = splat(0);
  for (int j = 0; j < n; j++) total += acc[j];
  return sum_lanes(total);
}
