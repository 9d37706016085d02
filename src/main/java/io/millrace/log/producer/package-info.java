/**
 * What a log knows of its idempotent producers (KIP-98): so much that a batch that is sent again is found, and a gap.
 *
 * <p>Begin with {@link io.millrace.log.producer.ProducerState}, which is made from the headers of a producer's batches and of
 * nothing else, so that leader and followers know the same, and recovery finds it out again.
 * {@link io.millrace.log.producer.ProducerStates} are those of one log, {@link io.millrace.log.producer.SequenceCheck} holds
 * a leader's append against them, and {@link io.millrace.log.producer.ProducerSnapshots} are files of them, in the field's
 * format, from which a start and a truncation go on.
 */
package io.millrace.log.producer;
