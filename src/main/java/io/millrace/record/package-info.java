/**
 * The record batch, format v2 (magic 2): the field's standard bytes, in memory.
 *
 * <p>Begin with {@link io.millrace.record.RecordBatch}, a view over the bytes of one batch. Batches are written by
 * {@link io.millrace.record.RecordBatchBuilder} and, when they come from outside, checked by
 * {@link io.millrace.record.BatchValidator}. All decoding is in one class,
 * {@code RecordCursor}. Nothing here does input or output.
 */
package io.millrace.record;
