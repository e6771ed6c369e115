"""Rows of a table of more than 2^32 numbers, by a kernel compiled alone: no test holds such a table."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

KERNELS = Path(__file__).parents[2] / "native" / "kernels"
# Of what is only reserved a page is taken where it is touched. Two rows, the second beyond 2^32 numbers.
PROGRAM = r"""
#include <cstdint>
#include <cstdio>
#include <sys/mman.h>

#include "columns.h"

int main() {
    const int inputs = 16, rows = 2;
    const std::uint32_t places[rows] = {1, (1u << 28) + 3};
    const std::size_t count = static_cast<std::size_t>(places[1] + 1) * (inputs + 1);
    void* room = mmap(nullptr, count * sizeof(float), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (room == MAP_FAILED) return 77;
    float *target = static_cast<float*>(room), *dense = target + places[1] + 1;
    for (int b = 0; b < rows; ++b) {
        target[places[b]] = 100.0f + b;
        float* row = dense + static_cast<std::size_t>(places[b]) * inputs;
        for (int i = 0; i < inputs; ++i) row[i] = 20.0f * b + i;
    }
    float x[inputs * rows], to_target[rows];
    glassnet::gather_columns<float>({rows, inputs, places, dense, target, x, rows, to_target});
    for (int b = 0; b < rows; ++b) {
        for (int i = 0; i < inputs; ++i) std::printf("%g ", x[i * rows + b]);
        std::printf("%g\n", to_target[b]);
    }
}
"""


@pytest.mark.skipif(sys.platform != "linux", reason="memory is reserved as Linux does")
def test_a_neuron_gathers_rows_beyond_2_to_the_32_numbers(tmp_path: Path) -> None:
    compiler = shutil.which("c++") or shutil.which("g++")
    if compiler is None:
        pytest.skip("no compiler")
    source, program = tmp_path / "far.cpp", tmp_path / "far"
    source.write_text(PROGRAM)
    words = [compiler, "-std=c++20", "-O1", "-w", f"-I{KERNELS}", "-o", program, source]
    subprocess.run(words, check=True)
    done = subprocess.run([program], capture_output=True, text=True, check=False)
    if done.returncode == 77:
        pytest.skip("no room can be reserved")
    rows = [[*range(16), 100], [*range(20, 36), 101]]
    assert [[float(one) for one in line.split()] for line in done.stdout.splitlines()] == rows
    assert done.returncode == 0
