#!/usr/bin/env python3
"""Makes own/, the project's small golden set: python3 make_own.py (needs numpy only).

Written from METHOD's equations, one cell and one class at a time and with dense p x p covariances,
so that it shares no shortcut with the library. Files have the names and the layout of the shared
golden set: tab separated, no header, %.17g; K square matrices are written one below the other;
labels and indices count from 1.
"""
import os

import numpy as np

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "own")
rng = np.random.default_rng(2024)

N, P, Q, K = 120, 40, 3, 3      # source cells, genes, factors, classes
HEIGHT, WIDTH, NEAR = 10, 8, 5  # the target's grid, neighbours of a spot
PENALTIES = ["0", "0.1", "0.2", "10", "1000"]
CLUSTERS = [2, 3, 4, 5]


def save(name, table, form="%.17g"):
    table = np.asarray(table)
    if table.ndim == 3:
        table = table.reshape(-1, table.shape[2])
    np.savetxt(os.path.join(HERE, name + ".tsv"), table, fmt=form, delimiter="\t")


def save_model(prefix, model):
    for name, table in zip(("W", "Lambda", "mu", "Sigma"), model):
        save(prefix + name, table)


# Data: x = W z + e, rounded so that the files stay small. ----------------------------------------

def draw_cells(classes, loading, noise, means, roots):
    cells = []
    for c in classes:
        z = means[c] + roots[c] @ rng.standard_normal(Q)
        cells.append(loading @ z + np.sqrt(noise) * rng.standard_normal(P))
    return np.round(np.array(cells), 3)


true_loading = rng.standard_normal((P, Q))
true_means = 2.5 * rng.standard_normal((K, Q))
true_roots = [np.eye(Q) + 0.3 * rng.standard_normal((Q, Q)) for _ in range(K)]
classes = np.concatenate([np.arange(K), rng.choice(K, N - K, p=[0.5, 0.3, 0.2])])
source = draw_cells(classes, true_loading, rng.uniform(0.3, 2, P), true_means, true_roots)

places = np.array([(i, j) for i in range(HEIGHT) for j in range(WIDTH)])
domains = np.array([0 if i < 4 else (1 if j < 4 else 2) for i, j in places])
target = draw_cells(domains, true_loading + 0.15 * rng.standard_normal((P, Q)),
                    rng.uniform(1, 4, P), true_means, true_roots)
save("source_X", source, "%.3f")
save("source_labels", classes + 1, "%d")
save("target_X", target, "%.3f")
save("target_truth", domains + 1, "%d")


# The supervised factor model. ---------------------------------------------------------------------

def posterior(x, model, c):
    """Mean and covariance of z given x and its class."""
    W, noise, mu, Sigma = model
    prior = np.linalg.inv(Sigma[c])
    cov = np.linalg.inv(W.T @ np.diag(1 / noise) @ W + prior)
    return cov @ (W.T @ (x / noise) + prior @ mu[c]), cov


def em_step(model):
    found = [posterior(x, model, c) for x, c in zip(source, classes)]
    mu = np.array([np.mean([m for (m, _), c in zip(found, classes) if c == k], axis=0)
                   for k in range(K)])
    Sigma = np.array([np.mean([np.outer(m - mu[k], m - mu[k]) + v
                               for (m, v), c in zip(found, classes) if c == k], axis=0)
                      for k in range(K)])
    second = sum(np.outer(m, m) + v for m, v in found)
    cross = sum(np.outer(x, m) for x, (m, _) in zip(source, found))
    W = np.linalg.solve(second, cross.T).T
    noise = np.mean([(x - W @ m) ** 2 + np.diag(W @ v @ W.T)
                     for x, (m, v) in zip(source, found)], axis=0)
    return W, noise, mu, Sigma


def log_normal(x, mean, cov):
    r = x - mean
    return -0.5 * (len(r) * np.log(2 * np.pi) + np.linalg.slogdet(cov)[1]
                   + r @ np.linalg.solve(cov, r))


def factor_log_likelihood(model):
    W, noise, mu, Sigma = model
    return sum(log_normal(x, W @ mu[c], W @ Sigma[c] @ W.T + np.diag(noise))
               for x, c in zip(source, classes))


W = np.linalg.svd(source, full_matrices=False)[2][:Q].T
scores = source @ W
model = (W, rng.uniform(0.5, 2, P),
         np.array([scores[classes == k].mean(axis=0) for k in range(K)]),
         np.array([np.cov(scores[classes == k].T) for k in range(K)]))
save_model("pldr_init_", model)
trace = [(0, factor_log_likelihood(model))]
for step in range(1, 51):
    model = em_step(model)
    trace.append((step, factor_log_likelihood(model)))
    if step in (1, 5, 50):
        save_model(f"pldr_iter{step}_", model)
save("pldr_trace", trace)


# The alternating least squares. -------------------------------------------------------------------

def adapt(X, start, penalty, most=49):
    W, before, losses = start, 1e9, []
    while len(losses) < most:
        V = np.linalg.lstsq(W, X.T, rcond=None)[0].T
        # the penalty as further rows of a least squares problem
        rows = np.vstack([V, np.sqrt(penalty) * np.eye(Q)])
        aim = np.vstack([X, np.sqrt(penalty) * start.T])
        W = np.linalg.lstsq(rows, aim, rcond=None)[0].T
        losses.append(np.linalg.norm(X - V @ W.T) ** 2)
        if abs(losses[-1] - before) / before < 1e-3:
            break
        before = losses[-1]
    return W, V, losses


start = model[0]
rows = []
for name in PENALTIES:
    penalty = float(name)
    W, V, losses = adapt(target, start, penalty)
    save(f"adaptw_lam{name}_W", W)
    save(f"adaptw_lam{name}_v", V)
    rows += [(penalty, i + 1, loss) for i, loss in enumerate(losses)]
    W, V, _ = adapt(target, start, penalty, most=1)
    save(f"adaptw_lam{name}_W_iter1", W)
    save(f"adaptw_lam{name}_v_iter1", V)
save("adaptw_loss_trace", rows)


def split_error(order, penalty):
    one, two = np.array_split(target[order], 2)
    (W1, V1, _), (W2, V2, _) = adapt(one, start, penalty), adapt(two, start, penalty)
    return np.linalg.norm(one - V1 @ W2.T) ** 2 + np.linalg.norm(two - V2 @ W1.T) ** 2


penalties = [0, 0.01, 0.05, 0.1, 0.2]
orders = [rng.permutation(len(target)) for _ in penalties]
save("lambda_perm", np.array(orders) + 1, "%d")
save("lambda_error", [(p, split_error(o, p)) for p, o in zip(penalties, orders)])
save("lambda_error_samesplit", [(p, split_error(orders[0], p)) for p in penalties + [10, 1000]])


# The spatial mixture, as published. ---------------------------------------------------------------

def nearest(i):
    squared = ((places - places[i]) ** 2).sum(axis=1)
    return [j for j in sorted(range(len(places)), key=lambda j: (squared[j], j)) if j != i][:NEAR]


neighbors = [nearest(i) for i in range(len(places))]
save("graph_knn_ids", np.array(neighbors) + 1, "%d")
v = adapt(target, start, 0.1)[1]


def shared_covariance_start(clusters):
    """A mixture with one covariance by plain EM, from cuts along the first principal axis."""
    axis = np.linalg.svd(v - v.mean(axis=0))[2][0]
    rank = np.argsort(np.argsort(v @ axis))
    R = np.eye(clusters)[rank * clusters // len(v)]
    for _ in range(30):
        share, mu = R.mean(axis=0), (R.T @ v) / R.sum(axis=0)[:, None]
        cov = sum(R[i, k] * np.outer(v[i] - mu[k], v[i] - mu[k])
                  for i in range(len(v)) for k in range(clusters)) / len(v)
        joint = np.array([[np.log(share[k]) + log_normal(x, mu[k], cov)
                           for k in range(clusters)] for x in v])
        R = np.exp(joint - joint.max(axis=1, keepdims=True))
        R /= R.sum(axis=1, keepdims=True)
    return R.argmax(axis=1), mu, np.array([cov] * clusters)


def log_field(labels, beta, clusters):
    """log P(y_i = k | neighbours): beta / 2 for every neighbour of another label."""
    out = np.empty((len(v), clusters))
    for i, near in enumerate(neighbors):
        differ = np.array([sum(labels[j] != k for j in near) for k in range(clusters)])
        weight = np.exp(-beta / 2 * differ)
        out[i] = np.log(weight / weight.sum())
    return out


def mixture_step(labels, mu, Sigma):
    clusters = len(mu)
    unary = np.array([[0.5 * np.linalg.slogdet(Sigma[k])[1]
                       + 0.5 * (x - mu[k]) @ np.linalg.solve(Sigma[k], x - mu[k])
                       for k in range(clusters)] for x in v])
    before = np.inf
    for _ in range(49):
        energy = unary - log_field(labels, 2, clusters)
        labels = energy.argmin(axis=1)
        total = energy.min(axis=1).sum()
        if total - before > 1e-5 or before - total < 1e-5:
            break
        before = total
    weight = np.exp(-energy)
    log_likelihood = np.log(weight.sum(axis=1)).sum()
    R = weight / weight.sum(axis=1, keepdims=True)
    grid = [b / 10 for b in range(11)]
    beta = grid[int(np.argmax([(R * log_field(labels, b, clusters)).sum() for b in grid]))]
    mu = np.array([np.average(v, axis=0, weights=R[:, k]) for k in range(clusters)])
    Sigma = np.array([np.cov(v.T, aweights=R[:, k], ddof=0) for k in range(clusters)])
    return labels, mu, Sigma, R, log_likelihood, beta


criteria = []
for clusters in CLUSTERS:
    name = f"spgmm_K{clusters}_"
    labels, mu, Sigma = shared_covariance_start(clusters)
    save(name + "start_labels", labels + 1, "%d")
    save(name + "start_mu", mu)
    save(name + "start_Sigma", Sigma)
    trace, before = [], -10000.0
    for iteration in range(1, 100):
        labels, mu, Sigma, R, log_likelihood, beta = mixture_step(labels, mu, Sigma)
        trace.append((iteration, log_likelihood, beta))
        done = abs(log_likelihood - before) / abs(before) < 1e-5
        for when, which in (("iter1_", iteration == 1), ("conv_", done or iteration == 99)):
            if which:
                save(name + when + "labels", labels + 1, "%d")
                save(name + when + "mu", mu)
                save(name + when + "Sigma", Sigma)
                save(name + when + "R", R)
                save(name + when + "iters_loglik_hbeta", [trace[-1]])
        if done:
            break
        before = log_likelihood
    save(name + "trace", trace)
    n, count = len(v), clusters * (Q + Q * (Q + 1) // 2) + 1
    bic = 0.5 * count * np.log(n)
    criteria.append((clusters, count, log_likelihood, -2 * log_likelihood + bic,
                     -2 * log_likelihood + bic * np.log(np.log(Q + n)),
                     -2 * log_likelihood + 0.5 * count * np.log(np.log(n) + count), iteration))
    print(clusters, "clusters:", iteration, "iterations, sizes", np.bincount(labels),
          "beta", beta, "log-likelihood", log_likelihood)
save("kselect_K_pp_LL_BIC_MBIC_HBIC_iters", criteria)
