// The studies: what is varied, and which methods are compared.
#include "study.hpp"

#include <transst/cluster/anchored_gmm_mrf.hpp>
#include <transst/graph/knn_graph.hpp>
#include <transst/io/folder.hpp>
#include <transst/reduce/factor_model.hpp>

#include <numbers>
#include <numeric>

namespace transst_program {
namespace {

using namespace transst;
namespace fs = std::filesystem;

// Methods --------------------------------------------------------------------------------------

const Method trust{"trust"};
const Method alone{"alone", {}, true};
const Method paper{"paper", [](ClusterOptions& o) { o.method = "paper"; }};
const Method published{"published", [](ClusterOptions& o) {
                           o.published = true;
                           o.lambda = "auto";
                       }};

/// What can be told of a simulated target by mean field where all that made it is known: the
/// loading, the classes' densities and the field. Methods that have to learn these hardly pass it.
Method oracle(double beta) {
    return {"oracle", {}, false, [beta](const Problem& problem) {
                const TissueTruth& truth = *problem.truth;
                const FactorModel<double> model{truth.loading, truth.noise_variance, {}, {}};
                ClassDensities<double> classes{{truth.means, truth.covariances}, {}};
                for (auto& c : classes.gaussians.covariances) c += model.score_noise();
                constexpr double known = 1e9;  // pseudo-spots: the target moves nothing
                return AnchoredGMM_MRF<>{{.kappa = known, .beta_by = Beta::fixed, .beta = beta}}
                    .fit(model.transform(problem.target.expression.in_memory()),
                         KnnGraph{{.neighbors = 4}}.fit(problem.target.coordinates), classes)
                    .labels;
            }};
}

// Tissues --------------------------------------------------------------------------------------

/// Streams of a study's own randomness, beside those of the simulation.
constexpr std::uint64_t gene_stream = 0x5354554459, cell_stream = gene_stream + 1,
                        count_stream = gene_stream + 2, label_stream = gene_stream + 3,
                        batch_stream = gene_stream + 4;

using Rows = CompressedRows<float>;

/// What is simulated as the program holds it, with expression of another type.
template <class Expression>
Tissue tissue_of(const Sample<Expression>& from, Rows expression) {
    return {.expression = StoredRows<float>(std::move(expression)),
            .genes = from.genes,
            .symbols = from.symbols,
            .barcodes = from.barcodes,
            .labels = from.labels,
            .sections = from.sections,
            .coordinates = from.coordinates,
            .values = from.values,
            .name = from.name};
}

Tissue compressed(const Sample<RowMatrix<float>>& from) {
    const auto& x = from.expression;
    Rows rows{.genes = x.cols()};
    rows.values.assign(x.data(), x.data() + x.size());
    for (Index i = 0; i < x.rows(); ++i) {
        for (std::int32_t j = 0; j < x.cols(); ++j) rows.columns.push_back(j);
        rows.starts.push_back((i + 1) * x.cols());
    }
    return tissue_of(from, std::move(rows));
}

/// Source and target of one simulation, real-valued.
Problem simulated(const TissueSimulation::Options& options, std::uint64_t seed) {
    auto tissue = TissueSimulation{options}.log_expression<float>({.seed = seed});
    Problem out{{compressed(tissue.source)}, compressed(tissue.target)};
    out.options.clusters = {options.classes};
    out.options.factors = options.factors;
    out.truth = std::move(tissue.truth);
    return out;
}

/// The same in counts.
Problem simulated_counts(std::uint64_t seed) {
    const TissueSimulation simulation;
    const auto tissue = simulation.counts({.seed = seed});
    Problem out{{tissue_of(tissue.source, tissue.source.expression)},
                tissue_of(tissue.target, tissue.target.expression)};
    out.options.clusters = {simulation.options.classes};
    out.options.factors = simulation.options.factors;
    return out;
}

Tissue some_rows(const Tissue& from, const std::vector<Index>& rows) {
    Tissue out;
    out.genes = from.genes;
    out.symbols = from.symbols;
    out.values = from.values;
    out.name = from.name;
    out.coordinates.resize(from.coordinates.rows() > 0 ? std::ssize(rows) : 0, 2);
    const Rows& x = from.expression.in_memory();
    Rows kept{.genes = x.genes};
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto row = static_cast<std::size_t>(rows[i]);
        out.labels.push_back(from.labels[row]);
        if (!from.barcodes.empty()) out.barcodes.push_back(from.barcodes[row]);
        if (!from.sections.empty()) out.sections.push_back(from.sections[row]);
        if (out.coordinates.rows() > 0)
            out.coordinates.row(static_cast<Index>(i)) = from.coordinates.row(rows[i]);
        const auto begin = x.starts[row], end = x.starts[row + 1];
        kept.columns.insert(kept.columns.end(), x.columns.begin() + begin, x.columns.begin() + end);
        kept.values.insert(kept.values.end(), x.values.begin() + begin, x.values.begin() + end);
        kept.starts.push_back(std::ssize(kept.values));
    }
    out.expression = StoredRows<float>(std::move(kept));
    return out;
}

/// Each count kept with its gene's chance; of 2.3, kept twice and once more with chance 0.3.
Tissue thinned(const Tissue& from, const std::vector<double>& share, RandomStream random) {
    const Rows& x = from.expression.in_memory();
    Rows to{.genes = x.genes};
    for (std::size_t i = 0; i + 1 < x.starts.size(); ++i) {
        for (auto e = static_cast<std::size_t>(x.starts[i]);
             e < static_cast<std::size_t>(x.starts[i + 1]); ++e) {
            const double whole = std::floor(share[static_cast<std::size_t>(x.columns[e])]);
            const auto count = static_cast<Index>(x.values[e]);
            const Index kept =
                static_cast<Index>(whole) * count +
                random.binomial(count, share[static_cast<std::size_t>(x.columns[e])] - whole);
            if (kept == 0) continue;
            to.columns.push_back(x.columns[e]);
            to.values.push_back(static_cast<float>(kept));
        }
        to.starts.push_back(std::ssize(to.values));
    }
    return tissue_of(from, std::move(to));
}

/// A share of the genes take one another's names: what the source says of them is wrong.
void shuffle_genes(Tissue& tissue, double share, RandomStream random) {
    const auto order = random.permutation(std::ssize(tissue.genes));
    const auto count =
        static_cast<std::size_t>(std::llround(share * static_cast<double>(order.size())));
    const auto names = tissue.genes;
    for (std::size_t i = 0; i < count; ++i)
        tissue.genes[static_cast<std::size_t>(order[i])] =
            names[static_cast<std::size_t>(order[(i + 1) % count])];
}

/// A share of the labels become another one, each as likely.
void flip_labels(Tissue& tissue, double share, RandomStream random) {
    const auto coding = code_labels(tissue.labels);
    const auto order = random.permutation(std::ssize(tissue.labels));
    const auto count =
        static_cast<std::size_t>(std::llround(share * static_cast<double>(order.size())));
    for (std::size_t i = 0; i < count; ++i) {
        const auto cell = static_cast<std::size_t>(order[i]);
        const Index other =
            (coding.codes[cell] + 1 + random.below(coding.classes() - 1)) % coding.classes();
        tissue.labels[cell] = coding.names[static_cast<std::size_t>(other)];
    }
}

/// The labelled spots with that coordinate below the median, or the others.
Tissue half_of(const Tissue& tissue, const std::vector<std::string>& ignored, Index coordinate,
               bool low) {
    const auto codes = code_labels(tissue.labels, ignored).codes;
    std::vector<double> at;
    for (std::size_t i = 0; i < codes.size(); ++i)
        if (codes[i] != left_out)
            at.push_back(tissue.coordinates(static_cast<Index>(i), coordinate));
    const auto middle = at.begin() + std::ssize(at) / 2;
    std::nth_element(at.begin(), middle, at.end());
    std::vector<Index> rows;
    for (std::size_t i = 0; i < codes.size(); ++i) {
        const auto row = static_cast<Index>(i);
        if (codes[i] != left_out && (tissue.coordinates(row, coordinate) < *middle) == low)
            rows.push_back(row);
    }
    return some_rows(tissue, rows);
}

/// Without the cells of a class.
Tissue without_class(const Tissue& tissue, const std::string& name) {
    std::vector<Index> rows;
    for (std::size_t i = 0; i < tissue.labels.size(); ++i)
        if (tissue.labels[i] != name) rows.push_back(static_cast<Index>(i));
    return some_rows(tissue, rows);
}

/// A source that has nothing in common with the target: another loading, other genes, other names.
Tissue unrelated(TissueSimulation::Options options, std::uint64_t seed) {
    options.loading_seed = 77;
    Tissue out = std::move(simulated(options, seed + 1000).sources.front());
    shuffle_genes(out, 1, RandomStream(seed, gene_stream));
    for (auto& label : out.labels) label = "other " + label;
    return out;
}

// Real data ------------------------------------------------------------------------------------

struct RealTarget {
    const char *kind, *folder, *target;
    std::vector<const char*> sources;
    Index clusters;
    double stretch_y = 1;
};

const std::vector<RealTarget>& real_targets() {
    static const std::vector<RealTarget> all{
        {"DLPFC", "dlpfc", "151674", {"151673"}, 7, std::numbers::sqrt3},
        {"DLPFC", "dlpfc", "151673", {"151674"}, 7, std::numbers::sqrt3},
        {"HER2", "her2", "A1", {"B1", "C1", "D1"}, 5},
        {"HER2", "her2", "B1", {"A1", "C1", "D1"}, 4},
        {"HER2", "her2", "C1", {"A1", "B1", "D1"}, 3},
        {"HER2", "her2", "D1", {"A1", "B1", "C1"}, 3},
        {"STARmap", "starmap_mpfc", "BZ9", {"BZ5"}, 4},
        {"STARmap", "starmap_mpfc", "BZ5", {"BZ9"}, 4}};
    return all;
}

const RealTarget& real_target(std::string_view name) {
    const auto& all = real_targets();
    return *std::find_if(all.begin(), all.end(),
                         [&](const RealTarget& r) { return r.target == name; });
}

/// Read once, copied for each trial.
std::shared_ptr<const Problem> real_problem(const RealTarget& real, const fs::path& data) {
    const ReadOptions reading{.stretch_y = real.stretch_y};
    Problem out{{}, read_folder_file(data / real.folder / real.target, reading).sample};
    for (const char* source : real.sources)
        out.sources.push_back(read_folder_file(data / real.folder / source, reading).sample);
    out.options.clusters = {real.clusters};
    out.options.ignore = {"undetermined"};
    return std::make_shared<const Problem>(std::move(out));
}

// Plans ----------------------------------------------------------------------------------------

int seeds_of(const StudyOptions& options) {
    return options.seeds > 0 ? options.seeds : options.quick ? 1 : 5;
}

/// All of the values, or in the quick form the first and the last.
template <class Value>
std::vector<Value> fewer(const StudyOptions& options, const std::vector<Value>& values) {
    if (!options.quick) return values;
    return {values.front(), values.back()};
}

StudyPlan simulation(const StudyOptions& options) {
    StudyPlan plan{"Simulated tissue: with and without transfer", "field", "noise", true};
    for (const double beta : fewer<double>(options, {0.5, 1, 1.5}))
        for (const double noise : fewer<double>(options, {2, 5, 10}))
            plan.add(text("Potts β ", beta), text(noise), seeds_of(options),
                     {trust, paper, published, alone, oracle(beta)}, [=](std::uint64_t seed) {
                         return simulated({.beta = beta, .noise = noise}, seed);
                     });
    return plan;
}

StudyPlan relevance(const StudyOptions& options) {
    StudyPlan plan{"Relevance of the source", "target", "source"};
    const int seeds = seeds_of(options);
    const std::vector<Method> methods{trust, paper};
    for (const double noise : fewer<double>(options, {2, 5, 10})) {
        const auto add = [&](const char* source, auto change) {
            plan.add(text("simulated, noise ", noise), source, seeds, methods,
                     [=](std::uint64_t seed) {
                         Problem out = simulated({.noise = noise}, seed);
                         change(out, seed);
                         return out;
                     });
        };
        add("matched", [](Problem&, std::uint64_t) {});
        add("irrelevant", [noise](Problem& p, std::uint64_t seed) {
            p.sources = {unrelated({.noise = noise}, seed)};
        });
        add("none", [](Problem& p, std::uint64_t) { p.sources.clear(); });
    }
    if (options.data.empty()) return plan;
    const fs::path data = options.data;
    const Tissue blood = read_folder_file(data / "scrna_blood").sample;
    const Tissue breast = read_folder_file(data / "scrna_breast").sample;
    std::string_view last;
    for (const auto& real : real_targets()) {
        if (real.kind == std::string_view("STARmap")) continue;  // of mice
        if (options.quick && real.kind == last) continue;        // the first of each kind
        last = real.kind;
        const auto matched = real_problem(real, data);
        const auto add = [&](const char* source, std::vector<Tissue> sources) {
            auto problem = std::make_shared<Problem>(*matched);
            problem->sources = std::move(sources);
            plan.add(text(real.kind, " ", real.target), source, seeds, methods,
                     [problem](std::uint64_t) { return *problem; });
        };
        add("matched", matched->sources);
        if (real.kind == std::string_view("HER2")) add("breast cells", {breast});
        add("irrelevant", {blood});
        add("none", {});
    }
    return plan;
}

StudyPlan sensitivity(const StudyOptions& options) {
    StudyPlan plan{"The paper's steps: λ and β", "target", "λ", true};
    std::vector<Method> methods;
    for (const char* beta : {"0", "0.5", "1"})
        methods.push_back({text("β ", beta), [beta](ClusterOptions& o) {
                               o.method = "paper";
                               o.beta = beta;
                           }});
    const auto add = [&](const std::string& panel, const auto& make) {
        for (const char* lambda : {"0.01", "0.1", "1", "10"})
            plan.add(panel, lambda, seeds_of(options), methods, [=](std::uint64_t seed) {
                Problem out = make(seed);
                out.options.lambda = lambda;
                return out;
            });
    };
    for (const double noise : fewer<double>(options, {5, 10}))
        add(text("simulated, noise ", noise),
            [noise](std::uint64_t seed) { return simulated({.noise = noise}, seed); });
    if (options.data.empty()) return plan;
    const auto real = real_problem(real_target("151674"), options.data);
    add("DLPFC 151674", [real](std::uint64_t) { return *real; });
    return plan;
}

StudyPlan negative_transfer(const StudyOptions& options) {
    StudyPlan plan{"Negative transfer: genes of the source mixed up", "target", "share of genes",
                   true};
    for (const double noise : fewer<double>(options, {5, 10}))
        for (const double share : fewer<double>(options, {0, 0.25, 0.5, 0.75, 1}))
            plan.add(text("simulated, noise ", noise), text(share), seeds_of(options),
                     {trust, paper, alone}, [=](std::uint64_t seed) {
                         Problem out = simulated({.noise = noise}, seed);
                         shuffle_genes(out.sources[0], share, RandomStream(seed, gene_stream));
                         return out;
                     });
    return plan;
}

StudyPlan source_quality(const StudyOptions& options) {
    StudyPlan plan{"Quality of the source: sequencing depth and cells", "what is reduced", "share",
                   true, true};
    const std::vector<Method> methods{trust, paper, alone};
    const auto shares = fewer<double>(options, {1, 0.3, 0.1, 0.03, 0.01});
    for (const double share : shares)
        plan.add("counts per cell", text(share), seeds_of(options), methods,
                 [=](std::uint64_t seed) {
                     Problem out = simulated_counts(seed);
                     auto& source = out.sources[0];
                     source = thinned(source, std::vector<double>(source.genes.size(), share),
                                      RandomStream(seed, count_stream));
                     return out;
                 });
    for (const double share : fewer<double>(options, {1, 0.3, 0.1, 0.03}))
        plan.add("cells", text(share), seeds_of(options), methods, [=](std::uint64_t seed) {
            Problem out = simulated_counts(seed);
            auto& source = out.sources[0];
            auto rows = RandomStream(seed, cell_stream).permutation(source.rows());
            rows.resize(
                static_cast<std::size_t>(std::llround(share * static_cast<double>(rows.size()))));
            std::sort(rows.begin(), rows.end());
            source = some_rows(source, rows);
            return out;
        });
    return plan;
}

/// The source's cells, dealt out to three sources; `batch` is the standard deviation of a log
/// factor on each gene's counts, drawn anew for each.
std::vector<Tissue> three_sources(const Tissue& source, double batch, std::uint64_t seed) {
    constexpr std::size_t parts = 3;
    const auto order = RandomStream(seed, cell_stream).permutation(source.rows());
    std::vector<Tissue> out;
    for (std::size_t part = 0; part < parts; ++part) {
        std::vector<Index> rows;
        for (std::size_t i = part; i < order.size(); i += parts) rows.push_back(order[i]);
        std::sort(rows.begin(), rows.end());
        RandomStream random(seed, batch_stream + part);
        std::vector<double> factor(source.genes.size());
        for (double& f : factor) f = std::exp(batch * random.normal());
        out.push_back(
            thinned(some_rows(source, rows), factor, RandomStream(seed, batch_stream + 8 + part)));
        out.back().name = text("source ", part + 1);
    }
    return out;
}

StudyPlan several_sources(const StudyOptions& options) {
    StudyPlan plan{"Several sources, together and each alone", "batch effects", "sources"};
    const std::vector<double> batches =
        options.quick ? std::vector<double>{1} : std::vector<double>{0, 0.5, 1};
    for (const double batch : batches)
        for (const char* which : {"1", "2", "3", "together"})
            plan.add(text("sd of log factors ", batch), which, seeds_of(options),
                     {trust, paper, alone}, [=](std::uint64_t seed) {
                         Problem out = simulated_counts(seed);
                         out.sources = three_sources(out.sources[0], batch, seed);
                         if (const int one = which[0] - '1'; one < 3)
                             out.sources = {out.sources[static_cast<std::size_t>(one)]};
                         return out;
                     });
    return plan;
}

StudyPlan label_noise(const StudyOptions& options) {
    StudyPlan plan{"Wrong labels in the source", "target", "share of labels", true};
    for (const double noise : fewer<double>(options, {5, 10}))
        for (const double share : fewer<double>(options, {0, 0.1, 0.2, 0.3, 0.4, 0.5}))
            plan.add(text("simulated, noise ", noise), text(share), seeds_of(options),
                     {trust, paper, alone}, [=](std::uint64_t seed) {
                         Problem out = simulated({.noise = noise}, seed);
                         flip_labels(out.sources[0], share, RandomStream(seed, label_stream));
                         return out;
                     });
    return plan;
}

StudyPlan missing_classes(const StudyOptions& options) {
    StudyPlan plan{"Classes that the source lacks", "target", "lacking"};
    const auto add = [&](const std::string& panel, const std::vector<std::string>& classes,
                         const auto& make) {
        std::vector<std::string> each{"none"};
        each.insert(each.end(), classes.begin(), classes.end());
        for (const std::string& name : fewer(options, each))
            plan.add(panel, name, seeds_of(options), {trust, paper, alone},
                     [=](std::uint64_t seed) {
                         Problem out = make(seed);
                         out.sources[0] = without_class(out.sources[0], name);
                         return out;
                     });
    };
    const std::vector<std::string> simulated_classes{"class 1", "class 2", "class 3", "class 4"};
    add("simulated, noise 5", simulated_classes,
        [](std::uint64_t seed) { return simulated({.noise = 5}, seed); });
    add("simulated counts", simulated_classes, simulated_counts);
    if (options.data.empty()) return plan;
    std::string_view last;
    for (const auto& real : real_targets()) {
        if (real.sources.size() > 1) continue;
        if (options.quick && real.kind == last) continue;  // the first of each kind
        last = real.kind;
        const auto problem = real_problem(real, options.data);
        add(text(real.kind, " ", real.target), code_labels(problem->sources[0].labels).names,
            [problem](std::uint64_t) { return *problem; });
    }
    return plan;
}

StudyPlan real_tissue(const StudyOptions& options) {
    require(!options.data.empty(),
            "study real-tissue needs --data: a folder with dlpfc/151673 and 151674, her2/A1 to D1, "
            "and starmap_mpfc/BZ5 and BZ9, each in the layout of 'transst cluster'");
    StudyPlan plan{"Real tissue, each from the other sections of its kind", "tissue", "target"};
    std::string_view last;
    for (const auto& real : real_targets()) {
        if (options.quick && real.kind == last) continue;  // the first of each kind
        last = real.kind;
        const auto problem = real_problem(real, options.data);
        plan.add(real.kind, real.target, seeds_of(options), {trust, paper, published, alone},
                 [problem](std::uint64_t) { return *problem; });
    }
    return plan;
}

StudyPlan halves(const StudyOptions& options) {
    require(!options.data.empty(),
            "study halves needs --data: a folder with osmfish, in the layout of 'transst cluster'");
    StudyPlan plan{"One section, each half from the other", "halves", "target"};
    const std::vector<std::string> ignored{"Excluded"};
    const Tissue whole = read_folder_file(fs::path(options.data) / "osmfish").sample;
    for (const Index coordinate : {0, 1}) {
        if (options.quick && coordinate > 0) break;  // one pair
        const char* axis = coordinate == 0 ? "x" : "y";
        for (const bool low : {true, false}) {
            auto problem = std::make_shared<Problem>();
            problem->sources = {half_of(whole, ignored, coordinate, !low)};
            problem->target = half_of(whole, ignored, coordinate, low);
            problem->options.clusters = {code_labels(problem->target.labels).classes()};
            problem->options.allow_duplicates = true;  // some cells were taken apart
            plan.add(text("osmFISH, by ", axis), text(low ? "low " : "high ", axis),
                     seeds_of(options), {trust, paper, published, alone},
                     [problem](std::uint64_t) { return *problem; });
        }
    }
    return plan;
}

}  // namespace

const std::vector<Study>& all_studies() {
    static const std::vector<Study> all{
        {"simulation", "smoothness and noise varied; transfer against none", simulation},
        {"relevance", "matched source, irrelevant source, none", relevance},
        {"sensitivity", "the paper's steps at several λ and β", sensitivity},
        {"negative-transfer", "a source whose genes are more and more mixed up", negative_transfer},
        {"source-quality", "depth and number of the source's cells", source_quality},
        {"several-sources", "sources with batch effects, together and alone", several_sources},
        {"label-noise", "a share of the source's labels wrong", label_noise},
        {"missing-classes", "a class of the source left out", missing_classes},
        {"real-tissue", "DLPFC, HER2 and STARmap, from --data", real_tissue},
        {"halves", "osmFISH, from --data: each half from the other", halves}};
    return all;
}

}  // namespace transst_program
