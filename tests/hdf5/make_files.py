#!/usr/bin/env python3
"""Makes files/: python3 make_files.py (needs anndata, h5py, scipy; Debian: python3-anndata).

What the writers of the field write, gzip over all of it to keep the repository small. Cell i and
gene j of the small ones have the count that count(i, j) gives; the tests know the same formula.
"""
import gzip
import os
import shutil
import tempfile

import anndata
import h5py
import numpy as np
import pandas as pd
import scipy.sparse as sp

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "files")
CELLS, GENES = 6, 5


def count(i, j):
    return (7 * i + 3 * j) % 5 if (i + 2 * j) % 3 else 0


COUNTS = np.array([[count(i, j) for j in range(GENES)] for i in range(CELLS)])
NAMES = [f"cell{i}" for i in range(CELLS)]
IDS = [f"ENSG{j}" for j in range(GENES)]
SYMBOLS = [f"SYM{j}" for j in range(GENES)]


def put(name, write):
    """write(path), then files/name.gz; the same bytes for the same content."""
    folder = tempfile.mkdtemp()
    path = os.path.join(folder, name)
    write(path)
    with open(path, "rb") as file, open(os.path.join(HERE, name + ".gz"), "wb") as out:
        with gzip.GzipFile("", "wb", 9, out, 0) as packed:
            shutil.copyfileobj(file, packed)
    shutil.rmtree(folder)


def small(x):
    obs = pd.DataFrame(
        {
            "label": pd.Categorical(["a", "b", None, "b", "a", "b"]),
            "section": pd.Categorical(["left"] * 3 + ["right"] * 3),
            "kind": ["k%d" % (i % 2) for i in range(CELLS)],
            "leiden": pd.Categorical([str(i % 3) for i in range(CELLS)]),
            "batch": np.arange(CELLS) % 2,
            "depth": [0.5, np.nan, 2, 3, 4, 5],
            "kept": [i % 2 == 0 for i in range(CELLS)],
        },
        index=NAMES,
    )
    data = anndata.AnnData(x, obs=obs, var=pd.DataFrame({"gene_symbols": SYMBOLS}, index=IDS))
    data.obsm["spatial"] = np.array([[i, 10 * i] for i in range(CELLS)])
    data.obsm["X_other"] = np.array([[-i, 1.0] for i in range(CELLS)], dtype=np.float32)
    data.obsm["X_pca"] = np.ones((CELLS, 3))
    data.uns["method"] = {"name": "made", "steps": np.arange(3)}
    return data


def csr(path):
    small(sp.csr_matrix(COUNTS.astype(np.float32))).write_h5ad(path)


def csc(path):
    small(sp.csc_matrix(COUNTS.astype(np.float64))).write_h5ad(path, compression="gzip")


def dense(path):
    """X is log expression; the counts are a layer of integers."""
    data = small(np.log1p(COUNTS).astype(np.float64))
    data.layers["counts"] = sp.csr_matrix(COUNTS.astype(np.int64))
    data.layers["doubled"] = 2 * COUNTS.astype(np.uint16)
    data.write_h5ad(path, compression="gzip")


def logged(path):
    """Log expression and nothing else."""
    small(np.log1p(COUNTS).astype(np.float32)).write_h5ad(path)


def linear(path):
    """Neither counts nor log expression: counts per ten thousand."""
    small(sp.csr_matrix(COUNTS * 100.5)).write_h5ad(path)


def scaled(path):
    small((COUNTS - COUNTS.mean(0)).astype(np.float32)).write_h5ad(path)


def raw(path):
    """X is scaled and has the last three genes only, raw all of them."""
    data = small(sp.csr_matrix(COUNTS.astype(np.float32)))
    data.raw = data
    data = data[:, 2:].copy()
    data.X = (COUNTS - COUNTS.mean(0))[:, 2:].astype(np.float32)
    data.write_h5ad(path)


def scanpy(path):
    """As read from a 10x file: var_names are symbols, ids a column; cells in numbers."""
    data = small(sp.csr_matrix(COUNTS.astype(np.float32)))
    data.var = pd.DataFrame({"gene_ids": IDS, "feature_types": "Gene Expression"},
                            index=["SAME", "SAME"] + SYMBOLS[2:])
    data.write_h5ad(path)


def old(path):
    """As anndata 0.7 wrote it: categories aside, strings of fixed length, shape of X in int32."""
    x = sp.csr_matrix(COUNTS.astype(np.float32))
    with h5py.File(path, "w") as f:
        group = f.create_group("X")
        group.attrs["encoding-type"] = "csr_matrix"
        group.attrs["encoding-version"] = "0.1.0"
        group.attrs["shape"] = np.array(x.shape, dtype=np.int32)
        for name in ["data", "indices", "indptr"]:
            group[name] = getattr(x, name)
        for table, index, columns in [
            ("obs", NAMES, {"label": ["a", "b", None, "b", "a", "b"]}),
            ("var", IDS, {}),
        ]:
            group = f.create_group(table)
            group.attrs["encoding-type"] = "dataframe"
            group.attrs["encoding-version"] = "0.1.0"
            group.attrs["_index"] = "index"
            group.attrs["column-order"] = np.array(list(columns), dtype=h5py.string_dtype())
            group["index"] = np.array(index, dtype="S8")
            for name, values in columns.items():
                levels = sorted({v for v in values if v})
                group[name] = np.array([levels.index(v) if v else -1 for v in values], np.int8)
                kept = group.create_dataset("__categories/" + name,
                                            data=np.array(levels, dtype=h5py.string_dtype()))
                group[name].attrs["categories"] = kept.ref
        f["obsm/spatial"] = np.array([[i, 10 * i] for i in range(CELLS)])


def nullable(path):
    """Numbers and truths that may be missing, as pandas has them and later anndata writes them."""
    csr(path)
    with h5py.File(path, "a") as f:
        for name, kind, values in [
            ("rank", "nullable-integer", np.arange(CELLS)),
            ("sure", "nullable-boolean", np.arange(CELLS) % 2 == 0),
        ]:
            group = f["obs"].create_group(name)
            group.attrs["encoding-type"] = kind
            group.attrs["encoding-version"] = "0.1.0"
            group["values"] = values
            group["mask"] = np.arange(CELLS) == 4
        f["obs"].attrs["column-order"] = np.array(["label", "rank", "sure"],
                                                  dtype=h5py.string_dtype())


def lzf(path):
    small(np.ones((CELLS, GENES))).write_h5ad(path, compression="lzf")


def tenx(group, x, barcodes):
    x = sp.csr_matrix(x.astype(np.int32))  # cells x genes by cell is genes x cells by column
    group["barcodes"] = np.array(barcodes, dtype="S18")
    group["data"], group["indices"] = x.data, x.indices.astype(np.int64)
    group["indptr"] = x.indptr.astype(np.int64)
    group["shape"] = np.array(x.shape[::-1], dtype=np.int32)


def tenx_v3(path):
    """Genes of two species, and two antibodies between them."""
    with h5py.File(path, "w") as f:
        group = f.create_group("matrix")
        wide = np.insert(COUNTS, [2, 2], 9, axis=1)
        tenx(group, wide, NAMES)
        features = group.create_group("features")
        names = {
            "id": IDS[:2] + ["CD3", "CD4"] + IDS[2:],
            "name": SYMBOLS[:2] + ["CD3", "CD4"] + SYMBOLS[2:],
            "feature_type": ["Gene Expression"] * 2 + ["Antibody Capture"] * 2
            + ["Gene Expression"] * 3,
            "genome": ["human"] * 2 + [""] * 2 + ["human"] + ["mouse"] * 2,
        }
        for name, words in names.items():
            features[name] = np.array(words, dtype="S32")


def tenx_v2(path):
    """Two genomes, each with its own cells."""
    with h5py.File(path, "w") as f:
        for genome, x, cells in [("hg19", COUNTS, NAMES), ("mm10", COUNTS[:4, :3], NAMES[:4])]:
            group = f.create_group(genome)
            tenx(group, x, cells)
            group["genes"] = np.array(IDS[: x.shape[1]], dtype="S16")
            group["gene_names"] = np.array(SYMBOLS[: x.shape[1]], dtype="S16")


def tissue(path):
    """9 x 9 spots in three stripes, for the program: each gene is high in one of them."""
    rng = np.random.default_rng(5)
    side, genes, classes = 9, 24, 3
    y, x = np.divmod(np.arange(side * side), side)
    stripe = y * classes // side
    high = stripe[:, None] == np.arange(genes)[None, :] % classes
    counts = np.where(high, 9, 2) + rng.integers(0, 7, high.shape)
    data = anndata.AnnData(
        sp.csr_matrix(np.log1p(counts).astype(np.float32)),
        obs=pd.DataFrame(
            {"layer": pd.Categorical(["class %d" % (k + 1) for k in stripe]), "total": counts.sum(1)},
            index=["spot%d" % i for i in range(side * side)],
        ),
        var=pd.DataFrame(index=["gene%d" % j for j in range(genes)]),
    )
    data.layers["counts"] = sp.csc_matrix(counts.astype(np.int32))
    data.obsm["spatial"] = np.column_stack([x, y]).astype(float)
    data.uns["note"] = "kept"
    data.write_h5ad(path, compression="gzip")


os.makedirs(HERE, exist_ok=True)
for make in [csr, csc, dense, logged, linear, scaled, raw, scanpy, old, nullable, lzf, tissue]:
    put(make.__name__ + ".h5ad", make)
for make in [tenx_v3, tenx_v2]:
    put(make.__name__ + ".h5", make)
