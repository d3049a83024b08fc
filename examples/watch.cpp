// Watching a fit, and stopping it: progress is called after every iteration; after a request to
// stop, fit returns the best state so far and says so.
#include <transst/matrix/standardized.hpp>
#include <transst/reduce/truncated_svd.hpp>
#include <transst/simulate/tissue.hpp>

#include <iostream>

int main() {
    const auto tissue =
        transst::TissueSimulation{{.height = 20, .width = 20, .genes = 100}}.log_expression();
    std::stop_source stop;

    transst::RunOptions run;
    run.stop = stop.get_token();
    run.progress = [&](const transst::Progress& progress) {
        std::cout << progress.stage << ": iteration " << progress.iteration << " of at most "
                  << progress.limit << ", objective " << progress.objective << '\n';
        if (progress.iteration == 3) stop.request_stop();  // from any thread: a button, a signal
    };

    const transst::TruncatedSVD svd{{.factors = 3, .tolerance = 0}};
    const auto fit = svd.fit(transst::standardize(tissue.source.expression), run);
    std::cout << (fit.stopped ? "stopped after " : "ended after ") << fit.iterations
              << " iterations\n";
    return fit.stopped && fit.iterations == 3 ? 0 : 1;
}
