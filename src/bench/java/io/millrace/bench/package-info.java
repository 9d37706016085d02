/**
 * The benchmark suite: {@code mvn -Pbench verify}, explained in {@code docs/benchmarks.md}.
 *
 * <p>Begin with {@link io.millrace.bench.Benchmarks}, which runs the chosen suites and reports their {@link
 * io.millrace.bench.Figure}s. Every figure is measured in rounds that alternate with its limit, so that a slow minute of
 * the machine falls on both.
 */
package io.millrace.bench;
