// The innermost loops: both products of a block of sparse rows, by number of factors.
#include "tissues.hpp"

#include <transst/cluster/gaussians.hpp>
#include <transst/matrix/kernels.hpp>

#include <benchmark/benchmark.h>

namespace {

using namespace transst;

constexpr Index genes = 2000, expressed = 100, rows = 128;

CompressedRows<float> cells() {
    std::vector<int> labels(rows);
    for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<int>(i % 7);
    return transst_bench::counts(labels, genes, expressed, 7, 1);
}

void count_flops(benchmark::State& state, double flops) {
    state.counters["flops"] = benchmark::Counter(flops * static_cast<double>(state.iterations()),
                                                 benchmark::Counter::kIsRate);
}

/// U = XA.
template <class S>
void multiply(benchmark::State& state) {
    const auto x = cells();
    const Index q = state.range(0);
    const detail::Panels<S> a(RandomStream(1).normal_matrix(genes, q));
    Vector<S> u(rows * a.cut().padded());
    for (auto _ : state) {
        detail::multiply(x.row_block(0, rows), a, u.data());
        benchmark::DoNotOptimize(u.data());
        benchmark::ClobberMemory();
    }
    count_flops(state, 2.0 * static_cast<double>(x.non_zeros() * q));
}

/// R += X'C.
template <class S>
void scatter(benchmark::State& state) {
    const auto x = cells();
    const Index q = state.range(0);
    detail::Panels<S> r(genes, q);
    const Vector<S> c = Vector<S>::Constant(rows * r.cut().padded(), S(1e-9));
    for (auto _ : state) {
        detail::scatter(x.row_block(0, rows), c.data(), r);
        benchmark::ClobberMemory();
    }
    count_flops(state, 2.0 * static_cast<double>(x.non_zeros() * q));
}

/// Weighted moments of spots, K = 20.
void moments(benchmark::State& state) {
    const Index q = state.range(0), spots = 256, clusters = 20;
    const RowMatrix<double> v = RandomStream(1).normal_matrix(spots, q),
                            r = RandomStream(2).normal_matrix(spots, clusters).cwiseAbs();
    auto sums = detail::WeightedSums<double>::zero(clusters, q);
    for (auto _ : state) {
        sums.add(v, r);
        benchmark::ClobberMemory();
    }
    count_flops(state, static_cast<double>(spots * clusters * q * (q + 1)));
}

}  // namespace

BENCHMARK(multiply<float>)->Arg(8)->Arg(15)->Arg(24)->Arg(32)->Arg(40);
BENCHMARK(multiply<double>)->Arg(8)->Arg(15)->Arg(24)->Arg(32)->Arg(40);
BENCHMARK(scatter<float>)->Arg(8)->Arg(15)->Arg(24)->Arg(32)->Arg(40);
BENCHMARK(scatter<double>)->Arg(8)->Arg(15)->Arg(24)->Arg(32)->Arg(40);
BENCHMARK(moments)->Arg(8)->Arg(15)->Arg(24);
BENCHMARK_MAIN();
