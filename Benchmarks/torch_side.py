"""PyTorch's side of the benchmarks, in the best eager settings found: channels_last, fused Adam, tensors in memory. With
--compile networks and convolutions go through torch.compile, each shape and number of threads by itself.

Started by the program beside it. Reads lines "threads seconds clock work" and answers each with images (or GFLOP) a second,
the median over whole calls; "nan" for work it does not know.
"""
import statistics
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

COMPILE = "--compile" in sys.argv[1:]
# Beyond this many shapes of one function it would go on in eager mode without a word.
torch._dynamo.config.recompile_limit = 64
torch._dynamo.config.fail_on_recompile_limit_hit = True

LOW, HIGH, EPSILON, STRIDE = -0.8932584, 2.2278402, 0.3, 2 / 255 / 0.3204


class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 5, padding=2), nn.Conv2d(6, 16, 5)
        self.fc1, self.fc2, self.fc3 = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)

    def forward(self, x):
        x = F.relu(F.max_pool2d(self.conv1(x), 2))  # relu after the maximum: the same values, a quarter of the work
        x = F.relu(F.max_pool2d(self.conv2(x), 2)).flatten(1)
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x)))))


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNet(nn.Module):
    def __init__(self, blocks):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16)
        layers, last = [], 16
        for outputs in (16, 32, 64):
            for number in range(blocks):
                layers.append(Block(last, outputs, 2 if outputs > 16 and number == 0 else 1))
                last = outputs
        self.layers = nn.Sequential(*layers)
        self.fc = nn.Linear(64, 10)

    def forward(self, x):
        return self.fc(self.layers(F.relu(self.bn1(self.conv1(x)))).mean((2, 3)))


class Mean(nn.Module):
    def forward(self, x):
        return x.mean((2, 3))


def vgg_small():
    layers, inputs = [], 3
    for outputs in (32, 64, 128):
        for _ in range(2):
            layers += [nn.Conv2d(inputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]
            inputs = outputs
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers, Mean(), nn.Linear(128, 10))


def cnn():
    return nn.Sequential(
        nn.Conv2d(1, 32, 3, 1, 1), nn.MaxPool2d(2), nn.ReLU(), nn.Conv2d(32, 64, 3, 1, 1), nn.MaxPool2d(2), nn.ReLU(),
        nn.Flatten(), nn.Linear(64 * 49, 256), nn.ReLU(), nn.Linear(256, 10),
    )


def compiled(function):
    return torch.compile(function, dynamic=False) if COMPILE else function


def last(net):
    return compiled(net.to(memory_format=torch.channels_last))


@compiled
def convolution(x, w):
    return F.conv2d(x, w, padding=1)


@compiled
def convolution_backward(g, x, w, mask):
    return torch.ops.aten.convolution_backward(g, x, w, None, [1, 1], [1, 1], [1, 1], False, [0, 0], 1, mask)


def stepper(net):
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3, fused=True)

    def step(x, y):
        optimizer.zero_grad()
        F.cross_entropy(net(x), y).backward()
        optimizer.step()

    return step


def gradient(net, x, y):
    x = x.detach().requires_grad_(True)
    return torch.autograd.grad(F.cross_entropy(net(x), y, reduction="sum"), x)[0]


class Side:
    def __init__(self):
        torch.manual_seed(0)
        self.x = torch.randn(6400, 1, 28, 28).clamp(LOW, HIGH).to(memory_format=torch.channels_last)
        self.y = torch.randint(0, 10, (6400,))
        self.net = last(LeNet())
        self.step = stepper(self.net)
        self.frozen = last(LeNet()).eval()
        for p in self.frozen.parameters():
            p.requires_grad_(False)
        self.color = torch.randn(2560, 3, 32, 32).to(memory_format=torch.channels_last)
        # Each with its images in one epoch.
        self.networks = {
            "resnet8": (last(ResNet(1)), self.color, 2560),
            "resnet20": (last(ResNet(3)), self.color, 2560),
            "vgg_small": (last(vgg_small()), self.color, 2560),
            "cnn": (last(cnn()), self.x, 2560),
        }
        self.steps = {}
        self.convolutions = {}

    def train(self):
        for i in range(0, 6400, 64):
            self.step(self.x[i : i + 64], self.y[i : i + 64])
        return 6400

    def network(self, name):
        net, x, count = self.networks[name]
        if name not in self.steps:
            self.steps[name] = stepper(net)
        net.train()
        for i in range(0, count, 64):
            self.steps[name](x[i : i + 64], self.y[i : i + 64])
        return count

    def attacked(self, name, count):
        net, x, _ = self.networks[name]
        net.eval()
        for p in net.parameters():
            p.requires_grad_(False)
        x, y, a = x[: int(count)], self.y[: int(count)], x[: int(count)]
        for _ in range(10):
            a = x + (a + STRIDE * gradient(net, a, y).sign() - x).clamp(-EPSILON, EPSILON)
            a = a.clamp(LOW, HIGH)
        for p in net.parameters():
            p.requires_grad_(True)
        return 10 * int(count)

    def adversarial(self):
        for i in range(0, 1280, 64):
            a, b = self.x[i : i + 64], self.y[i : i + 64]
            self.step(a, b)
            self.step(a + EPSILON * gradient(self.net, a, b).sign(), b)
        return 1280

    def infer(self):
        with torch.no_grad():
            for i in range(0, 6000, 1000):
                self.frozen(self.x[i : i + 1000]).argmax(1)
        return 6000

    def pgd(self):
        x, y = self.x[:250], self.y[:250]
        a = x
        for _ in range(10):
            a = x + (a + STRIDE * gradient(self.frozen, a, y).sign() - x).clamp(-EPSILON, EPSILON)
            a = a.clamp(LOW, HIGH)
        return 2500

    def conv(self, channels, extent, which):
        channels, extent = int(channels), int(extent)
        key = (channels, extent)
        if key not in self.convolutions:
            x = torch.randn(64, channels, extent, extent).to(memory_format=torch.channels_last)
            w = torch.randn(channels, channels, 3, 3).to(memory_format=torch.channels_last)
            self.convolutions[key] = (x, w, torch.randn_like(x))
        x, w, g = self.convolutions[key]
        with torch.no_grad():
            if which == "forward":
                convolution(x, w)
            else:
                convolution_backward(g, x, w, (which == "input", which == "weights", False))
        return 64 * 2 * 9 * channels * channels * extent * extent / 1e9


def measure(work, seconds, clock):
    work()
    rates, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end or len(rates) < 3:
        start = clock()
        amount = work()
        rates.append(amount / (clock() - start))
    return statistics.median(rates)


def main():
    side = Side()
    print(torch.__version__ + (" through torch.compile" if COMPILE else ""), flush=True)
    for line in sys.stdin:
        threads, seconds, clock, name, *rest = line.split()
        clock = time.process_time if clock == "cpu" else time.perf_counter
        torch.set_num_threads(int(threads))
        work = getattr(side, name, None)
        print(measure(lambda: work(*rest), float(seconds), clock) if work else "nan", flush=True)


if __name__ == "__main__":
    main()
