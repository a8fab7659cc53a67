// Every kernel, once; the file that includes this names the level: LEVEL_NAME, LEVEL_TABLE, WIDE where there are 32
// registers of 16 floats, PICKS where a lane can pick one of four numbers, and FUSES where a product and a sum round once.
#include "vector.h"

#include "dense.h"
#include "lanes.h"
#include "conv.h"
#include "conv_weights.h"
#include "winograd.h"
#include "winograd5.h"
#include "rows5.h"
#include "box5.h"
#include "winners.h"
#include "pool.h"
#include "elementwise.h"
#include "bounds.h"
#include "norm.h"
#include "optimiser.h"

const ward_kernels LEVEL_TABLE = {
    .name = LEVEL_NAME, .fuses = FUSES,
    .load_floats = load_floats, .load_bytes = load_bytes, .store_rows = store_rows, .load_rows = load_rows,
    .conv_forward = conv_forward, .conv_pool_forward = conv_pool_forward,
    .conv_pack = conv_pack, .conv_input_gradient = conv_input_gradient, .conv_weight_gradient = conv_weight_gradient,
    .winograd_pack = winograd_pack, .winograd_forward = winograd_forward,
    .winograd_pool_forward = winograd_pool_forward, .winograd_backward = winograd_backward,
    .winograd5_pack = winograd5_pack, .winograd5_forward = winograd5_forward,
    .winograd5_backward = winograd5_backward, .winograd5_pool_forward = winograd5_pool_forward,
    .winograd5_pool_backward = winograd5_pool_backward,
    .winners_pack = winners_pack, .winners_input_gradient = winners_input_gradient,
    .rows5_weight_gradient = rows5_weight_gradient,
    .box5_forward = box5_forward, .box5_weight_gradients = box5_weight_gradients,
    .channel_sums = channel_sums, .pooled_sums = pooled_sums, .unpool = unpool,
    .dense_forward = dense_forward, .dense_input_gradient = dense_input_gradient,
    .dense_rows = dense_rows, .dense_weight_gradient = dense_weight_gradient, .dense_sums = dense_sums,
    .max_pool_forward = max_pool_forward, .max_pool_backward = max_pool_backward,
    .average_pool_forward = average_pool_forward, .average_pool_backward = average_pool_backward,
    .adaptive_pool_forward = adaptive_pool_forward, .adaptive_pool_backward = adaptive_pool_backward,
    .activation_forward = activation_forward, .activation_backward = activation_backward,
    .add = add, .add_backward = add_backward, .copy = copy, .copy_steps = copy_steps,
    .add_steps = add_steps, .fill = fill,
    .multiply = multiply_planes, .multiply_backward = multiply_planes_backward, .scale = scale,
    .scale_weight_gradient = scale_weight_gradient, .scale_channels = scale_channels,
    .scale_and_add = scale_and_add,
    .moments = moments, .norm_sums = norm_sums, .norm_backward = norm_backward, .dropout = dropout,
    .group_norm_forward = group_norm_forward, .group_norm_backward = group_norm_backward,
    .box_gather = box_gather, .box_scatter = box_scatter, .planes_gather = planes_gather,
    .planes_scatter = planes_scatter, .relu_lines = relu_lines, .lines_backward = lines_backward,
    .lines_forward = lines_forward, .rows_times = rows_times, .rows_over_box = rows_over_box, .pool_lines = pool_lines,
    .pool_lines_backward = pool_lines_backward, .pool_lines_forward = pool_lines_forward,
    .lines_swap = lines_swap, .relu_lines_slopes = relu_lines_slopes, .pool_lines_slopes = pool_lines_slopes,
    .box_slopes = box_slopes, .box_corner = box_corner,
    .box_around = box_around, .interval_forward = interval_forward, .interval_backward = interval_backward,
    .interval_pool_forward = interval_pool_forward, .interval_pool_backward = interval_pool_backward,
    .interval_relu_pool_forward = interval_relu_pool_forward,
    .interval_relu_pool_backward = interval_relu_pool_backward,
    .merged_forward = merged_forward, .merged_backward = merged_backward, .add_signed = add_signed,
    .adam = adam, .sgd = sgd, .gradient_square = gradient_square, .sign_step = sign_step, .tanh_box = tanh_box,
    .peak = peak,
};
