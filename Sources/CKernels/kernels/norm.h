// Normalisation of each image by itself: mean and deviation over a group of channels.

INLINE v16 group_mean(ward_planes xs, const float *x, int from, int to) {
  v16 sum = splat(0);
  for (int c = from; c < to; c++) {
    for (int row = 0; row < xs.height; row++) {
      const v16 *line = ROW(const v16, x, xs);
      v16 part = splat(0);
      for (int i = 0; i < xs.width; i++) part += line[i];
      sum += part;
    }
  }
  return sum / (float)((to - from) * xs.height * xs.width);
}

INLINE v16 group_deviation(ward_planes xs, const float *x, int from, int to, v16 mean, float epsilon) {
  v16 sum = splat(0);
  for (int c = from; c < to; c++) {
    for (int row = 0; row < xs.height; row++) {
      const v16 *line = ROW(const v16, x, xs);
      v16 part = splat(0);
      for (int i = 0; i < xs.width; i++) part += (line[i] - mean) * (line[i] - mean);
      sum += part;
    }
  }
  const v16 variance = sum / (float)((to - from) * xs.height * xs.width) + epsilon;
  return LANEWISE(variance, 1 / sqrtf(t));
}

static void group_norm_forward(int32_t groups, ward_planes xs, const float *x, const float *weight, const float *bias,
                               int32_t each_value, float epsilon, ward_planes ys, float *y, float *statistics) {
  const int size = xs.channels / groups;
  v16 *kept = (v16 *)statistics;
  for (int group = 0; group < groups; group++) {
    const int from = group * size, to = from + size;
    const v16 mean = group_mean(xs, x, from, to);
    const v16 inverse = group_deviation(xs, x, from, to, mean, epsilon);
    kept[2 * group] = mean;
    kept[2 * group + 1] = inverse;
    for (int c = from; c < to; c++) {
      for (int row = 0; row < xs.height; row++) {
        const v16 *line = ROW(const v16, x, xs);
        v16 *out = ROW(v16, y, ys);
        for (int i = 0; i < xs.width; i++) {
          const int at = each_value ? (c * xs.height + row) * xs.width + i : c;
          out[i] = (line[i] - mean) * inverse * weight[at] + bias[at];
        }
      }
    }
  }
}

static void group_norm_backward(int32_t groups, ward_planes xs, const float *x, const float *weight,
                                int32_t each_value, const float *statistics, ward_planes gys, const float *gy,
                                int32_t count, ward_planes gxs, float *gx, float *gw, float *gb, int32_t accumulate) {
  const int size = xs.channels / groups;
  const v16 used = used_lanes(count), *kept = (const v16 *)statistics;
  for (int group = 0; group < groups; group++) {
    const int from = group * size, to = from + size;
    const v16 mean = kept[2 * group], inverse = kept[2 * group + 1];
    v16 sum = splat(0), product = splat(0);
    for (int c = from; c < to; c++) {
      v16 channel_sum = splat(0), channel_product = splat(0);
      for (int row = 0; row < xs.height; row++) {
        const v16 *line = ROW(const v16, x, xs), *back = ROW(const v16, gy, gys);
        for (int i = 0; i < xs.width; i++) {
          const int at = each_value ? (c * xs.height + row) * xs.width + i : c;
          const v16 g = back[i] * used, normal = (line[i] - mean) * inverse;
          sum += g * weight[at];
          product += g * normal * weight[at];
          channel_sum += g;
          channel_product += g * normal;
          if (gw && each_value) {
            gw[at] = (accumulate ? gw[at] : 0) + sum_lanes(g * normal);
            gb[at] = (accumulate ? gb[at] : 0) + sum_lanes(g);
          }
        }
      }
      if (gw && !each_value) {
        gw[c] = (accumulate ? gw[c] : 0) + sum_lanes(channel_product);
        gb[c] = (accumulate ? gb[c] : 0) + sum_lanes(channel_sum);
      }
    }
    if (!gx) continue;
    const float share = 1.0f / (float)(size * xs.height * xs.width);
    const v16 a = sum * share, b = product * share;
    for (int c = from; c < to; c++) {
      for (int row = 0; row < xs.height; row++) {
        const v16 *line = ROW(const v16, x, xs), *back = ROW(const v16, gy, gys);
        v16 *out = ROW(v16, gx, gxs);
        for (int i = 0; i < xs.width; i++) {
          const int at = each_value ? (c * xs.height + row) * xs.width + i : c;
          const v16 normal = (line[i] - mean) * inverse;
          out[i] = (back[i] * weight[at] - a - normal * b) * inverse * used;
        }
      }
    }
  }
}
