// Everything but files (io/) and pictures (report/). A test says so when a header is missing here.
//
// Functions that need not be templates are `template <class = void>` where they use much of Eigen:
// so only those who call them compile them (benchmarks/include_cost.sh).
#pragma once

#include <transst/cluster/criteria.hpp>
#include <transst/core/labels.hpp>
#include <transst/core/random.hpp>
#include <transst/find_regions.hpp>
#include <transst/graph/coloring.hpp>
#include <transst/graph/knn_graph.hpp>
#include <transst/graph/lattice_graph.hpp>
#include <transst/graph/neighborhood_means.hpp>
#include <transst/graph/radius_graph.hpp>
#include <transst/markers/markers.hpp>
#include <transst/matrix/subset.hpp>
#include <transst/metrics/adjusted_rand_index.hpp>
#include <transst/metrics/chaos.hpp>
#include <transst/metrics/confusion.hpp>
#include <transst/metrics/gearys_c.hpp>
#include <transst/metrics/normalized_mutual_information.hpp>
#include <transst/metrics/pas.hpp>
#include <transst/metrics/silhouette.hpp>
#include <transst/pipeline.hpp>
#include <transst/preprocess/join_sections.hpp>
#include <transst/simulate/tissue.hpp>
#include <transst/version.hpp>
