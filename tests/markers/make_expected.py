#!/usr/bin/env python3
"""Writes expression.tsv, labels.tsv and expected.tsv: what Markers must find, by scipy.

Run with scipy 1.10 (Debian 12): python3 tests/markers/make_expected.py
"""
import pathlib

import numpy as np
from scipy import stats

here = pathlib.Path(__file__).parent
random = np.random.RandomState(20240501)
n = 97
labels = random.choice(4, size=n, p=[0.45, 0.3, 0.2, 0.05])
labels[:4] = range(4)
left_out = random.uniform(size=n) < 0.08
left_out[:8] = False
labels = np.where(left_out, -1, labels)


def counts(mean):
    return np.log1p(random.poisson(mean, n))


sized = random.gamma(3, 1, n)  # library sizes: few ties but zeros
genes = {
    "sparse_ties": counts(0.3),
    "marker_ties": counts(np.where(labels == 1, 4.0, 0.4)),
    "few_ties": np.log1p(random.poisson(1.0, n) / sized),
    "marker": np.log1p(random.poisson(np.where(labels == 2, 6.0, 0.5)) / sized),
    "dense": random.normal(size=n),
    "shifted": random.normal(size=n) - 0.8 * (labels == 0),
    "signed_ties": np.round(random.normal(size=n), 1),
    "signed_zeros": np.where(random.uniform(size=n) < 0.6, 0, random.normal(size=n)),
    "negative": -random.gamma(1, 1, n),
    "negative_zeros": -counts(0.5),
    "all_zero": np.zeros(n),
    "constant": np.full(n, 1.25),
    "constant_negative": np.full(n, -2.5),
    "one_spot": np.where(np.arange(n) == 1, 3.0, 0),
    "two_values": np.where(labels == 3, 2.0, 1.0),
    "tiny": np.where(random.uniform(size=n) < 0.5, 1e-12, 0) * random.uniform(size=n),
}
x = np.column_stack(list(genes.values())).astype(np.float64)


def compare(first, second, continuity):
    """A dictionary of columns for the rows `first` of x against its rows `second`."""
    out = {k: [] for k in ("log_fold_change", "fraction_in", "fraction_out", "auc", "z", "p")}
    for a, b in zip(x[first].T, x[second].T):
        test = stats.mannwhitneyu(a, b, use_continuity=continuity, alternative="two-sided",
                                  method="asymptotic")
        both = np.concatenate([a, b])
        n1, n2 = len(a), len(b)
        correction = stats.tiecorrect(stats.rankdata(both))
        if correction == 0:  # scipy divides 0 by 0
            z, p = 0.0, 1.0
        else:
            away = test.statistic - n1 * n2 / 2
            deviation = np.sqrt(correction * n1 * n2 * (n1 + n2 + 1) / 12)
            z = np.sign(away) * max(0.0, abs(away) - 0.5 * continuity) / deviation
            p = test.pvalue
        out["log_fold_change"].append(np.log2(np.mean(np.expm1(a)) + 1)
                                      - np.log2(np.mean(np.expm1(b)) + 1))
        out["fraction_in"].append(np.mean(a > 0))
        out["fraction_out"].append(np.mean(b > 0))
        out["auc"].append(test.statistic / (n1 * n2))
        out["z"].append(z)
        out["p"].append(p)
    p = np.array(out["p"])
    out["q"] = [min(1.0, min(v * len(p) / np.sum(p <= v) for v in p[p >= own])) for own in p]
    return out


def digits(value):
    return repr(float(value))


with open(here / "expression.tsv", "w") as file:
    file.write("\t".join(genes) + "\n")
    for row in x:
        file.write("\t".join(map(digits, row)) + "\n")
np.savetxt(here / "labels.tsv", labels, fmt="%d", header="label", comments="")
with open(here / "expected.tsv", "w") as file:
    columns = ("log_fold_change", "fraction_in", "fraction_out", "auc", "z", "p", "q")
    file.write("\t".join(("continuity", "in", "out", "gene") + columns) + "\n")
    for continuity in (True, False):
        for a in range(4):
            for b in [-1, *range(4)]:  # -1: the rest
                if a == b:
                    continue
                rest = (labels >= 0) & (labels != a) if b < 0 else labels == b
                table = compare(labels == a, rest, continuity)
                for g in range(x.shape[1]):
                    file.write("\t".join([str(int(continuity)), str(a), str(b), str(g)]
                                         + [digits(table[c][g]) for c in columns]) + "\n")
