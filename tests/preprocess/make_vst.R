# Makes genes/vst.tsv from genes/counts.tsv (spots x genes): mean, variance, expected variance and
# score of each gene, by Seurat v3's steps with R's own loess.
here <- file.path(dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE))), "genes")
counts <- as.matrix(read.table(file.path(here, "counts.tsv")))
mean <- colMeans(counts)
variance <- apply(counts, 2, var)
varies <- variance > 0
smooth <- loess(y ~ x, data.frame(x = log10(mean[varies]), y = log10(variance[varies])),
                span = 0.3, degree = 2)
expected <- score <- rep(0, length(mean))
expected[varies] <- 10^smooth$fitted
for (gene in which(varies)) {
  z <- pmin((counts[, gene] - mean[gene]) / sqrt(expected[gene]), sqrt(nrow(counts)))
  score[gene] <- sum(z^2) / (nrow(counts) - 1)
}
write.table(format(cbind(mean, variance, expected, score), digits = 15, trim = TRUE),
            file.path(here, "vst.tsv"), sep = "\t", quote = FALSE, row.names = FALSE, col.names = FALSE)
