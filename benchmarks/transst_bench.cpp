// Whole runs and their stages, each beside its limit.
//
//     transst_bench [--quick] [--only NAME] [--tsv]
#include "measure.hpp"
#include "tissues.hpp"

#include <transst/cluster/spatial_gmm_mrf.hpp>
#include <transst/find_regions.hpp>
#include <transst/io/folder.hpp>
#include <transst/markers/markers.hpp>
#include <transst/metrics/adjusted_rand_index.hpp>
#include <transst/reduce/pldr.hpp>
#include <transst/simulate/tissue.hpp>

#include <CLI/CLI.hpp>

#include <filesystem>
#include <iomanip>
#include <map>
#include <numeric>
#include <sstream>

namespace {

using namespace transst;
using namespace transst_bench;

// Limits ---------------------------------------------------------------------------------------

/// Bytes a second that `threads` threads read from memory.
double read_bandwidth(int threads) {
    const std::vector<float> data(std::size_t{64} << 20, 1.0f);  // 256 MB
    const Index parts = 16 * threads, part = std::ssize(data) / parts;
    std::vector<float> sums(static_cast<std::size_t>(parts));
    const double time = seconds([&] {
        parallel_for(parts, threads, [&](Index p) {
            sums[static_cast<std::size_t>(p)] =
                Eigen::Map<const Eigen::ArrayXf>(data.data() + p * part, part).sum();
        });
        keep(sums);
    });
    return static_cast<double>(data.size() * sizeof(float)) / time;
}

/// Random counts of n cells as a sweep sees them.
CompressedRows<float> random_counts(Index n, Index genes, Index expressed) {
    std::vector<int> labels(static_cast<std::size_t>(n));
    for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<int>(i % 7);
    return counts(labels, genes, expressed, 7, 1);
}

/// Flops a second of the sweep's access pattern with the non-zeros in cache: for every one, a strip
/// of q factors is added to a row's sum and another to a gene's, both at a random gene.
double strip_peak(Index genes, Index expressed, int threads) {
    constexpr int q = 16;
    using Strip = Eigen::Array<float, q, 1>;
    const auto x = random_counts(32, genes, expressed);
    constexpr Index rounds = 400;
    const double time = seconds([&] {
        parallel_for(threads, threads, [&](Index) {
            RowMatrix<float> a = RowMatrix<float>::Constant(genes, q, 0.5f), r = a;
            RowMatrix<float> u(x.rows(), q);
            for (Index round = 0; round < rounds; ++round) {
                for (Index i = 0; i < x.rows(); ++i) {
                    Strip sum = Strip::Zero();
                    for (auto e = x.starts[static_cast<std::size_t>(i)];
                         e < x.starts[static_cast<std::size_t>(i) + 1]; ++e)
                        sum += x.values[static_cast<std::size_t>(e)] *
                               Eigen::Map<const Strip>(
                                   a.data() + Index{x.columns[static_cast<std::size_t>(e)]} * q);
                    u.row(i) = sum.matrix().transpose();
                }
                for (Index i = 0; i < x.rows(); ++i) {
                    const Strip row = 1e-9f * u.row(i).transpose().array();
                    for (auto e = x.starts[static_cast<std::size_t>(i)];
                         e < x.starts[static_cast<std::size_t>(i) + 1]; ++e)
                        Eigen::Map<Strip>(r.data() +
                                          Index{x.columns[static_cast<std::size_t>(e)]} * q) +=
                            x.values[static_cast<std::size_t>(e)] * row;
                }
            }
            keep(r.sum());
        });
    });
    return 4.0 * q * static_cast<double>(x.non_zeros()) * static_cast<double>(rounds * threads) /
           time;
}

// Benchmarks -----------------------------------------------------------------------------------

/// U = XA; X'U: what every iteration of the factor models does.
template <class S, class X>
double sweep_seconds(const X& x, const Matrix<double>& a, int threads, int repeats = 3) {
    return seconds(
        [&] {
            const auto swept = sweep<S>(x, a, a.cols(), NoState{}, RunOptions{.threads = threads},
                                        [](NoState&, Index, auto u, auto c) { c = u; });
            keep(swept.product.sum());
        },
        repeats);
}

std::vector<Line> sweep_sparse(const Settings& settings) {
    const Index n = settings.quick ? 50'000 : 200'000, genes = 2000, expressed = 100, q = 15;
    const auto x = random_counts(n, genes, expressed);
    const Matrix<double> a = RandomStream(1).normal_matrix(genes, q);
    std::vector<Line> lines;
    for (int threads = 1; threads <= settings.threads; ++threads) {
        const double bytes = static_cast<double>(x.non_zeros()) * (sizeof(float) + 4);
        const double streaming = bytes / read_bandwidth(threads);
        const double computing =
            4.0 * static_cast<double>(x.non_zeros()) * 16 / strip_peak(genes, expressed, threads);
        lines.push_back({text("sweep, sparse, float, ", n, " x ", genes),
                         sweep_seconds<float>(x, a, threads), "s", std::max(streaming, computing),
                         threads});
    }
    return lines;
}

std::vector<Line> sweep_dense(const Settings& settings) {
    const Index n = settings.quick ? 5'000 : 20'000, genes = 2000, q = 15;
    std::vector<Line> lines;
    const auto measure = [&]<class S>(S, const char* type) {
        const RowMatrix<S> x = RandomStream(2).normal_matrix(n, genes).template cast<S>();
        const Matrix<double> a = RandomStream(1).normal_matrix(genes, q);
        const Matrix<S> b = a.cast<S>();
        const double eigen = seconds([&] {
            const RowMatrix<S> u = x * b;
            const Matrix<S> r = x.transpose() * u;
            keep(r.sum());
        });
        lines.push_back(
            {text("sweep, dense, ", type, ", ", n, " x ", genes, " (limit: Eigen's products)"),
             sweep_seconds<S>(as_rows(x), a, 1), "s", eigen, 1});
    };
    measure(float{}, "float");
    measure(double{}, "double");
    return lines;
}

/// Iterations until the log-likelihood is, and stays, within 1e-8 of plain EM's last.
template <class Expression>
Line em_iterations(const std::string& what, const Sample<Expression>& source,
                   const Sample<Expression>& target, Index factors, Index most, int threads) {
    std::vector<const Sample<Expression>*> seen{&source};
    const auto prepared = Prepare{}.fit(std::span<const Sample<Expression>* const>(seen), target);
    PLDR<> pldr{
        {.factors = factors, .max_iterations = most, .tolerance = 1e-13, .accelerate = true}};
    const RunOptions run{.threads = threads};
    const auto fast = pldr.fit(prepared.source, prepared.labels, run);
    pldr.options.accelerate = false;
    const auto plain = pldr.fit(prepared.source, prepared.labels, run);
    const auto reached = [&](const std::vector<double>& trace) {
        const double goal = plain.trace.back() - 1e-8 * std::abs(plain.trace.back());
        return static_cast<double>(
            std::find_if(trace.begin(), trace.end(), [&](double l) { return l >= goal; }) -
            trace.begin() + 1);
    };
    return {text("EM, quasi-Newton steps, ", what, " (limit: a fifth of plain EM's)"),
            reached(fast.trace), "iterations", reached(plain.trace) / 5, threads};
}

std::vector<Line> em(const Settings& settings) {
    const auto tissue = TissueSimulation{}.counts({.seed = 1});
    std::vector<Line> lines{em_iterations("simulated counts", tissue.source, tissue.target, 10,
                                          10'000, settings.threads)};
    if (settings.data.empty() || settings.quick) return lines;
    const auto section = [&](const char* name) {
        return read_folder(std::filesystem::path(settings.data) / "dlpfc" / name);
    };
    lines.push_back(em_iterations("DLPFC 151673", section("151673"), section("151674"), 15, 20'000,
                                  settings.threads));
    return lines;
}

/// Spots of K overlapping clusters on a lattice, as SpatialGMM_MRF sees them.
struct Spots {
    Index side, q = 15, clusters = 20;
    RowMatrix<double> scores;
    Gaussians<double> gaussians;
    std::vector<Label> labels;
    Graph graph;

    Spots(Index spots_a_side, int threads)
        : side(spots_a_side),
          scores(side * side, q),
          labels(static_cast<std::size_t>(side * side)) {
        RandomStream random(3);
        gaussians.means = 1.5 * random.normal_matrix(clusters, q);
        gaussians.covariances.assign(static_cast<std::size_t>(clusters),
                                     Matrix<double>::Identity(q, q));
        RowMatrix<double> places(side * side, 2);
        for (Index i = 0; i < side * side; ++i) {
            places.row(i) << static_cast<double>(i % side), static_cast<double>(i / side);
            const Index k = (i / side) * clusters / side;
            labels[static_cast<std::size_t>(i)] = static_cast<Label>(k);
            for (Index f = 0; f < q; ++f) scores(i, f) = gaussians.means(k, f) + random.normal();
        }
        graph = KnnGraph{{.neighbors = 6}}.fit(places, {}, {.threads = threads});
    }
};

std::vector<Line> mixture_e_step(const Settings& settings) {
    const Spots spots(settings.quick ? 200 : 450, settings.threads);
    const Index n = spots.scores.rows(), q = spots.q, clusters = spots.clusters;
    const Matrix<double> b = RandomStream(4).normal_matrix(q, q * clusters);
    RowMatrix<double> energy(n, clusters);
    const detail::Whitening<double> whitening(spots.gaussians);
    const double found = seconds([&] {
        detail::for_each_block(0, n, [&](Index begin, Index rows) {
            whitening.energies(spots.scores.middleRows(begin, rows),
                               energy.middleRows(begin, rows));
        });
        keep(energy.sum());
    });
    RowMatrix<double> product;
    const double limit = seconds([&] {
        detail::for_each_block(0, n, [&](Index begin, Index rows) {
            product.noalias() = spots.scores.middleRows(begin, rows) * b;
            keep(product.data());
        });
    });
    return {{text("mixture, densities, ", n, " spots (limit: the matrix product in them)"), found,
             "s", limit, 1}};
}

std::vector<Line> mixture_iteration(const Settings& settings) {
    const Spots spots(settings.quick ? 250 : 1000, settings.threads);
    std::vector<Line> lines;
    for (int threads = 1; threads <= settings.threads; ++threads) {
        const auto run = [&](Index iterations) {
            const SpatialGMM_MRF<> mixture{{.clusters = spots.clusters,
                                            .starts = 1,
                                            .max_iterations = iterations,
                                            .tolerance = 0}};
            return seconds(
                [&] {
                    keep(mixture
                             .fit(spots.scores, spots.graph, spots.labels, spots.gaussians,
                                  {.threads = threads})
                             .log_likelihood);
                },
                1);
        };
        const double once = run(1);
        lines.push_back(
            {text("mixture, an outer iteration, ", spots.scores.rows(), " spots"),
             (run(4) - once) / 3, "s",
             1.5 * static_cast<double>(spots.scores.rows()) / 1e6 * (threads == 1 ? 2 : 1),
             threads});
    }
    return lines;
}

std::vector<Line> knn(const Settings& settings) {
    const Index n = settings.quick ? 100'000 : 1'000'000;
    RowMatrix<double> places(n, 2);
    RandomStream random(5);
    for (double& x : places.reshaped()) x = random.uniform();
    std::vector<Line> lines;
    for (int threads = 1; threads <= settings.threads; ++threads)
        lines.push_back(
            {text("nearest neighbours, ", n, " spots"), seconds([&] {
                 keep(KnnGraph{{.neighbors = 6}}.fit(places, {}, {.threads = threads}).entries());
             }),
             "s", 3 * static_cast<double>(n) / 1e6 * (threads == 1 ? 2 : 1), threads});
    return lines;
}

/// A source and a target, to named clusters; run.matrix_bytes says where their matrices lie.
std::vector<Line> named_clusters(const Settings& settings, const std::string& what,
                                 const RunOptions& run, double seconds_allowed,
                                 double megabytes_allowed) {
    const Index side = settings.quick ? 150 : 1000;
    const auto source = tissue(side, 2000, 100, 8, 1, "source", run);
    const auto target = tissue(side, 2000, 100, 8, 2, "target", run);
    const double share = static_cast<double>(side * side) / 1e6;
    std::vector<Line> lines;
    RegionsFit fit;
    const double time =
        seconds([&] { fit = FindRegions{{.clusters = 8}}.fit(source, target, run); }, 1);
    lines.push_back({text(what, " to named clusters, ", side * side, " cells and spots"), time, "s",
                     seconds_allowed * share, settings.threads});
    for (const auto& step : fit.times)
        lines.push_back({"    of it: " + step.step, step.seconds, "s", time, settings.threads});
    const auto truth = code_labels(target.labels);
    lines.push_back({"    its adjusted Rand index",
                     adjusted_rand_index(fit.clusters.labels, truth.codes), "ARI", 1,
                     settings.threads});
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    lines.push_back({"    its peak memory", static_cast<double>(usage.ru_maxrss) / 1024, "MB",
                     std::max(200.0, megabytes_allowed * share), settings.threads});
    return lines;
}

std::vector<Line> whole(const Settings& settings) {
    return named_clusters(settings, "memory", {.threads = settings.threads}, 240, 6000);
}

/// Each matrix may hold a fortieth of what it takes; it may take three times as long.
std::vector<Line> streamed(const Settings& settings) {
    const std::int64_t bytes = settings.quick ? 450'000 : 20'000'000;
    return named_clusters(settings, "file", {.threads = settings.threads, .matrix_bytes = bytes},
                          720, 6000);
}

/// Genes of every cluster against the rest, of a section of which a quarter of the entries is not
/// zero.
std::vector<Line> markers(const Settings& settings) {
    const Index n = settings.quick ? 900 : 3600, genes = 8500, clusters = 7;
    const Sample<CompressedRows<float>> section{random_counts(n, genes, genes / 4)};
    std::vector<Label> labels(static_cast<std::size_t>(n));
    for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<Label>(i % 7);
    std::vector<Line> lines;
    for (int threads = 1; threads <= settings.threads; ++threads) {
        const RunOptions run{.threads = threads};
        const double time = seconds([&] {
            keep(Markers{}.fit(log_normalize(section, run), labels, clusters, run).clusters);
        });
        lines.push_back({text("markers, ", n, " spots x ", genes, " genes, 7 clusters"), time, "s",
                         (settings.quick ? 1.0 : 4.0) / threads, threads});
    }
    return lines;
}

/// A small section from its files to its regions.
std::vector<Line> small(const Settings& settings) {
    namespace fs = std::filesystem;
    const fs::path folder =
        fs::temp_directory_path() / ("transst_bench_" + std::to_string(::getpid()));
    write_folder(folder / "source", tissue(26, 15000, 1500, 4, 1, "source"));
    write_folder(folder / "target", tissue(17, 15000, 1500, 4, 2, "target"));
    const double time = seconds([&] {
        const auto source = read_folder_file(folder / "source").sample,
                   target = read_folder_file(folder / "target").sample;
        keep(FindRegions{{.clusters = 4}}
                 .fit(source, target, {.threads = settings.threads})
                 .clusters.log_likelihood);
    });
    const auto target = read_folder_file(folder / "target").sample;
    const double without = seconds([&] {
        keep(FindRegions{{.clusters = 4}}
                 .fit(target, {.threads = settings.threads})
                 .clusters.log_likelihood);
    });
    fs::remove_all(folder);
    return {{"small section, files to named clusters", time, "s", 0.5, settings.threads},
            {"small section alone, memory to clusters", without, "s", 0.5, settings.threads}};
}

/// How time and peak memory grow when something doubles, stage by stage; at most 2.2 times as much,
/// an exponent of 1.14. Each size in a process of its own.
std::vector<Line> growth(const Settings& settings) {
    std::vector<Line> lines;
    // times: (size) -> what took how long; what only one of the sizes did is left out. The sizes
    // take turns, and the fastest turn of each counts: a slow moment of the machine is not growth.
    const int turns = settings.quick ? 1 : 5;
    const auto doubled = [&](const std::string& what, const auto& times) {
        std::vector<StepTime> found[2];
        double peak[2]{};
        for (int turn = 0; turn < turns; ++turn)
            for (const int size : {1, 2}) {
                const Child child = in_child("growth", [&](std::FILE* to) {
                    for (const auto& [step, time] : times(size))
                        std::fprintf(to, "%.17g %s\n", time, step.c_str());
                });
                require(child.sound, "growth: ", what, " failed");
                std::istringstream in(child.printed);
                auto& fastest = found[size - 1];
                StepTime one;
                for (std::size_t i = 0; in >> one.seconds && std::getline(in >> std::ws, one.step);
                     ++i)
                    if (i == fastest.size())
                        fastest.push_back(one);
                    else
                        fastest[i].seconds = std::min(fastest[i].seconds, one.seconds);
                peak[size - 1] = std::max(peak[size - 1], child.peak_mb);
            }
        const auto add = [&](const std::string& name, double once, double twice) {
            lines.push_back({name, std::log2(twice / once), "exponent", std::log2(2.2), 1});
        };
        for (std::size_t i = 0; i < std::min(found[0].size(), found[1].size()); ++i)
            // what takes a few thousandths of a second is noise
            if (found[0][i].step == found[1][i].step && found[1][i].seconds > 0.005)
                add("growth: " + found[0][i].step + ", " + what, found[0][i].seconds,
                    found[1][i].seconds);
        add("    peak memory of it", peak[0], peak[1]);
    };
    const Index n = settings.quick ? 30'000 : 200'000;
    using Times = std::vector<StepTime>;
    const auto sweep_of = [](Index cells, Index genes, Index expressed) {
        return Times{
            {"sweep", sweep_seconds<float>(random_counts(cells, genes, expressed),
                                           RandomStream(1).normal_matrix(genes, 15), 1, 5)}};
    };
    doubled("cells", [&](int size) { return sweep_of(size * n, 2000, 50); });
    doubled("non-zeros", [&](int size) { return sweep_of(n, 2000, size * 50); });
    doubled("genes and non-zeros", [&](int size) { return sweep_of(n, size * 2000, size * 50); });
    doubled("spots", [&](int size) {
        RowMatrix<double> places(size * n, 2);
        RandomStream random(5);
        for (double& x : places.reshaped()) x = random.uniform();
        return Times{{"nearest neighbours",
                      seconds([&] { keep(KnnGraph{{.neighbors = 6}}.fit(places).entries()); }, 5)}};
    });
    const auto side_of = [](Index spots) {
        return static_cast<Index>(std::lround(std::sqrt(static_cast<double>(spots))));
    };
    doubled("spots", [&](int size) {
        const Spots spots(side_of(size * n), 1);
        const SpatialGMM_MRF<> mixture{
            {.clusters = spots.clusters, .starts = 1, .max_iterations = 3, .tolerance = 0}};
        return Times{{"mixture", seconds([&] {
                          keep(mixture.fit(spots.scores, spots.graph, spots.labels, spots.gaussians)
                                   .log_likelihood);
                      })}};
    });
    const Index few = settings.quick ? 10'000 : 100'000;
    // by itself, since its start weighs the more the fewer iterations it takes to its end
    const auto pldr_of = [&](Index cells, Index genes, Index expressed) {
        const auto source = tissue(side_of(cells), genes, expressed, 8, 1, "source");
        const auto labels = code_labels(source.labels).codes;
        const auto rows = standardize(source.expression);
        const PLDR<> pldr{{.factors = 15, .max_iterations = 10, .tolerance = 0}};
        return Times{{"PLDR, ten iterations",
                      seconds([&] { keep(pldr.fit(rows, labels).log_likelihood); })}};
    };
    doubled("cells", [&](int size) { return pldr_of(size * few, 2000, 100); });
    doubled("genes and non-zeros", [&](int size) { return pldr_of(few, size * 1000, size * 50); });
    const auto whole_of = [&](Index spots, Index genes, Index expressed) {
        const auto source = tissue(side_of(spots), genes, expressed, 8, 1, "source"),
                   target = tissue(side_of(spots), genes, expressed, 8, 2, "target");
        // how many iterations a stage takes is not a matter of size: each is timed by one of them
        std::map<std::string, double, std::less<>> iterations;
        std::string stage;
        const auto count = [&](const Progress& progress) {
            if (progress.iteration == 0)
                stage = progress.stage;
            else
                ++iterations[stage];
        };
        auto times = FindRegions{{.clusters = 8}}
                         .fit(source, target, {.threads = 1, .progress = count})
                         .times;
        std::erase_if(times, [](const StepTime& time) { return time.step == "PLDR"; });
        for (auto& time : times)
            if (const auto found = iterations.find(time.step); found != iterations.end()) {
                time.seconds /= found->second;
                time.step += ", an iteration";
            }
        return times;
    };
    doubled("cells and spots", [&](int size) { return whole_of(size * few, 2000, 100); });
    doubled("genes and non-zeros", [&](int size) { return whole_of(few, size * 1000, size * 50); });
    return lines;
}

/// Time of two threads over half the time of one. They take turns, and the fastest turn of each
/// counts: a slow moment of the machine is no thread's.
std::vector<Line> threads(const Settings& settings) {
    std::vector<Line> lines;
    const int turns = settings.quick ? 1 : 3;
    const auto add = [&](const std::string& what, double one, double two) {
        lines.push_back(
            {"two threads: " + what + " (limit: half of one's time)", two, "s", one / 2, 2});
    };
    const auto compare = [&](const std::string& what, auto&& run) {
        double fastest[2]{INFINITY, INFINITY};
        for (int turn = 0; turn < turns; ++turn)
            for (const int t : {1, 2}) fastest[t - 1] = std::min(fastest[t - 1], run(t));
        add(what, fastest[0], fastest[1]);
    };
    const Index n = settings.quick ? 50'000 : 200'000;
    const auto x = random_counts(n, 2000, 100);
    const Matrix<double> a = RandomStream(1).normal_matrix(2000, 15);
    compare("sweep", [&](int t) { return sweep_seconds<float>(x, a, t, 5); });
    const Spots spots(settings.quick ? 200 : 450, settings.threads);
    compare("mixture", [&](int t) {
        const SpatialGMM_MRF<> mixture{
            {.clusters = spots.clusters, .starts = 1, .max_iterations = 3, .tolerance = 0}};
        return seconds([&] {
            keep(mixture
                     .fit(spots.scores, spots.graph, spots.labels, spots.gaussians, {.threads = t})
                     .log_likelihood);
        });
    });
    RowMatrix<double> places(n, 2);
    RandomStream random(5);
    for (double& p : places.reshaped()) p = random.uniform();
    compare("nearest neighbours", [&](int t) {
        return seconds(
            [&] { keep(KnnGraph{{.neighbors = 6}}.fit(places, {}, {.threads = t}).entries()); });
    });

    // a whole run, and each of its stages that takes a tenth of it
    const Index side = settings.quick ? 100 : 400;
    const auto source = tissue(side, 2000, 100, 8, 1, "source"),
               target = tissue(side, 2000, 100, 8, 2, "target");
    std::vector<StepTime> steps[2];
    const auto in_all = [](const std::vector<StepTime>& times) {
        double sum = 0;
        for (const auto& step : times) sum += step.seconds;
        return sum;
    };
    compare(text(side * side, " cells and spots to named clusters"), [&](int t) {
        const auto times = FindRegions{{.clusters = 8}}.fit(source, target, {.threads = t}).times;
        auto& fastest = steps[t - 1];
        if (fastest.empty()) fastest = times;
        for (std::size_t i = 0; i < times.size(); ++i)
            fastest[i].seconds = std::min(fastest[i].seconds, times[i].seconds);
        return in_all(times);
    });
    for (std::size_t i = 0; i < steps[0].size(); ++i)
        if (steps[0][i].seconds > in_all(steps[0]) / 10)
            add("  of it: " + steps[0][i].step, steps[0][i].seconds, steps[1][i].seconds);
    return lines;
}

const std::vector<Benchmark>& all() {
    static const std::vector<Benchmark> list{
        {"sweep-sparse", "both products of an iteration over sparse expression", sweep_sparse},
        {"sweep-dense", "the same over dense expression", sweep_dense},
        {"em", "iterations of PLDR", em},
        {"e-step", "densities of the mixture", mixture_e_step},
        {"mixture", "an iteration of SpatialGMM_MRF", mixture_iteration},
        {"knn", "KnnGraph", knn},
        {"markers", "genes of each cluster, from counts", markers},
        {"threads", "what a second thread brings", threads},
        {"growth", "time and memory when something doubles", growth},
        {"small", "a small section from its files", small},
        {"whole", "a million cells and a million spots", whole},
        {"streamed", "the same from files, in little memory", streamed}};
    return list;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"Times what transst does and holds each figure against its limit."};
    Settings settings;
    std::string only;
    bool tsv = false;
    std::vector<std::string> names;
    for (const auto& b : all()) names.emplace_back(b.name);
    app.add_flag("--quick", settings.quick, "Smaller inputs: under two minutes in all");
    app.add_option("--only", only, "This one alone")->check(CLI::IsMember(names));
    app.add_option("--threads", settings.threads, "At most so many")
        ->check(CLI::Range(1, 64))
        ->capture_default_str();
    app.add_option("--data", settings.data,
                   "Folder with dlpfc/151673 and 151674, for em (some minutes)");
    app.add_flag("--tsv", tsv, "Columns: name, figure, unit, limit, ratio, threads, peak_mb");
    std::string footer = "Benchmarks:\n";
    for (const auto& b : all())
        footer += text("  ", b.name, std::string(14 - std::strlen(b.name), ' '), b.what, "\n");
    app.footer(footer);
    CLI11_PARSE(app, argc, argv);

    if (tsv) std::cout << "name\tfigure\tunit\tlimit\tratio\tthreads\tpeak_mb\n";
    bool sound = true;
    for (const auto& benchmark : all()) {
        if (!only.empty() && only != benchmark.name) continue;
        sound &= in_own_process(benchmark, settings, [&](const Line& line, double peak) {
            const double ratio = line.figure / line.limit;
            if (tsv)
                std::cout << line.name << '\t' << line.figure << '\t' << line.unit << '\t'
                          << line.limit << '\t' << ratio << '\t' << line.threads << '\t' << peak
                          << std::endl;
            else
                std::cout << std::left << std::setw(64) << line.name << std::right
                          << std::setprecision(3) << std::setw(9) << line.figure << ' ' << std::left
                          << std::setw(11) << line.unit << "limit " << std::setw(9) << line.limit
                          << "ratio " << std::setw(6) << ratio << line.threads << " thread"
                          << (line.threads > 1 ? "s  " : "   ") << std::fixed
                          << std::setprecision(0) << peak << " MB" << std::defaultfloat
                          << std::endl;
        });
    }
    return sound ? 0 : 1;
}
