#!/usr/bin/env python3
"""Makes genes/: python3 make_genes.py (numpy and scipy), then Rscript make_vst.R (base R).

Written from the papers' definitions with dense n x n matrices: SPARK-X's p-values by numerical
integration of the mixture of chi-squares that the eigenvalues of each kernel give, Moran's I from
its weight matrix. Tables are tab separated, no header; one line per gene.
"""
import os

import numpy as np
from scipy.integrate import quad
from scipy.special import erfc
from scipy.stats import norm

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "genes")
rng = np.random.default_rng(7)

SPOTS, GENES = 90, 160


def save(name, table, form="%.15g"):
    np.savetxt(os.path.join(HERE, name + ".tsv"), table, fmt=form, delimiter="\t")


# Counts of a jittered grid; the first genes have patterns, one is never seen, one spot is empty. --

places = np.round(np.array([(i % 10, i // 10) for i in range(SPOTS)]) * [1.0, 1.3]
                  + rng.uniform(-0.2, 0.2, (SPOTS, 2)), 3)
mean = np.exp(rng.normal(-1.0, 1.6, GENES))
depth = rng.gamma(8, 1 / 8, SPOTS)
rate = np.outer(depth, mean) * rng.gamma(4, 1 / 4, (SPOTS, GENES))
patterns = [places[:, 0] > 5, np.hypot(*(places - places.mean(0)).T) < 2.5, places[:, 1] % 5 < 2.5]
for gene, inside in enumerate(patterns):
    rate[:, gene] = np.where(inside, 14.0, 2.0) * depth
counts = rng.poisson(rate)
counts[:, 20] = 0
counts[:, 21] = 0
counts[17, 21] = 1
counts[33, :] = 0
save("counts", counts, "%d")
save("places", places)


# SPARK-X ------------------------------------------------------------------------------------------

def tail(value, weights):
    """P(a Z1^2 + b Z2^2 > value), integrated over Z1 = sqrt(value / a) sin(t)."""
    a, b = weights
    edge = np.sqrt(value / a)
    inside = quad(lambda t: norm.pdf(edge * np.sin(t)) * erfc(np.sqrt(value / (2 * b)) * np.cos(t))
                  * edge * np.cos(t), 0, np.pi / 2, epsabs=0, epsrel=1e-12, limit=500)[0]
    return 2 * inside + 2 * norm.sf(edge)


def kernels(xy):
    yield xy
    for shape in (lambda x, s: np.exp(-x ** 2 / (2 * s ** 2)), lambda x, s: np.cos(2 * np.pi * x / s)):
        for q in (0.2, 0.4, 0.6, 0.8, 1.0):
            columns = []
            for x in (xy - xy.mean(0)).T:
                columns.append(shape(x, np.quantile(np.abs(x), q)))
            yield np.column_stack(columns)


seen = counts.sum(1) > 0
y, n = counts[seen].astype(float), seen.sum()
centring = np.eye(n) - 1 / n
p, statistic = [], []
for x in kernels(places[seen]):
    k = centring @ x @ np.linalg.inv(x.T @ centring @ x) @ x.T @ centring
    eigenvalues = np.linalg.eigvalsh(k)
    eigenvalues = eigenvalues[eigenvalues > 1e-8]
    p.append([]), statistic.append([])
    for gene in range(GENES):
        own = y[:, gene]
        if own.sum() == 0:
            p[-1].append(1.0), statistic[-1].append(0.0)
            continue
        share = 1 - n * own.mean() ** 2 / (own @ own)
        value = n * (own @ k @ own) / (own @ own)
        p[-1].append(tail(value, share * eigenvalues))
        statistic[-1].append(value / share)
p, statistic = np.array(p).T, np.array(statistic).T
combined = 0.5 - np.arctan(np.mean(np.tan((0.5 - p) * np.pi), 1)) / np.pi
combined[20] = 1
save("sparkx_p", p)
save("sparkx_statistic", statistic)
save("sparkx_combined", combined)


# Moran's I of the counts, over the 6 nearest in either direction ----------------------------------

distance = np.linalg.norm(places[:, None] - places[None], axis=2)
np.fill_diagonal(distance, np.inf)
edges = np.zeros((SPOTS, SPOTS))
for i in range(SPOTS):
    edges[i, np.argsort(distance[i])[:6]] = 1
edges = np.maximum(edges, edges.T)
table = []
for weights in (edges / edges.sum(1, keepdims=True), edges):
    z = counts - counts.mean(0)
    squares = (z ** 2).sum(0)
    squares[squares == 0] = 1
    table.append(SPOTS / weights.sum() * np.einsum("ig,ij,jg->g", z, weights, z) / squares)
save("morans_i", np.array(table).T)
